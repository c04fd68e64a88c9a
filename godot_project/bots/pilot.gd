class_name Pilot
## Flies a ship by script: to the nearest crystal, past others, and shoots at who is near.

const SIGHT := 420.0
const SIDE_STEP := 110.0

var direction := Vector2.ZERO
var aim := 0.0
var is_shooting := false

var _weave := randf() * TAU
var _patience := randf_range(0.4, 1.0)


## Decides from the own place and velocity, the crystals, and places of others.
func decide(seconds: float, place: Vector2, velocity: Vector2, crystals: PackedVector2Array, others: PackedVector2Array) -> void:
	_weave += seconds * 2.3
	var goal := _nearest(place, crystals, INF)
	var target := _nearest(place, others, SIGHT)
	var way := Vector2.from_angle(_weave) if goal == Vector2.INF else place.direction_to(goal)
	# Flying straight at the goal circles it: first the sideways velocity has to go.
	var sideways := velocity - velocity.project(way)
	direction = (way - sideways / Motion.SPEED * 0.8).limit_length()
	is_shooting = target != Vector2.INF and sin(_weave) > _patience * 2.0 - 1.6
	if target == Vector2.INF:
		aim = rotate_toward(aim, way.angle(), seconds * 6.0)
		return
	aim = rotate_toward(aim, place.angle_to_point(target) + sin(_weave * 1.7) * 0.12, seconds * 7.0)
	if place.distance_squared_to(target) < SIDE_STEP * SIDE_STEP:
		direction = (direction + target.direction_to(place).rotated(1.1)).limit_length()


## The nearest place, or infinity.
func _nearest(to: Vector2, places: PackedVector2Array, within: float) -> Vector2:
	var nearest := Vector2.INF
	var least := within * within
	for place in places:
		var distance := place.distance_squared_to(to)
		if distance < least:
			least = distance
			nearest = place
	return nearest
