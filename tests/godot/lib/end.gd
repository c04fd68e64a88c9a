extends RefCounted
## One end of a connection: a peer with everything that happened to it written down.

var peer: MultiplayerPeer
## Signals in order: "+5" for peer_connected(5), "-5" for peer_disconnected(5).
var events: Array[String] = []
## Received packets in order.
var packets: Array[Packet] = []
## False leaves received packets in the peer's queue.
var drains := true
var is_ours: bool


class Packet:
	var from: int
	var channel: int
	var mode: int
	var bytes: PackedByteArray


func _init(peer_class: String) -> void:
	peer = ClassDB.instantiate(peer_class)
	is_ours = peer_class.ends_with("Rs")
	# The peer must not keep its own record alive.
	var record := events
	peer.peer_connected.connect(func(id: int) -> void: record.append("+%d" % id))
	peer.peer_disconnected.connect(func(id: int) -> void: record.append("-%d" % id))


func host(port: int, max_clients: int = 32, max_channels: int = 0) -> Error:
	return peer.call(&"create_server", port, max_clients, max_channels)


func join(port: int, address: String = "127.0.0.1", channels: int = 0) -> Error:
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


func send(
	bytes: PackedByteArray, target: int = 0, mode: int = MultiplayerPeer.TRANSFER_MODE_RELIABLE,
	channel: int = 0,
) -> Error:
	peer.set_target_peer(target)
	peer.transfer_mode = mode as MultiplayerPeer.TransferMode
	peer.transfer_channel = channel
	return peer.put_packet(bytes)


func texts() -> Array[String]:
	var list: Array[String] = []
	for packet in packets:
		list.append(packet.bytes.get_string_from_utf8())
	return list
