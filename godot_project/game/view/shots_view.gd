class_name ShotsView
extends Node2D
## Shots fly by themselves from where the server said they began, until it says what they hit.

## More than all players together can have in the air.
const MOST_SHOTS := 512


class Shot:
	var slot := 0
	var place := Vector2.ZERO
	var velocity := Vector2.ZERO
	var age := 0.0


var _shots: Dictionary[int, Shot] = {}


func _ready() -> void:
	material = Glow.additive()


func add(event: FieldEvent) -> void:
	if _shots.size() >= MOST_SHOTS and not _shots.has(event.shot):
		return
	var shot := Shot.new()
	shot.slot = event.slot
	shot.place = event.place
	shot.velocity = Vector2.from_angle(event.angle) * Field.SHOT_SPEED
	_shots[event.shot] = shot


func remove(number: int) -> void:
	_shots.erase(number)


func clear() -> void:
	_shots.clear()
	queue_redraw()


func _process(delta: float) -> void:
	for number: int in _shots.keys():
		var shot := _shots[number]
		shot.age += delta
		shot.place += shot.velocity * delta
		if shot.age > Field.SHOT_SECONDS or not Rect2(Vector2.ZERO, Field.SIZE).has_point(shot.place):
			_shots.erase(number)
	queue_redraw()


func _draw() -> void:
	for shot: Shot in _shots.values():
		var color := Field.color_of(shot.slot)
		var tail := shot.velocity * 0.028
		draw_line(shot.place - tail, shot.place, Color(color, 0.8), 3.0)
		Glow.draw_on(self, shot.place, 13.0, color.lightened(0.3))
