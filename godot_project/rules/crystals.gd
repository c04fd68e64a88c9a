class_name Crystals
## Where the crystals are. Their number is constant: a collected one appears elsewhere.

const BYTES := 6
## More than can be collected between two snapshots.
const MOST_MOVES := 256

var places: PackedVector2Array


func scatter() -> void:
	for index in Field.CRYSTAL_COUNT:
		places.append(Field.random_place())


func encode_all() -> PackedByteArray:
	var bytes := PackedByteArray()
	for index in places.size():
		bytes.append_array(encode_move(index, 255))
	return bytes


## A crystal's new place, and the slot of the collector or 255.
func encode_move(index: int, collector: int) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(BYTES)
	bytes.encode_u8(0, index)
	bytes.encode_u8(1, collector)
	bytes.encode_u16(2, roundi(places[index].x * Snapshot.PLACE_SCALE))
	bytes.encode_u16(4, roundi(places[index].y * Snapshot.PLACE_SCALE))
	return bytes


## Applies moves. Calls `on_collected(place, collector)`, if it is valid, for each crystal that somebody collected.
func apply(moves: PackedByteArray, on_collected := Callable()) -> void:
	places.resize(Field.CRYSTAL_COUNT)
	@warning_ignore("integer_division")
	for record in mini(moves.size() / BYTES, MOST_MOVES):
		var at := record * BYTES
		var index := moves.decode_u8(at)
		var collector := moves.decode_u8(at + 1)
		if index >= places.size():
			continue
		if collector != 255 and on_collected.is_valid():
			on_collected.call(places[index], collector)
		places[index] = Vector2(moves.decode_u16(at + 2), moves.decode_u16(at + 4)) / Snapshot.PLACE_SCALE
