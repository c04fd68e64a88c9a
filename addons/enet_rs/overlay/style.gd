extends RefCounted
## The overlay's default theme. Sizes are made for the scale instead of being stretched, so that text stays sharp.

const FONT_SIZE := 13
const LINE_SPACING := 2
const TEXT := Color(0.93, 0.95, 0.97)
const DIM := Color(0.66, 0.72, 0.79)
const ACCENT := Color(0.36, 0.71, 1.0)
const PANEL := Color(0.055, 0.07, 0.095, 0.86)
const FIELD := Color(1.0, 1.0, 1.0, 0.09)
const FIELD_HOVER := Color(1.0, 1.0, 1.0, 0.18)
## Theme type of what the overlay draws itself: graph and marks.
const OWN_TYPE := &"ENetOverlay"
const COLORS: Dictionary[StringName, Color] = {
	&"good": Color(0.35, 0.8, 0.46),
	&"fair": Color(0.97, 0.76, 0.29),
	&"bad": Color(0.98, 0.42, 0.38),
	&"none": Color(0.45, 0.5, 0.56),
	&"incoming": Color(0.36, 0.71, 1.0),
	&"outgoing": Color(1.0, 0.66, 0.3),
	&"round_trip": Color(0.62, 0.86, 0.5),
	&"grid": Color(1.0, 1.0, 1.0, 0.14),
	&"background": Color(0.0, 0.0, 0.0, 0.3),
}


static func make(scale: float) -> Theme:
	var theme := Theme.new()
	theme.default_font = ThemeDB.fallback_font
	theme.default_font_size = roundi(FONT_SIZE * scale)
	_labels(theme, scale)
	for type: StringName in [&"Button", &"OptionButton"]:
		_button(theme, type, scale)
	_slider(theme, scale)
	_popup(theme, scale)
	theme.set_stylebox(&"panel", &"PanelContainer", _box(scale, PANEL, 8.0, 6.0))
	for type: StringName in [&"HBoxContainer", &"VBoxContainer"]:
		theme.set_constant(&"separation", type, roundi(6.0 * scale))
	for color in COLORS:
		theme.set_color(color, OWN_TYPE, COLORS[color])
	theme.set_font_size(&"font_size", OWN_TYPE, roundi((FONT_SIZE - 2) * scale))
	return theme


static func _labels(theme: Theme, scale: float) -> void:
	theme.set_color(&"font_color", &"Label", TEXT)
	theme.set_constant(&"line_spacing", &"Label", roundi(LINE_SPACING * scale))
	_variation(theme, &"ENetOverlayTitle", &"Label")
	theme.set_font_size(&"font_size", &"ENetOverlayTitle", roundi((FONT_SIZE + 1) * scale))
	for type: StringName in [&"ENetOverlayName", &"ENetOverlayNote"]:
		_variation(theme, type, &"Label")
		theme.set_color(&"font_color", type, DIM)
	theme.set_font_size(&"font_size", &"ENetOverlayNote", roundi((FONT_SIZE - 2) * scale))


static func _variation(theme: Theme, type: StringName, base: StringName) -> void:
	theme.add_type(type)
	theme.set_type_variation(type, base)


static func _button(theme: Theme, type: StringName, scale: float) -> void:
	var margins := Vector2(9.0, 3.0)
	theme.set_stylebox(&"normal", type, _box(scale, FIELD, margins.x, margins.y))
	theme.set_stylebox(&"hover", type, _box(scale, FIELD_HOVER, margins.x, margins.y))
	theme.set_stylebox(&"pressed", type, _box(scale, Color(ACCENT, 0.4), margins.x, margins.y))
	theme.set_stylebox(&"hover_pressed", type, _box(scale, Color(ACCENT, 0.5), margins.x, margins.y))
	theme.set_stylebox(&"disabled", type, _box(scale, Color(FIELD, 0.04), margins.x, margins.y))
	theme.set_stylebox(&"focus", type, StyleBoxEmpty.new())
	for state: StringName in [&"font_color", &"font_hover_color", &"font_pressed_color", &"font_hover_pressed_color"]:
		theme.set_color(state, type, TEXT)
	theme.set_color(&"font_disabled_color", type, Color(DIM, 0.6))
	theme.set_constant(&"arrow_margin", type, roundi(6.0 * scale))


static func _slider(theme: Theme, scale: float) -> void:
	var track := _box(scale, FIELD_HOVER, 0.0, 2.0)
	var filled := _box(scale, ACCENT, 0.0, 2.0)
	theme.set_stylebox(&"slider", &"HSlider", track)
	theme.set_stylebox(&"grabber_area", &"HSlider", filled)
	theme.set_stylebox(&"grabber_area_highlight", &"HSlider", filled)
	var grabber := _disc(roundi(14.0 * scale))
	for icon: StringName in [&"grabber", &"grabber_highlight", &"grabber_disabled"]:
		theme.set_icon(icon, &"HSlider", grabber)


static func _popup(theme: Theme, scale: float) -> void:
	theme.set_stylebox(&"panel", &"PopupMenu", _box(scale, Color(PANEL, 0.97), 6.0, 4.0))
	theme.set_stylebox(&"hover", &"PopupMenu", _box(scale, FIELD_HOVER, 0.0, 0.0))
	theme.set_color(&"font_color", &"PopupMenu", TEXT)
	theme.set_color(&"font_hover_color", &"PopupMenu", TEXT)
	theme.set_constant(&"v_separation", &"PopupMenu", roundi(4.0 * scale))


static func _box(scale: float, color: Color, horizontal: float, vertical: float) -> StyleBoxFlat:
	var box := StyleBoxFlat.new()
	box.bg_color = color
	box.set_corner_radius_all(roundi(4.0 * scale))
	box.content_margin_left = horizontal * scale
	box.content_margin_right = horizontal * scale
	box.content_margin_top = vertical * scale
	box.content_margin_bottom = vertical * scale
	return box


static func _disc(size: int) -> Texture2D:
	var gradient := Gradient.new()
	gradient.offsets = PackedFloat32Array([0.0, 0.86, 1.0])
	gradient.colors = PackedColorArray([Color.WHITE, Color.WHITE, Color(1.0, 1.0, 1.0, 0.0)])
	var disc := GradientTexture2D.new()
	disc.gradient = gradient
	disc.fill = GradientTexture2D.FILL_RADIAL
	disc.fill_from = Vector2(0.5, 0.5)
	disc.fill_to = Vector2(1.0, 0.5)
	disc.width = size
	disc.height = size
	return disc
