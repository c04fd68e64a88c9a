extends RefCounted
## Forwards every datagram between a client and a server, and keeps a copy.

const LOCAL := "127.0.0.1"
## Flag in a datagram's first byte: the data after the header is compressed.
const COMPRESSED := 0x40
## Flag in the same byte: the header has a sent time of two more bytes.
const HAS_TIME := 0x80

var datagrams: Array[Datagram] = []

var _front := PacketPeerUDP.new()
var _back := PacketPeerUDP.new()


class Datagram:
	## Whether the client sent the datagram.
	var is_upward: bool
	var is_compressed: bool
	## Size of the data after the header, as on the wire.
	var size: int
	## Size of the whole datagram.
	var whole_size: int


## Listens at `port` for clients.
func open(port: int, server_port: int) -> Error:
	var error := _front.bind(port, LOCAL)
	return error if error != OK else _back.connect_to_host(LOCAL, server_port)


func pass_on() -> void:
	while _front.get_available_packet_count() > 0:
		var bytes := _front.get_packet()
		_front.set_dest_address(_front.get_packet_ip(), _front.get_packet_port())
		_note(bytes, true)
		_back.put_packet(bytes)
	while _back.get_available_packet_count() > 0:
		var bytes := _back.get_packet()
		_note(bytes, false)
		_front.put_packet(bytes)


func _note(bytes: PackedByteArray, is_upward: bool) -> void:
	var datagram := Datagram.new()
	datagram.is_upward = is_upward
	datagram.is_compressed = bytes[0] & COMPRESSED != 0
	datagram.size = bytes.size() - (4 if bytes[0] & HAS_TIME != 0 else 2)
	datagram.whole_size = bytes.size()
	datagrams.append(datagram)
