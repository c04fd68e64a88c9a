class_name Player
extends Node2D
## One player. The node's name is the player's id. The player has authority over the input, the server over the rest.

const RADIUS := 16.0
const SPEED := 240.0
const RELOAD_SECONDS := 0.35
const COLORS: Array[Color] = [
	Color(0.34, 0.78, 1.0), Color(1.0, 0.71, 0.33), Color(0.49, 0.91, 0.53), Color(0.98, 0.45, 0.53),
	Color(0.78, 0.57, 1.0), Color(1.0, 0.9, 0.43),
]

## Replicated together, so that on a client all of them belong to the same tick of the server.
var aim := 0.0
var score := 0
var tick := 0

var player_name := ""

var _reload := 0.0

var id: int:
	get:
		return name.to_int()

@onready var input: PlayerInput = $Input
@onready var _arena: Arena = get_parent().get_parent()


func _enter_tree() -> void:
	$Input.set_multiplayer_authority(name.to_int())


func _ready() -> void:
	($State as MultiplayerSynchronizer).synchronized.connect(_on_synchronized)


## Server: one physics frame.
func advance(server_tick: int, delta: float) -> void:
	aim = input.aim
	position += input.direction.limit_length() * SPEED * delta
	position = position.clamp(Vector2.ONE * RADIUS, Arena.SIZE - Vector2.ONE * RADIUS)
	_reload = maxf(_reload - delta, 0.0)
	if input.shooting and _reload == 0.0:
		_reload = RELOAD_SECONDS
		_arena.shoot(self)
	tick = server_tick
	_report.call_deferred()


func color() -> Color:
	return COLORS[id % COLORS.size()]


func _on_synchronized() -> void:
	if not multiplayer.is_server():
		_report()


func _report() -> void:
	Report.state(tick, id, position, score)


func _process(_delta: float) -> void:
	queue_redraw()


func _draw() -> void:
	var facing := Vector2.from_angle(aim)
	draw_line(facing * RADIUS * 0.5, facing * (RADIUS + 9.0), color().darkened(0.2), 7.0)
	draw_circle(Vector2.ZERO, RADIUS, color())
	draw_circle(Vector2.ZERO, RADIUS - 5.0, color().darkened(0.35))
	if input.is_multiplayer_authority():
		draw_arc(Vector2.ZERO, RADIUS + 3.0, 0.0, TAU, 32, Color.WHITE, 1.5)
	var font := ThemeDB.fallback_font
	draw_string(font, Vector2(-60.0, -RADIUS - 10.0), player_name,
		HORIZONTAL_ALIGNMENT_CENTER, 120.0, 14, Color.WHITE)
