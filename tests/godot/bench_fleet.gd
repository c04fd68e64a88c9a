extends SceneTree
## One of the servers of the case "fleet" of `cargo xtask bench godot`: `CLASS name=value ...`. A match at 60 frames a
## second, which the benchmark measures from outside. It ends when the last client has left. With the class "none" it has
## no peer, and runs until it is killed.

const Line := preload("res://lib/bench_line.gd")
const Small := preload("res://bench_small.gd")

var _game: Small.Game
var _peer: MultiplayerPeer
var _joined := 0
var _frame := 0


func _initialize() -> void:
	# The root enters the tree after this call.
	await process_frame
	var of := OS.get_cmdline_user_args()[0]
	Engine.max_fps = Line.number("frames_per_second")
	_game = Small.Game.new()
	# The first byte is SceneMultiplayer's.
	_game.payload.resize(Line.number("size") - 1)
	_game.payload.fill(0x5A)
	_game.every = Line.number("every")
	_game.is_broadcast = true
	root.add_child(_game)
	if of == "none":
		print("@port 0")
		return
	var error := _serve(of)
	if error != OK:
		Line.fail("%s: %s" % [of, error_string(error)])
		quit(1)


func _serve(of: String) -> Error:
	_peer = Line.make_peer(of, Line.number("threaded") != 0)
	if _peer == null:
		return ERR_CANT_CREATE
	var error: Error = _peer.call(&"create_server", 0, Line.number("clients"))
	if error != OK:
		return error
	_peer.peer_connected.connect(_on_connected)
	_peer.peer_disconnected.connect(_on_disconnected)
	var api: SceneMultiplayer = _game.multiplayer
	api.peer_packet.connect(_game.on_packet)
	api.multiplayer_peer = _peer
	_game.peer = _peer
	Line.tell_port(_peer)
	return OK


func _on_connected(id: int) -> void:
	Line.steady(_peer, id)
	if _joined == 0:
		_frame = Engine.get_process_frames()
	_joined += 1
	_game.ids.append(id)


func _on_disconnected(id: int) -> void:
	_game.ids.erase(id)
	if not _game.ids.is_empty():
		return
	Line.tell({
		"joined": _joined,
		"put": _game.put,
		"received": _game.received,
		"frames": Engine.get_process_frames() - _frame,
	})
	quit()
