class_name Effects
extends Node2D
## Sparks, rings and numbers that fade.

## A server decides what happens: whatever it sends, a client can draw it.
const MOST_SPARKS := 420
const MOST_RINGS := 96
const MOST_POPS := 24
const FRICTION := 2.6


class Spark:
	var place := Vector2.ZERO
	var velocity := Vector2.ZERO
	var color := Color.WHITE
	var radius := 6.0
	var age := 0.0
	var life := 0.5


class Ring:
	var place := Vector2.ZERO
	var color := Color.WHITE
	var reach := 60.0
	var age := 0.0


class Pop:
	var place := Vector2.ZERO
	var text := ""
	var color := Color.WHITE
	var age := 0.0


const RING_SECONDS := 0.5
const POP_SECONDS := 0.9

var _sparks: Array[Spark] = []
var _rings: Array[Ring] = []
var _pops: Array[Pop] = []


func burst(place: Vector2, color: Color, count: int, speed: float, radius := 7.0, life := 0.5) -> void:
	for index in mini(count, MOST_SPARKS - _sparks.size()):
		var spark := Spark.new()
		spark.place = place
		spark.velocity = Vector2.from_angle(randf() * TAU) * speed * randf_range(0.2, 1.0)
		spark.color = color.lightened(randf() * 0.4)
		spark.radius = radius * randf_range(0.6, 1.3)
		spark.life = life * randf_range(0.6, 1.2)
		_sparks.append(spark)


func ring(place: Vector2, color: Color, reach: float) -> void:
	if _rings.size() >= MOST_RINGS:
		return
	var added := Ring.new()
	added.place = place
	added.color = color
	added.reach = reach
	_rings.append(added)


func pop(place: Vector2, text: String, color: Color) -> void:
	if _pops.size() >= MOST_POPS:
		return
	var added := Pop.new()
	added.place = place
	added.text = text
	added.color = color
	_pops.append(added)


func explode(place: Vector2, color: Color) -> void:
	burst(place, color, 34, 300.0, 11.0, 0.8)
	burst(place, Color(1.0, 0.85, 0.6), 12, 140.0, 16.0, 0.6)
	ring(place, color.lightened(0.3), 110.0)


func clear() -> void:
	_sparks.clear()
	_rings.clear()
	_pops.clear()


func _process(delta: float) -> void:
	for spark in _sparks:
		spark.age += delta
		spark.velocity *= exp(-FRICTION * delta)
		spark.place += spark.velocity * delta
	for each in _rings:
		each.age += delta
	for each in _pops:
		each.age += delta
	_sparks = _sparks.filter(func(each: Spark) -> bool: return each.age < each.life)
	_rings = _rings.filter(func(each: Ring) -> bool: return each.age < RING_SECONDS)
	_pops = _pops.filter(func(each: Pop) -> bool: return each.age < POP_SECONDS)
	queue_redraw()


func _draw() -> void:
	for spark in _sparks:
		var fade := 1.0 - spark.age / spark.life
		Glow.draw_on(self, spark.place, spark.radius * (0.4 + 0.6 * fade), Color(spark.color, fade))
	for each in _rings:
		var part := each.age / RING_SECONDS
		var reach := each.reach * (1.0 - pow(1.0 - part, 3.0))
		draw_arc(each.place, reach, 0.0, TAU, 40, Color(each.color, 1.0 - part), 4.0 * (1.0 - part) + 0.5, true)
	for each in _pops:
		var part := each.age / POP_SECONDS
		var at := each.place + Vector2(-60.0, -48.0 - 36.0 * (1.0 - pow(1.0 - part, 2.0)))
		draw_string(ThemeDB.fallback_font, at, each.text, HORIZONTAL_ALIGNMENT_CENTER, 120.0, 20,
			Color(each.color, minf(1.0, 2.0 * (1.0 - part))))
