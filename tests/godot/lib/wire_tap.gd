extends RefCounted
## Stands between a client and a server, passes every datagram on, and keeps a copy.

const LOCAL := "127.0.0.1"
## In a datagram's first byte: what follows the header is compressed.
const COMPRESSED := 0x40
## In the same byte: the header has a time, two bytes more.
const HAS_TIME := 0x80

var datagrams: Array[Datagram] = []

var _front := PacketPeerUDP.new()
var _back := PacketPeerUDP.new()


class Datagram:
	## Whether the client sent it.
	var is_upward: bool
	var is_compressed: bool
	## Without the header, as it travels.
	var size: int


## Clients shall connect to `port`.
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
	datagrams.append(datagram)
