extends SceneTree
## The measured process of the small cases of `cargo xtask bench godot`: `CLASS name=value ...`. A game at 60 frames a
## second with a server or a client. It measures the frame without a peer, with the peer, and again without it.

const Line := preload("res://lib/bench_line.gd")
const Kernel := preload("res://lib/bench_kernel.gd")
const FRAMES_PER_SECOND := 60
const WARM_UP_SECONDS := 0.5
## The time between two readings of the kernel's counts.
const SLICE_SECONDS := 0.1
const CONNECT_LIMIT_USEC := 20_000_000
## The first byte of a packet that SceneMultiplayer hands to scripts as raw bytes.
const COMMAND := 1

var _class := ""
var _seconds := 0.0
var _empty_seconds := 0.0
var _peer: MultiplayerPeer
var _game: Game


## The game: a node that sends from `_process`. SceneMultiplayer polls and reads for it.
class Game:
	extends Node

	## Null in the empty frame.
	var peer: MultiplayerPeer
	var ids: Array[int] = []
	var payload := PackedByteArray()
	var received := 0
	var put := 0
	## Sends in every so many frames, one packet to each remote or one to all of them.
	var every := 1
	var is_broadcast := false

	func _process(_delta: float) -> void:
		if peer == null:
			return
		_receive()
		if Engine.get_process_frames() % every != 0 or ids.is_empty():
			return
		put += ids.size()
		if is_broadcast:
			_send(0)
		else:
			for id in ids:
				_send(id)

	func _receive() -> void:
		pass

	func _send(id: int) -> void:
		var api: SceneMultiplayer = multiplayer
		api.send_bytes(payload, id, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED)

	func on_packet(_id: int, bytes: PackedByteArray) -> void:
		if bytes.size() == payload.size():
			received += 1


## A game without SceneMultiplayer: it polls, reads and sends itself.
class Raw:
	extends Game

	func _receive() -> void:
		peer.poll()
		while peer.get_available_packet_count() > 0:
			var id := peer.get_packet_peer()
			on_packet(id, peer.get_packet())

	func _send(id: int) -> void:
		peer.set_target_peer(id)
		peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
		peer.put_packet(payload)


func _initialize() -> void:
	_class = OS.get_cmdline_user_args()[0]
	_seconds = Line.text("seconds").to_float()
	_empty_seconds = Line.text("empty_seconds").to_float()
	Engine.max_fps = FRAMES_PER_SECOND
	var uses_scene := Line.text("api") == "scene"
	_game = Game.new() if uses_scene else Raw.new()
	_game.payload.resize(Line.number("size") - (COMMAND if uses_scene else 0))
	_game.payload.fill(0x5A)
	_game.every = Line.number("every")
	_game.is_broadcast = Line.number("broadcast") != 0
	root.add_child(_game)
	_run(uses_scene)


func _run(uses_scene: bool) -> void:
	var before := await _measure(_empty_seconds)
	var api: SceneMultiplayer = _game.multiplayer
	api.peer_packet.connect(_game.on_packet)
	if not await _connect(uses_scene):
		quit(1)
		return
	var with_peer := await _measure(_seconds)
	var stayed := _game.ids.size()
	# The remotes are told while the game still runs, so that they count what they received.
	_game.peer = null
	api.multiplayer_peer = OfflineMultiplayerPeer.new()
	_peer.close()
	_peer = null
	var after := await _measure(_empty_seconds)
	if before.is_empty() or with_peer.is_empty() or after.is_empty():
		Line.fail("a thread ended during a measurement, so the CPU time of the process is unknown")
		quit(1)
		return
	var figures: Dictionary[String, float] = {
		"clients": stayed,
		"put": _game.put,
		"ticks": with_peer.frames,
		"received": with_peer.received / with_peer.frames,
		"empty_frames": before.frames,
		"last_empty_frames": after.frames,
		"empty_usec": (before.cpu_usec + after.cpu_usec) / 2.0,
		"empty_change": absf(after.cpu_usec - before.cpu_usec),
	}
	for name: String in ["main_usec", "cpu_usec", "wake_ups"]:
		figures[name] = with_peer[name] - (before[name] + after[name]) / 2.0
	Line.tell(figures)
	quit()


## Creates the peer, and waits until all remotes have joined.
func _connect(uses_scene: bool) -> bool:
	_peer = Line.make_peer(_class, Line.number("threaded") != 0)
	if _peer == null:
		return false
	var is_server := Line.text("role") == "server"
	var wanted := Line.number("clients") if is_server else 1
	_peer.peer_connected.connect(_on_connected)
	_peer.peer_disconnected.connect(func(id: int) -> void: _game.ids.erase(id))
	var error: Error
	if is_server:
		error = _peer.call(&"create_server", 0, wanted)
	else:
		error = _peer.call(&"create_client", "127.0.0.1", Line.number("port"))
	if error != OK:
		Line.fail("%s: %s" % [_class, error_string(error)])
		return false
	if is_server:
		Line.tell_port(_peer)
	if uses_scene:
		_game.multiplayer.multiplayer_peer = _peer
	_game.peer = _peer
	var begun := Time.get_ticks_usec()
	while _game.ids.size() < wanted:
		if Time.get_ticks_usec() - begun > CONNECT_LIMIT_USEC:
			Line.fail("%d of %d remotes connected to %s" % [_game.ids.size(), wanted, _class])
			return false
		await process_frame
	return true


func _on_connected(id: int) -> void:
	Line.steady(_peer, id)
	_game.ids.append(id)


## Costs of a frame over some seconds, after an unmeasured warm-up. Empty if the counts are incomplete. CPU times are
## the lower quartile of the slices of the time, because other programs can only add to them.
func _measure(seconds: float) -> Dictionary[String, float]:
	await create_timer(WARM_UP_SECONDS).timeout
	_mark("begin")
	var received := _game.received
	var first := Engine.get_process_frames()
	var frame := first
	var begun := Kernel.new(true)
	var past := begun
	var main: Array[float] = []
	var process: Array[float] = []
	var slices := roundi(seconds / SLICE_SECONDS)
	for slice in slices:
		# Without the half frame, it would end one frame late.
		await create_timer(SLICE_SECONDS - 0.5 / FRAMES_PER_SECOND).timeout
		var now := Kernel.new(slice == slices - 1)
		if now.has_lost(past):
			return {}
		var frames := float(Engine.get_process_frames() - frame)
		main.append(now.main_usec(past) / frames)
		process.append(now.process_usec(past) / frames)
		frame = Engine.get_process_frames()
		past = now
	_mark("end")
	return {
		"frames": frame - first,
		"received": _game.received - received,
		"main_usec": Line.quantile(main, 0.25),
		"cpu_usec": Line.quantile(process, 0.25),
		"wake_ups": past.wake_ups(begun),
	}


## Leaves a mark in a trace of the system calls: a look at a file that does not exist.
func _mark(name: String) -> void:
	FileAccess.file_exists("res://bench-mark-" + name)
