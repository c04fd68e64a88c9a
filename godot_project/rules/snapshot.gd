class_name Snapshot
## The state of all ships at a tick, in 16 bytes for each: 65 ships fit in one datagram.

const HEADER := 4
const RECORD := 16
const MOST_SHIPS := 256
## Units per pixel. Half a unit is the largest error of a position.
const PLACE_SCALE := 25.0
const VELOCITY_SCALE := 32.0


static func encode(tick: int, ships: Array) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(HEADER + ships.size() * RECORD)
	bytes.encode_u32(0, tick)
	var at := HEADER
	for ship: ShipState in ships:
		bytes.encode_u8(at, ship.slot)
		bytes.encode_u8(at + 1, ship.health)
		bytes.encode_u16(at + 2, roundi(ship.place.x * PLACE_SCALE))
		bytes.encode_u16(at + 4, roundi(ship.place.y * PLACE_SCALE))
		bytes.encode_s16(at + 6, roundi(ship.velocity.x * VELOCITY_SCALE))
		bytes.encode_s16(at + 8, roundi(ship.velocity.y * VELOCITY_SCALE))
		bytes.encode_u16(at + 10, roundi(fposmod(ship.aim, TAU) / TAU * 65535.0))
		bytes.encode_u16(at + 12, mini(ship.score, 65535))
		bytes.encode_u16(at + 14, ship.acknowledged)
		at += RECORD
	return bytes


static func tick_of(bytes: PackedByteArray) -> int:
	return bytes.decode_u32(0)


static func count_of(bytes: PackedByteArray) -> int:
	@warning_ignore("integer_division")
	return mini(maxi(bytes.size() - HEADER, 0) / RECORD, MOST_SHIPS)


static func slot_at(bytes: PackedByteArray, index: int) -> int:
	return bytes.decode_u8(HEADER + index * RECORD)


static func place_at(bytes: PackedByteArray, index: int) -> Vector2:
	var at := HEADER + index * RECORD + 2
	return Vector2(bytes.decode_u16(at), bytes.decode_u16(at + 2)) / PLACE_SCALE


static func ship_at(bytes: PackedByteArray, index: int) -> ShipState:
	var at := HEADER + index * RECORD
	var ship := ShipState.new()
	ship.slot = bytes.decode_u8(at)
	ship.health = bytes.decode_u8(at + 1)
	ship.place = place_at(bytes, index)
	ship.velocity = Vector2(bytes.decode_s16(at + 6), bytes.decode_s16(at + 8)) / VELOCITY_SCALE
	ship.aim = bytes.decode_u16(at + 10) / 65535.0 * TAU
	ship.score = bytes.decode_u16(at + 12)
	ship.acknowledged = bytes.decode_u16(at + 14)
	return ship
