extends SceneTree
## The other end of the small cases of `cargo xtask bench godot`: `CLASS name=value ...`. A server, or a number of
## clients, at 60 frames a second; each sends one packet a frame to each of its remotes. The process ends with the last
## connection, and prints how many packets it received.

const Line := preload("res://lib/bench_line.gd")
const FRAMES_PER_SECOND := 60
## Ends a process whose benchmark has died.
const LIFE_USEC := 120_000_000
## The first byte of a packet that SceneMultiplayer hands to scripts as raw bytes.
const RAW := 3

var _ends: Array[End] = []
var _payload := PackedByteArray()
var _had_remotes := false
var _received := 0


## A peer, and the remotes that it is connected to.
class End:
	extends RefCounted

	var peer: MultiplayerPeer
	var remotes: Array[int] = []

	func _init(of: String) -> void:
		peer = ClassDB.instantiate(of)
		peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
		peer.peer_connected.connect(_on_connected)
		peer.peer_disconnected.connect(_on_disconnected)

	func _on_connected(id: int) -> void:
		remotes.append(id)

	func _on_disconnected(id: int) -> void:
		remotes.erase(id)


func _initialize() -> void:
	Engine.max_fps = FRAMES_PER_SECOND
	_payload.resize(Line.number("size"))
	_payload.fill(0xA5)
	_payload[0] = RAW
	var is_server := Line.text("role") == "server"
	for index in 1 if is_server else Line.number("clients"):
		var end := End.new(OS.get_cmdline_user_args()[0])
		var error: Error
		if is_server:
			error = end.peer.call(&"create_server", 0, 1)
		else:
			error = end.peer.call(&"create_client", "127.0.0.1", Line.number("port"))
		if error != OK:
			Line.fail("a remote: %s" % error_string(error))
			quit(1)
			return
		_ends.append(end)
	if is_server:
		Line.tell_port(_ends[0].peer)


func _process(_delta: float) -> bool:
	var connected := 0
	for end in _ends:
		if end.peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED:
			continue
		end.peer.poll()
		while end.peer.get_available_packet_count() > 0:
			# SceneMultiplayer also sends packets of its own.
			if end.peer.get_packet().size() == _payload.size():
				_received += 1
		for id in end.remotes:
			end.peer.set_target_peer(id)
			end.peer.put_packet(_payload)
		connected += end.remotes.size()
	_had_remotes = _had_remotes or connected > 0
	if _had_remotes and connected == 0:
		Line.tell({"delivered": _received})
		return true
	return Time.get_ticks_usec() > LIFE_USEC
