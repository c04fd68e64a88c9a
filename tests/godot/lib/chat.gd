extends RefCounted
## A chat: the port of tests/godot3/chat.gd according to the tables of docs/migrating-from-godot3.md. A comment with
## an arrow marks a line that had to change.

# -> required, because clients send each other packets and some of them run on Godot 3.
const WIRE := ENetMultiplayerPeerRs.WIRE_GODOT3

var peer := ENetMultiplayerPeerRs.new()
var own_name := ""
var names: Dictionary[int, String] = {}
var lines: Array[String] = []


func _init() -> void:
	peer.wire_protocol = WIRE
	peer.compression_mode = ENetMultiplayerPeerRs.COMPRESS_FASTLZ
	peer.channel_count = 5
	peer.always_ordered = true
	peer.peer_connected.connect(_on_peer_connected)
	peer.peer_disconnected.connect(_on_peer_disconnected)
	peer.connection_succeeded.connect(_on_connection_succeeded)
	peer.connection_failed.connect(_on_connection_failed)
	peer.server_disconnected.connect(_on_server_disconnected)


func host(port: int, name: String) -> Error:
	own_name = name
	peer.set_bind_ip("127.0.0.1")
	# -> the channel count now precedes the bandwidths.
	return peer.create_server(port, 8, 0, 0, 500000)


func join(port: int, name: String) -> Error:
	own_name = name
	# -> the same change as in create_server.
	return peer.create_client("127.0.0.1", port, 0, 0, 500000)


func is_over() -> bool:
	return peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED


func poll() -> void:
	if is_over():
		return
	peer.poll()
	while peer.get_available_packet_count() > 0:
		var sender := peer.get_packet_peer()
		var text := peer.get_packet().get_string_from_utf8()
		# Names have a channel of their own. -> the channel was 3 in Godot 3.
		if peer.get_last_packet_channel() == 1:
			names[sender] = text
			say("welcome " + text, sender)
		else:
			_hear(sender, text)


func say(text: String, target: int = 0) -> void:
	peer.set_target_peer(target)
	peer.transfer_channel = -1
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
	peer.put_packet(text.to_utf8_buffer())


## A typing notice, which may be lost.
func wave() -> void:
	peer.set_target_peer(0)
	# -> the channel was 4 in Godot 3.
	peer.transfer_channel = 2
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
	peer.put_packet("waves".to_utf8_buffer())


func quit() -> void:
	peer.close_connection(1000)


func _hear(sender: int, text: String) -> void:
	var name: String = names.get(sender, "somebody")
	lines.append(name + ": " + text)
	if text == "leave":
		quit()
	if text == "who is there" and peer.get_unique_id() == 1:
		var address := peer.get_peer_address(sender)
		say("%s from %s" % [name, address if peer.get_peer_port(sender) > 0 else "nowhere"])
	if text == "send me away" and peer.get_unique_id() == 1:
		peer.disconnect_peer(sender)


func _on_peer_connected(id: int) -> void:
	if peer.get_unique_id() == 1:
		peer.set_peer_timeout(id, 32, 2000, 10000)
	peer.set_target_peer(id)
	peer.transfer_channel = 1
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
	peer.put_packet(own_name.to_utf8_buffer())


func _on_peer_disconnected(id: int) -> void:
	lines.append("%s is gone" % names.get(id, "somebody"))
	names.erase(id)


func _on_connection_succeeded() -> void:
	lines.append("connected")


func _on_connection_failed() -> void:
	lines.append("failed")


func _on_server_disconnected() -> void:
	lines.append("the server is gone")
