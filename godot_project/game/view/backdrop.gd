class_name Backdrop
extends Node2D
## Stars in three depths, some mist, a grid and the border of the field. Drawn once: only the layers move.

const LAYERS: Array[float] = [0.85, 0.65, 0.4]
const STARS := 420
const GRID := 120.0
const SEED := 20
const BORDER := Color(0.35, 0.75, 1.0)

var _layers: Array[Node2D] = []


func _ready() -> void:
	var random := RandomNumberGenerator.new()
	random.seed = SEED
	for index in LAYERS.size():
		var layer := Node2D.new()
		layer.draw.connect(_draw_layer.bind(layer, index, random.randi()))
		layer.material = Glow.additive()
		add_child(layer)
		_layers.append(layer)
	var grid := Node2D.new()
	grid.draw.connect(_draw_grid.bind(grid))
	add_child(grid)


## Far layers follow the camera more than near ones.
func _process(_delta: float) -> void:
	var camera := get_viewport().get_camera_2d()
	if camera == null:
		return
	var from_middle := camera.get_screen_center_position() - Field.SIZE / 2.0
	for index in _layers.size():
		_layers[index].position = from_middle * LAYERS[index]


func _draw_layer(layer: Node2D, index: int, layer_seed: int) -> void:
	var random := RandomNumberGenerator.new()
	random.seed = layer_seed
	var near := 1.0 - LAYERS[index]
	if index == 0:
		for mist in 14:
			var tint := Color.from_hsv(random.randf_range(0.52, 0.84), 0.8, 1.0, random.randf_range(0.12, 0.26))
			Glow.draw_on(layer, _random_place(random) * Vector2(0.6, 0.6) + Field.SIZE * 0.2, random.randf_range(400.0, 900.0), tint)
	for star in STARS:
		var bright := random.randf_range(0.25, 0.9)
		var tint := Color.from_hsv(random.randf_range(0.5, 0.72), random.randf_range(0.0, 0.35), bright)
		var radius := random.randf_range(0.6, 1.3) + near * 0.9
		var place := _random_place(random)
		layer.draw_rect(Rect2(place, Vector2(radius, radius)), tint)
		if random.randf() < 0.06:
			Glow.draw_on(layer, place, radius * 9.0, Color(tint, 0.5))


func _random_place(random: RandomNumberGenerator) -> Vector2:
	return Vector2(random.randf_range(-700.0, Field.SIZE.x + 700.0), random.randf_range(-450.0, Field.SIZE.y + 450.0))


func _draw_grid(grid: Node2D) -> void:
	var line := Color(0.45, 0.7, 1.0, 0.055)
	for column in range(1, int(Field.SIZE.x / GRID)):
		grid.draw_line(Vector2(column * GRID, 0.0), Vector2(column * GRID, Field.SIZE.y), line, 1.0)
	for row in range(1, ceili(Field.SIZE.y / GRID)):
		grid.draw_line(Vector2(0.0, row * GRID), Vector2(Field.SIZE.x, row * GRID), line, 1.0)
	for width: float in [14.0, 8.0, 2.5]:
		var alpha := 0.9 if width < 3.0 else 0.1
		grid.draw_rect(Rect2(Vector2.ZERO, Field.SIZE), Color(BORDER, alpha), false, width)
