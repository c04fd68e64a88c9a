class_name Glow
## A soft round light, which all views share as a texture.

const SIZE := 64

static var _texture: GradientTexture2D
static var _additive: CanvasItemMaterial


static func texture() -> Texture2D:
	if _texture == null:
		var gradient := Gradient.new()
		gradient.offsets = PackedFloat32Array([0.0, 0.18, 0.5, 1.0])
		gradient.colors = PackedColorArray([
			Color.WHITE, Color(1.0, 1.0, 1.0, 0.55), Color(1.0, 1.0, 1.0, 0.13), Color(1.0, 1.0, 1.0, 0.0)])
		_texture = GradientTexture2D.new()
		_texture.gradient = gradient
		_texture.width = SIZE
		_texture.height = SIZE
		_texture.fill = GradientTexture2D.FILL_RADIAL
		_texture.fill_from = Vector2(0.5, 0.5)
		_texture.fill_to = Vector2(1.0, 0.5)
	return _texture


static func additive() -> CanvasItemMaterial:
	if _additive == null:
		_additive = CanvasItemMaterial.new()
		_additive.blend_mode = CanvasItemMaterial.BLEND_MODE_ADD
	return _additive


static func draw_on(canvas: CanvasItem, place: Vector2, radius: float, color: Color) -> void:
	canvas.draw_texture_rect(texture(), Rect2(place - Vector2(radius, radius), Vector2(radius, radius) * 2.0), false, color)
