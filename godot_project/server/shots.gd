class_name Shots
## The server's shots: how they fly and what they hit.

const KNOCK := 130.0


class Shot:
	var number := 0
	var slot := 0
	var place := Vector2.ZERO
	var velocity := Vector2.ZERO
	var age := 0.0


var _shots: Array[Shot] = []
var _next_number := 0


func fire(ship: ServerShip, events: Array[FieldEvent]) -> void:
	var way := Vector2.from_angle(ship.aim)
	var shot := Shot.new()
	_next_number = (_next_number + 1) % 65536
	shot.number = _next_number
	shot.slot = ship.slot
	shot.place = ship.place + way * (Field.SHIP_RADIUS + 4.0)
	shot.velocity = way * Field.SHOT_SPEED
	_shots.append(shot)
	var event := FieldEvent.make(FieldEvent.Kind.SHOT, ship.slot, shot.place.clamp(Vector2.ZERO, Field.SIZE))
	event.shot = shot.number
	event.angle = ship.aim
	events.append(event)


## Moves all shots. Returns pairs of the shooter's slot and the ship that was destroyed.
func advance(grid: ShipGrid, events: Array[FieldEvent]) -> Array[Array]:
	var destroyed: Array[Array] = []
	var flying: Array[Shot] = []
	for shot in _shots:
		shot.age += Field.TICK_SECONDS
		shot.place += shot.velocity * Field.TICK_SECONDS
		var target := _target(shot, grid)
		if target != null:
			_hit(shot, target, events)
			if not target.is_alive:
				destroyed.append([shot.slot, target])
		elif shot.age < Field.SHOT_SECONDS and Rect2(Vector2.ZERO, Field.SIZE).has_point(shot.place):
			flying.append(shot)
	_shots = flying
	return destroyed


func _target(shot: Shot, grid: ShipGrid) -> ServerShip:
	for ship: ServerShip in grid.at(shot.place):
		var is_near := ship.place.distance_squared_to(shot.place) < Field.SHIP_RADIUS * Field.SHIP_RADIUS
		if is_near and ship.slot != shot.slot and ship.is_alive:
			return ship
	return null


func _hit(shot: Shot, target: ServerShip, events: Array[FieldEvent]) -> void:
	target.health = maxi(target.health - Field.SHOT_DAMAGE, 0)
	target.velocity += shot.velocity.normalized() * KNOCK
	var event := FieldEvent.make(FieldEvent.Kind.HIT, shot.slot, shot.place.clamp(Vector2.ZERO, Field.SIZE))
	event.target = target.slot
	event.shot = shot.number
	events.append(event)
