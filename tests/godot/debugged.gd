extends SceneTree
## A game that a test debugs: `CLASS PORT THREADED`, a server with a world. The test's messages tell it what to do:
## `game:rpc [count, id]`, `game:bytes [count, size]`, `game:box`, `game:figures [on]`, `game:pause [milliseconds]`,
## `game:join [port]` (as a second peer, which nothing but polls), `game:close`, `game:quit`.
## It tells `game:ready`, and `game:joined [id]` when it knows a client: from then on its calls reach the client.

const WORLD := preload("res://scenes/world.tscn")
const LIFE_SECONDS := 60.0

var _peer: MultiplayerPeer
var _api := SceneMultiplayer.new()
var _world: Node
var _guest: MultiplayerPeer
var _age := 0.0
var _tells_figures := false


func _initialize() -> void:
	Engine.max_fps = 60
	var arguments := OS.get_cmdline_user_args()
	EngineDebugger.register_message_capture("game", _obey)
	_peer = ClassDB.instantiate(arguments[0])
	_peer.set(&"threaded", arguments[2] == "true")
	_world = WORLD.instantiate()
	_world.name = "World"
	root.add_child(_world)
	_api.root_path = ^"/root/World"
	set_multiplayer(_api, ^"/root/World")
	if _peer.call(&"create_server", arguments[1].to_int()) != OK:
		quit(1)
	_api.multiplayer_peer = _peer
	_api.peer_connected.connect(func(id: int) -> void: EngineDebugger.send_message("game:joined", [id]))
	process_frame.connect(_tell_figures)
	EngineDebugger.send_message("game:ready", [])


func _obey(message: String, data: Array) -> bool:
	match message:
		"rpc":
			var id: int = data[1]
			for number: int in data[0]:
				if id == 0:
					_world.rpc(&"say_reliable", number)
				else:
					_world.rpc_id(id, &"say_reliable", number)
		"bytes":
			var size: int = data[1]
			var bytes := PackedByteArray()
			bytes.resize(size)
			for number: int in data[0]:
				_api.send_bytes(bytes, 0)
		"box":
			_world.call(&"spawn_box", Vector2(3, 4))
		"figures":
			_tells_figures = data[0]
		"pause":
			var milliseconds: int = data[0]
			OS.delay_msec(milliseconds)
		"join":
			var port: int = data[0]
			_guest = ClassDB.instantiate(_peer.get_class())
			_guest.call(&"create_client", "127.0.0.1", port)
		"close":
			_peer.close()
		"quit":
			EngineDebugger.unregister_message_capture("game")
			quit(0)
	return true


func _process(delta: float) -> bool:
	_age += delta
	if _guest != null and _guest.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
		_guest.poll()
	# The process ends by itself if the test has died.
	return _age > LIFE_SECONDS


## What a script sees after the poll with which a snapshot was sent.
func _tell_figures() -> void:
	if not _tells_figures:
		return
	var statistics: Dictionary = _peer.call(&"get_statistics")
	var of_peers := {}
	for id in _api.get_peers():
		var peer: Object = _peer.call(&"get_peer", id)
		of_peers[id] = peer.call(&"get_statistics")
	EngineDebugger.send_message("game:figures", [statistics, of_peers])
