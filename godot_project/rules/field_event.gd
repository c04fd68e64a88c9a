class_name FieldEvent
## Shots, hits and ends of ships, which the server sends reliably because a snapshot does not have them.

enum Kind { SHOT, HIT, DESTROYED, RETURNED }

const BYTES := 12
## More than all ships can cause between two snapshots.
const MOST := 1024

var kind := Kind.SHOT
## The player who shot, or who returned.
var slot := 0
## The player who was hit.
var target := 0
var shot := 0
var place := Vector2.ZERO
var angle := 0.0


static func make(of_kind: Kind, by_slot: int, at: Vector2) -> FieldEvent:
	var event := FieldEvent.new()
	event.kind = of_kind
	event.slot = by_slot
	event.place = at
	return event


static func encode(events: Array[FieldEvent]) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(events.size() * BYTES)
	for index in events.size():
		var event := events[index]
		var at := index * BYTES
		bytes.encode_u8(at, event.kind)
		bytes.encode_u8(at + 1, event.slot)
		bytes.encode_u8(at + 2, event.target)
		bytes.encode_u16(at + 4, event.shot)
		bytes.encode_u16(at + 6, roundi(event.place.x * Snapshot.PLACE_SCALE))
		bytes.encode_u16(at + 8, roundi(event.place.y * Snapshot.PLACE_SCALE))
		bytes.encode_u16(at + 10, roundi(fposmod(event.angle, TAU) / TAU * 65535.0))
	return bytes


static func decode(bytes: PackedByteArray) -> Array[FieldEvent]:
	var events: Array[FieldEvent] = []
	@warning_ignore("integer_division")
	for index in mini(bytes.size() / BYTES, MOST):
		var at := index * BYTES
		var event := FieldEvent.new()
		event.kind = clampi(bytes.decode_u8(at), 0, Kind.size() - 1) as Kind
		event.slot = bytes.decode_u8(at + 1)
		event.target = bytes.decode_u8(at + 2)
		event.shot = bytes.decode_u16(at + 4)
		event.place = Vector2(bytes.decode_u16(at + 6), bytes.decode_u16(at + 8)) / Snapshot.PLACE_SCALE
		event.angle = bytes.decode_u16(at + 10) / 65535.0 * TAU
		events.append(event)
	return events
