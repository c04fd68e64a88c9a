extends RefCounted
## The two ENet datagrams that open a connection, field by field. Integers are big endian; the header is a peer id
## and a sent time of 16 bits each.

const HEADER := 4
const CONNECT := 2
const VERIFY := 3
## Flag in the command byte that requests an acknowledgement.
const ACKNOWLEDGE := 0x80
const COMMAND_MASK := 0x0f
const NO_PEER := 0x0fff
const HAS_TIME := 0x8000

## The 32-bit fields from `mtu` on, which both commands have.
const SHARED_FIELDS: Array[String] = [
	"mtu", "window", "channels", "incoming", "outgoing", "interval", "acceleration", "deceleration",
]


static func connect_fields(datagram: PackedByteArray) -> Dictionary:
	var fields := _fields(datagram, CONNECT)
	if not fields.is_empty():
		# The connect id follows the shared fields.
		fields["data"] = _read(datagram, HEADER + 8 + 4 * SHARED_FIELDS.size() + 4)
	return fields


static func verify_fields(datagram: PackedByteArray) -> Dictionary:
	return _fields(datagram, VERIFY)


static func connect_request(data: int) -> PackedByteArray:
	var buffer := StreamPeerBuffer.new()
	buffer.big_endian = true
	buffer.put_u16(HAS_TIME | NO_PEER)
	buffer.put_u16(0)
	buffer.put_u8(CONNECT | ACKNOWLEDGE)
	# Channel 0xff carries connection commands; this is its first sequence number.
	buffer.put_u8(0xff)
	buffer.put_u16(1)
	# Our peer id, and 0xff for two session ids that are not chosen yet.
	buffer.put_u16(0)
	buffer.put_u8(0xff)
	buffer.put_u8(0xff)
	for value: int in [1392, 65536, 255, 0, 0, 5000, 2, 2, 0x12345678, data]:
		buffer.put_u32(value)
	return buffer.data_array


static func _fields(datagram: PackedByteArray, command: int) -> Dictionary:
	var fields := {}
	if datagram.size() < HEADER + 8 + 4 * SHARED_FIELDS.size() or datagram[HEADER] & COMMAND_MASK != command:
		return fields
	fields["size"] = datagram.size()
	for index in SHARED_FIELDS.size():
		fields[SHARED_FIELDS[index]] = _read(datagram, HEADER + 8 + 4 * index)
	return fields


static func _read(datagram: PackedByteArray, offset: int) -> int:
	var value := 0
	for byte in datagram.slice(offset, offset + 4):
		value = value << 8 | byte
	return value
