extends RefCounted
## One end of a connection: a multiplayer peer and a record of its signals and packets.

const Threaded := preload("res://lib/threaded.gd")

var peer: MultiplayerPeer
## Signals in order: "+5" for peer_connected(5), "-5" for peer_disconnected(5).
var events: Array[String] = []
## Received packets in order.
var packets: Array[Packet] = []
## Signals and packets in the order in which a game sees them: signals as above, packets as "5: text".
var journal: Array[String] = []
## If false, received packets stay in the peer's queue.
var drains := true
var is_ours: bool
## Whether it delivers packets that arrive together with a disconnect. Ours does, the C library does not.
var keeps_last_words: bool
## Whether a server answers the connection requests that it rejects. Ours does, the C library does not.
var tells_refused: bool
## The port that a server listens on or a client connects to.
var port := 0


class Packet:
	var from: int
	var channel: int
	var mode: int
	var bytes: PackedByteArray


func _init(peer_class: String) -> void:
	peer = Threaded.chosen(ClassDB.instantiate(peer_class))
	is_ours = peer_class.ends_with("Rs")
	keeps_last_words = is_ours
	tells_refused = is_ours
	# The peer must not keep its own record alive.
	var lists: Array[Array] = [events, journal]
	peer.peer_connected.connect(func(id: int) -> void: _note(lists, "+%d" % id))
	peer.peer_disconnected.connect(func(id: int) -> void: _note(lists, "-%d" % id))


static func _note(lists: Array[Array], what: String) -> void:
	for list in lists:
		list.append(what)


func host(on_port: int, max_clients: int = 32, max_channels: int = 0) -> Error:
	port = on_port
	return peer.call(&"create_server", port, max_clients, max_channels)


func join(to_port: int, address: String = "127.0.0.1", channels: int = 0) -> Error:
	port = to_port
	return peer.call(&"create_client", address, port, channels)


func id() -> int:
	return peer.get_unique_id()


func is_active() -> bool:
	return peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED


func is_up() -> bool:
	return peer.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED


func poll() -> void:
	if not is_active():
		return
	peer.poll()
	while drains and peer.get_available_packet_count() > 0:
		var packet := Packet.new()
		packet.from = peer.get_packet_peer()
		packet.channel = peer.get_packet_channel()
		packet.mode = peer.get_packet_mode()
		packet.bytes = peer.get_packet()
		packets.append(packet)
		journal.append("%d: %s" % [packet.from, packet.bytes.slice(0, 32).get_string_from_ascii()])


func send(
	bytes: PackedByteArray, target: int = 0, mode: int = MultiplayerPeer.TRANSFER_MODE_RELIABLE,
	channel: int = 0,
) -> Error:
	peer.set_target_peer(target)
	peer.transfer_mode = mode as MultiplayerPeer.TransferMode
	peer.transfer_channel = channel
	return peer.put_packet(bytes)


func say(text: String, target: int = 0) -> Error:
	return send(text.to_utf8_buffer(), target)


func texts() -> Array[String]:
	var list: Array[String] = []
	for packet in packets:
		list.append(packet.bytes.get_string_from_utf8())
	return list
