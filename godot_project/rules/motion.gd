class_name Motion
## How a ship moves in one tick. The server moves ships with it, and a client predicts its own ship with it.

const SPEED := 330.0
## How fast a ship takes on the wanted velocity, per second.
const GRIP := 3.6
const BOUNCE := 0.45


static func step(ship: ShipState, input: ShipInput) -> void:
	if not ship.is_alive:
		ship.velocity = Vector2.ZERO
		return
	ship.aim = input.aim
	ship.velocity += (input.direction * SPEED - ship.velocity) * minf(1.0, GRIP * Field.TICK_SECONDS)
	ship.place += ship.velocity * Field.TICK_SECONDS
	var least := Field.SHIP_RADIUS
	var most := Field.SIZE - Vector2(least, least)
	if ship.place.x < least or ship.place.x > most.x:
		ship.velocity.x *= -BOUNCE
	if ship.place.y < least or ship.place.y > most.y:
		ship.velocity.y *= -BOUNCE
	ship.place = ship.place.clamp(Vector2(least, least), most)
