class_name ShipInput
## What a player wants in one tick. It is rounded as it is sent, because prediction must use the same numbers as the
## server.

const BYTES := 5
## An input is sent again with the next ones, in case a packet is lost.
const MOST_IN_PACKET := 8
const SEQUENCES := 65536
const HALF_OF_SEQUENCES := 32768

var sequence := 0
var direction := Vector2.ZERO
var aim := 0.0
var is_shooting := false


static func make(with_sequence: int, with_direction: Vector2, with_aim: float, shooting: bool) -> ShipInput:
	var input := ShipInput.new()
	input.sequence = posmod(with_sequence, SEQUENCES)
	var limited := with_direction.limit_length()
	input.direction = Vector2(roundf(limited.x * 127.0), roundf(limited.y * 127.0)) / 127.0
	input.aim = roundf(fposmod(with_aim, TAU) / TAU * 65535.0) / 65535.0 * TAU
	input.is_shooting = shooting
	return input


## How much later a sequence number is than another. The numbers wrap around.
static func distance(from: int, to: int) -> int:
	return wrapi(to - from, -HALF_OF_SEQUENCES, HALF_OF_SEQUENCES)


## Encodes consecutive inputs.
static func encode(inputs: Array[ShipInput]) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(2 + inputs.size() * BYTES)
	bytes.encode_u16(0, inputs[0].sequence)
	for index in inputs.size():
		var input := inputs[index]
		var at := 2 + index * BYTES
		bytes.encode_s8(at, int(input.direction.x * 127.0 + signf(input.direction.x) * 0.5))
		bytes.encode_s8(at + 1, int(input.direction.y * 127.0 + signf(input.direction.y) * 0.5))
		bytes.encode_u16(at + 2, int(input.aim / TAU * 65535.0 + 0.5))
		bytes.encode_u8(at + 4, int(input.is_shooting))
	return bytes


## Decodes what a client sent. What is malformed gives no inputs.
static func decode(bytes: PackedByteArray) -> Array[ShipInput]:
	var inputs: Array[ShipInput] = []
	@warning_ignore("integer_division")
	var count := (bytes.size() - 2) / BYTES
	if count < 1 or count > MOST_IN_PACKET or bytes.size() != 2 + count * BYTES:
		return inputs
	var first := bytes.decode_u16(0)
	for index in count:
		var at := 2 + index * BYTES
		var way := Vector2(bytes.decode_s8(at), bytes.decode_s8(at + 1)) / 127.0
		var aim_at := bytes.decode_u16(at + 2) / 65535.0 * TAU
		inputs.append(make(first + index, way, aim_at, bytes.decode_u8(at + 4) != 0))
	return inputs
