class_name Minimap
extends Control
## The whole field, with crystals and ships.

const WIDTH := 210.0

var game: Game


func _ready() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	custom_minimum_size = Vector2(WIDTH, WIDTH * Field.SIZE.y / Field.SIZE.x)


func _process(_delta: float) -> void:
	queue_redraw()


func _draw() -> void:
	draw_style_box(get_theme_stylebox(&"panel", &"PanelContainer"), Rect2(Vector2.ZERO, size))
	var per_pixel := size / Field.SIZE
	for place in game.replica.crystals.places:
		draw_rect(Rect2(place * per_pixel - Vector2.ONE, Vector2(2.0, 2.0)), Color(CrystalsView.COLOR, 0.55))
	var camera := get_viewport().get_camera_2d()
	if camera != null:
		var seen := Rect2(camera.get_screen_center_position() - get_viewport_rect().size / 2.0, get_viewport_rect().size)
		seen = seen.intersection(Rect2(Vector2.ZERO, Field.SIZE))
		draw_rect(Rect2(seen.position * per_pixel, seen.size * per_pixel), Color(1.0, 1.0, 1.0, 0.22), false, 1.0)
	for ship: ReplicaShip in game.replica.ships.values():
		if not ship.is_known or not ship.state.is_alive:
			continue
		var at := ship.shown_place * per_pixel
		draw_rect(Rect2(at - Vector2(1.5, 1.5), Vector2(3.0, 3.0)), Field.color_of(ship.slot))
		if ship.slot == game.replica.own_slot:
			draw_arc(at, 5.0, 0.0, TAU, 16, Color.WHITE, 1.2)
