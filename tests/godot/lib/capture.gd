extends RefCounted
## Datagrams in a pcap file, as a capture of the loopback interface would have them.

## Raw IP packets, without the header of a link.
const LINK_TYPE := 101
const MAGIC := 0xA1B2C3D4
const UDP := 17
## Bytes of the headers of IP and UDP.
const HEADERS := 28

## What the file holds, in order.
var datagrams: Array[PackedByteArray] = []
var path := ""

var _file: FileAccess


## Begins a file that is deleted when the test's process ends.
func begin(name: String) -> Error:
	path = OS.get_cache_dir().path_join("enet_rs_%s_%d.pcap" % [name, OS.get_process_id()])
	_file = FileAccess.open(path, FileAccess.WRITE)
	if _file == null:
		return FileAccess.get_open_error()
	_file.store_32(MAGIC)
	_file.store_16(2)
	_file.store_16(4)
	_file.store_64(0)
	_file.store_32(65535)
	_file.store_32(LINK_TYPE)
	return OK


## Adds a datagram, of which the capture keeps the first `kept` bytes.
func add(from: int, to: int, bytes: PackedByteArray, kept: int = 65535) -> void:
	datagrams.append(bytes)
	var packet := StreamPeerBuffer.new()
	packet.big_endian = true
	for word: int in [0x4500, HEADERS + bytes.size(), 0, 0, 0x4000 + UDP, 0, 0x7F00, 1, 0x7F00, 1]:
		packet.put_u16(word)
	for word: int in [from, to, 8 + bytes.size(), 0]:
		packet.put_u16(word)
	packet.put_data(bytes)
	var time := Time.get_ticks_usec()
	_file.store_32(floori(time / 1e6))
	_file.store_32(time % 1000000)
	var size := mini(packet.get_size(), HEADERS + kept)
	_file.store_32(size)
	_file.store_32(packet.get_size())
	_file.store_buffer(packet.data_array.slice(0, size))


func end() -> void:
	_file.close()


func remove() -> void:
	DirAccess.remove_absolute(path)


## Stands between a client and a server and captures what they send.
class Tap:
	var capture: RefCounted
	var front := PacketPeerUDP.new()
	var back := PacketPeerUDP.new()
	var server_port := 0

	func open(to: RefCounted, port: int, server: int) -> Error:
		capture = to
		server_port = server
		var error := front.bind(port, "127.0.0.1")
		return error if error != OK else back.connect_to_host("127.0.0.1", server)

	func pass_on() -> void:
		while front.get_available_packet_count() > 0:
			var bytes := front.get_packet()
			front.set_dest_address(front.get_packet_ip(), front.get_packet_port())
			capture.call(&"add", front.get_packet_port(), server_port, bytes)
			back.put_packet(bytes)
		while back.get_available_packet_count() > 0:
			var bytes := back.get_packet()
			capture.call(&"add", server_port, front.get_packet_port(), bytes)
			front.put_packet(bytes)
