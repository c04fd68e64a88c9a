extends SceneTree
## The server of the case "published, 4,095 slots" of `cargo xtask bench godot`: `CLASS name=value ...`. It calls a
## remote procedure of all clients in each physics tick, while clients join one after another, until the first of them
## is dropped, none joins any more, or all have joined.

const Line := preload("res://lib/bench_line.gd")
const Kernel := preload("res://lib/bench_kernel.gd")
const SLOTS := 4095
const INTS := 150
## The time with all clients, and the longest time without another client.
const HOLD_USEC := 3_000_000
const STALL_USEC := 15_000_000

var _peer: MultiplayerPeer
var _game: Game
var _wanted := 0
var _clients := 0
var _changed_usec := 0
var _was_dropped := false
var _cpu := 0.0
## Microseconds of CPU time of the main thread, by tick, and of those with about a third of the clients.
var _ticks: Array[float] = []
var _third: Array[float] = []


class Game:
	extends Node

	@rpc("authority", "call_remote", "unreliable")
	func update(_state: Array) -> void:
		pass


func _initialize() -> void:
	# The root enters the tree after this call.
	await process_frame
	var of := OS.get_cmdline_user_args()[0]
	_wanted = Line.number("clients")
	Engine.max_fps = Line.number("ticks_per_second")
	Engine.physics_ticks_per_second = Line.number("ticks_per_second")
	var peer := Line.make_peer(of, Line.number("threaded") != 0)
	var error: Error = ERR_CANT_CREATE if peer == null else peer.call(&"create_server", 0, SLOTS)
	if error != OK:
		Line.fail("%s: %s" % [of, error_string(error)])
		quit(1)
		return
	peer.peer_connected.connect(_on_connected)
	peer.peer_disconnected.connect(func(_id: int) -> void: _was_dropped = true)
	_game = Game.new()
	_game.name = "Game"
	root.add_child(_game)
	var api: SceneMultiplayer = _game.multiplayer
	api.server_relay = false
	api.multiplayer_peer = peer
	_changed_usec = Time.get_ticks_usec()
	_peer = peer
	Line.tell_port(peer)


func _on_connected(id: int) -> void:
	_clients += 1
	_changed_usec = Time.get_ticks_usec()
	var link: PacketPeer = _peer.call(&"get_peer", id)
	link.call(&"set_timeout", 1500, 30000, 60000)
	link.call(&"ping_interval", 2000)


func _physics_process(_delta: float) -> bool:
	if _peer == null:
		return false
	var cpu := Kernel.main_cpu_usec()
	if _cpu > 0.0 and _clients > 0:
		_ticks.append(cpu - _cpu)
		# The share of the clients that have joined, in per cent.
		var share := _clients * 100.0 / _wanted
		if share >= 32.0 and share <= 34.0:
			_third.append(cpu - _cpu)
	_cpu = cpu
	var state: Array[int] = []
	for index in INTS:
		state.append(index)
	_game.update.rpc(state)
	var waited := Time.get_ticks_usec() - _changed_usec
	if not _was_dropped and waited < (HOLD_USEC if _clients == _wanted else STALL_USEC):
		return false
	if _ticks.is_empty():
		Line.fail("no client joined %s" % _peer.get_class())
		return true
	var figures: Dictionary[String, float] = {
		"reached": _clients,
		"clients": _clients,
		"tick_p50": Line.quantile(_ticks, 0.5),
		"tick_p99": Line.quantile(_ticks, 0.99),
	}
	if not _third.is_empty():
		figures.tick_third = Line.quantile(_third, 0.5)
	Line.tell(figures)
	return true
