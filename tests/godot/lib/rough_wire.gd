extends RefCounted
## A lossy network between clients and a server, which drops, duplicates and delays datagrams. The seed determines
## the fate of each datagram.

const LOCAL := "127.0.0.1"

## Probabilities per datagram.
var loss := 0.0
var doubling := 0.0
var delay := 0.0
## Numbers of datagrams to drop in addition, counted over both directions.
var lost_numbers: Array[int] = []
## A datagram is delayed by at most this many calls of `pass_on`, and others overtake it meanwhile.
var longest_delay := 8
## The port that clients connect to.
var port: int
## Datagrams that are no DTLS records of version 1.0 (hello messages) or 1.2.
var not_encrypted := 0
## Numbers of datagrams so far.
var passed := 0
var lost := 0
var doubled := 0
var delayed := 0

var _listener := UDPServer.new()
var _server_port: int
var _lines: Array[Line] = []
var _random := RandomNumberGenerator.new()
var _turn := 0
var _held: Array[Held] = []


## The two sockets of one client.
class Line:
	var front: PacketPeerUDP
	var back := PacketPeerUDP.new()


class Held:
	var way: PacketPeerUDP
	var bytes: PackedByteArray
	var due: int


func open(own_port: int, server_port: int, with_seed: int) -> Error:
	port = own_port
	_server_port = server_port
	_random.seed = with_seed
	return _listener.listen(port, LOCAL)


func pass_on() -> void:
	_turn += 1
	_listener.poll()
	while _listener.is_connection_available():
		var line := Line.new()
		line.front = _listener.take_connection()
		line.back.connect_to_host(LOCAL, _server_port)
		_lines.append(line)
	for line in _lines:
		_carry(line.front, line.back)
		_carry(line.back, line.front)
	var due := _held.filter(func(held: Held) -> bool: return held.due <= _turn)
	for held: Held in due:
		_held.erase(held)
		held.way.put_packet(held.bytes)


func _carry(from: PacketPeerUDP, to: PacketPeerUDP) -> void:
	while from.get_available_packet_count() > 0:
		var bytes := from.get_packet()
		if not _is_record(bytes):
			not_encrypted += 1
		var number := passed + lost
		if _random.randf() < loss or lost_numbers.has(number):
			lost += 1
			continue
		passed += 1
		if _random.randf() < doubling:
			doubled += 1
			_send(to, bytes)
		_send(to, bytes)


func _send(to: PacketPeerUDP, bytes: PackedByteArray) -> void:
	if _random.randf() >= delay:
		to.put_packet(bytes)
		return
	delayed += 1
	var held := Held.new()
	held.way = to
	held.bytes = bytes
	held.due = _turn + _random.randi_range(1, longest_delay)
	_held.append(held)


static func _is_record(bytes: PackedByteArray) -> bool:
	const HEADER := 13
	const TYPES: Array[int] = [20, 21, 22, 23]
	const VERSIONS: Array[int] = [0xfeff, 0xfefd]
	return bytes.size() > HEADER and TYPES.has(bytes[0]) and VERSIONS.has(bytes[1] << 8 | bytes[2])
