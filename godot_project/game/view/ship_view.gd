class_name ShipView
extends Node2D
## Draws one ship with its trail, name and health.

const HULL: PackedVector2Array = [Vector2(20, 0), Vector2(-2, 7), Vector2(-12, 15), Vector2(-8, 0), Vector2(-12, -15), Vector2(-2, -7)]
const COCKPIT: PackedVector2Array = [Vector2(12, 0), Vector2(0, 3.5), Vector2(-4, 0), Vector2(0, -3.5)]
const TRAIL_SECONDS := 0.3
const FLASH_SECONDS := 0.16

var ship: ReplicaShip
var is_own := false

var _color := Color.WHITE
var _body := Node2D.new()
var _trail := Line2D.new()
var _trail_times: PackedFloat32Array
var _time := 0.0
var _flash := 0.0
var _drawn_health := -1


func set_up(for_ship: ReplicaShip, own: bool, trails: Node2D) -> void:
	ship = for_ship
	is_own = own
	_color = Field.color_of(ship.slot)
	_body.draw.connect(_draw_body)
	add_child(_body)
	_trail.width = 9.0
	_trail.gradient = Gradient.new()
	_trail.gradient.colors = PackedColorArray([Color(_color, 0.0), Color(_color, 0.55)])
	_trail.width_curve = Curve.new()
	_trail.width_curve.add_point(Vector2(0.0, 0.1))
	_trail.width_curve.add_point(Vector2(1.0, 1.0))
	_trail.material = Glow.additive()
	trails.add_child(_trail)


func _exit_tree() -> void:
	_trail.queue_free()


func flash() -> void:
	_flash = FLASH_SECONDS


func _process(delta: float) -> void:
	visible = ship.is_known and ship.state.is_alive
	if not visible:
		_clear_trail()
		return
	if position.distance_to(ship.shown_place) > ReplicaShip.JUMP:
		_clear_trail()
	position = ship.shown_place
	_body.rotation = ship.shown_aim
	_extend_trail(delta)
	_flash = maxf(_flash - delta, 0.0)
	var bright := 1.0 + 2.5 * _flash / FLASH_SECONDS
	_body.self_modulate = Color(bright, bright, bright)
	if ship.state.health != _drawn_health:
		_drawn_health = ship.state.health
		queue_redraw()


func _extend_trail(delta: float) -> void:
	_time += delta
	_trail.add_point(position)
	_trail_times.append(_time)
	while _time - _trail_times[0] > TRAIL_SECONDS:
		_trail.remove_point(0)
		_trail_times.remove_at(0)


func _clear_trail() -> void:
	_trail.clear_points()
	_trail_times.clear()


func _draw_body() -> void:
	Glow.draw_on(_body, Vector2.ZERO, 40.0, Color(_color, 0.28))
	_body.draw_colored_polygon(HULL, _color.darkened(0.35))
	_body.draw_polyline(HULL + PackedVector2Array([HULL[0]]), _color.lightened(0.15), 2.0, true)
	_body.draw_colored_polygon(COCKPIT, _color.lightened(0.6))
	Glow.draw_on(_body, Vector2(-11.0, 0.0), 12.0, Color(_color.lightened(0.4), 0.9))


func _draw() -> void:
	if is_own:
		draw_arc(Vector2.ZERO, Field.SHIP_RADIUS + 11.0, 0.0, TAU, 48, Color(1.0, 1.0, 1.0, 0.35), 1.2, true)
	var tint := Color.WHITE if is_own else Color(0.86, 0.9, 0.98, 0.85)
	draw_string_outline(ThemeDB.fallback_font, Vector2(-80.0, -30.0), ship.player_name,
		HORIZONTAL_ALIGNMENT_CENTER, 160.0, 13, 4, Color(0.02, 0.03, 0.07, 0.8))
	draw_string(ThemeDB.fallback_font, Vector2(-80.0, -30.0), ship.player_name, HORIZONTAL_ALIGNMENT_CENTER, 160.0, 13, tint)
	var share := float(ship.state.health) / Field.FULL_HEALTH
	if share < 1.0:
		var bar := Rect2(-18.0, 25.0, 36.0, 4.0)
		draw_rect(bar.grow(1.0), Color(0.0, 0.0, 0.0, 0.6))
		bar.size.x *= share
		draw_rect(bar, Color(1.0, 0.35, 0.35).lerp(Color(0.45, 1.0, 0.6), share))
