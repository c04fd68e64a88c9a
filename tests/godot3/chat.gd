extends Reference
# A chat for Godot 3: the example script of docs/migrating-from-godot3.md. Its port to Godot 4 is
# tests/godot/lib/chat.gd; the two can take part in the same chat.
# Each participant sends its name to all others, and greets those that do so.

var peer := NetworkedMultiplayerENet.new()
var own_name := ""
var names := {}
var lines := []


func _init():
	peer.compression_mode = NetworkedMultiplayerENet.COMPRESS_FASTLZ
	peer.channel_count = 5
	peer.always_ordered = true
	peer.connect("peer_connected", self, "_on_peer_connected")
	peer.connect("peer_disconnected", self, "_on_peer_disconnected")
	peer.connect("connection_succeeded", self, "_on_connection_succeeded")
	peer.connect("connection_failed", self, "_on_connection_failed")
	peer.connect("server_disconnected", self, "_on_server_disconnected")


func host(port: int, name: String) -> int:
	own_name = name
	peer.set_bind_ip("127.0.0.1")
	return peer.create_server(port, 8, 0, 500000)


func join(port: int, name: String) -> int:
	own_name = name
	return peer.create_client("127.0.0.1", port, 0, 500000)


func is_over() -> bool:
	return peer.get_connection_status() == NetworkedMultiplayerPeer.CONNECTION_DISCONNECTED


func poll() -> void:
	if is_over():
		return
	peer.poll()
	while peer.get_available_packet_count() > 0:
		var sender := peer.get_packet_peer()
		var text := peer.get_packet().get_string_from_utf8()
		# Names have a channel of their own.
		if peer.get_last_packet_channel() == 3:
			names[sender] = text
			say("welcome " + text, sender)
		else:
			_hear(sender, text)


func say(text: String, target: int = 0) -> void:
	peer.set_target_peer(target)
	peer.transfer_channel = -1
	peer.transfer_mode = NetworkedMultiplayerPeer.TRANSFER_MODE_RELIABLE
	peer.put_packet(text.to_utf8())


# A typing notice, which may be lost.
func wave() -> void:
	peer.set_target_peer(0)
	peer.transfer_channel = 4
	peer.transfer_mode = NetworkedMultiplayerPeer.TRANSFER_MODE_UNRELIABLE
	peer.put_packet("waves".to_utf8())


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
	peer.transfer_channel = 3
	peer.transfer_mode = NetworkedMultiplayerPeer.TRANSFER_MODE_RELIABLE
	peer.put_packet(own_name.to_utf8())


func _on_peer_disconnected(id: int) -> void:
	lines.append("%s is gone" % names.get(id, "somebody"))
	names.erase(id)


func _on_connection_succeeded() -> void:
	lines.append("connected")


func _on_connection_failed() -> void:
	lines.append("failed")


func _on_server_disconnected() -> void:
	lines.append("the server is gone")
