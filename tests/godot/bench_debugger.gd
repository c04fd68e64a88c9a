extends SceneTree
## What the tab "ENet" of the editor's debugger costs a server: microseconds a frame of the main thread, while an editor
## watches and while none does, in turns. On Linux they are processor time, so other processes hardly matter.
##   --script res://bench_debugger.gd -- [clients (64)] [pairs of turns (20)]
## This process plays the editor, and starts a server and a crowd of clients, each in a process of its own. The clients
## send a packet a frame each; the server calls a method on all of them, and sends bytes to each.

const DebugServer := preload("res://lib/debug_server.gd")
const Ports := preload("res://lib/ports.gd")
const WORLD := preload("res://scenes/world.tscn")
const CLASS := "ENetMultiplayerPeerRs"
const TURN_SECONDS := 1.5
const LIFE_SECONDS := 180.0
const FRAMES_A_SECOND := 60

var _role := "editor"
var _clients := 64
var _age := 0.0

# The server's.
var _peer: MultiplayerPeer
var _api := SceneMultiplayer.new()
var _world: Node
var _spent := 0
var _frames := 0
var _bytes := PackedByteArray()

# The crowd's.
var _crowd: Array[MultiplayerPeer] = []


func _initialize() -> void:
	Engine.max_fps = FRAMES_A_SECOND
	var arguments := OS.get_cmdline_user_args()
	if arguments.size() > 2 and arguments[0] in ["server", "crowd"]:
		_role = arguments[0]
		_clients = arguments[2].to_int()
		_bytes.resize(40)
		# SceneMultiplayer's command for bytes.
		_bytes[0] = 3
		if _role == "server":
			_start_server(arguments[1].to_int())
		else:
			_start_crowd(arguments[1].to_int())
		return
	_clients = arguments[0].to_int() if arguments.size() > 0 else 64
	var pairs := arguments[1].to_int() if arguments.size() > 1 else 20
	await _edit(pairs)
	quit()


func _process(delta: float) -> bool:
	_age += delta
	match _role:
		"server":
			_serve()
		"crowd":
			_play()
	return _role != "editor" and _age > LIFE_SECONDS


func _start_server(port: int) -> void:
	multiplayer_poll = false
	_peer = ClassDB.instantiate(CLASS)
	_world = WORLD.instantiate()
	_world.name = "World"
	root.add_child(_world)
	_api.root_path = ^"/root/World"
	_api.server_relay = false
	set_multiplayer(_api, ^"/root/World")
	_peer.call(&"create_server", port, _clients)
	_api.multiplayer_peer = _peer
	EngineDebugger.register_message_capture("bench", func(message: String, _data: Array) -> bool:
		if message == "turn":
			var now := _processor_micros()
			EngineDebugger.send_message("bench:spent", [now - _spent, _frames, _api.get_peers().size()])
			_spent = now
			_frames = 0
		elif message == "quit":
			EngineDebugger.unregister_message_capture("bench")
			quit()
		return true)
	EngineDebugger.send_message("bench:ready", [])


func _serve() -> void:
	_api.poll()
	_world.rpc(&"say_unreliable", _frames)
	for id in _api.get_peers():
		_api.send_bytes(_bytes, id, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
	_peer.poll()
	_frames += 1


## What the main thread used of a processor.
func _processor_micros() -> int:
	var file := FileAccess.open("/proc/self/schedstat", FileAccess.READ)
	return Time.get_ticks_usec() if file == null else file.get_line().get_slice(" ", 0).to_int() / 1000


func _start_crowd(port: int) -> void:
	for index in _clients:
		var client: MultiplayerPeer = ClassDB.instantiate(CLASS)
		client.set(&"threaded", false)
		client.call(&"create_client", "127.0.0.1", port)
		_crowd.append(client)


func _play() -> void:
	for client in _crowd:
		if client.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED:
			continue
		client.poll()
		if client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED:
			client.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
			client.put_packet(_bytes)
		while client.get_available_packet_count() > 0:
			client.get_packet()


func _edit(pairs: int) -> void:
	var editor := DebugServer.new()
	var port := Ports.find_free()
	if editor.open() != OK or port == 0:
		printerr("no port is free")
		return
	var program := OS.get_environment("GODOT")
	if program.is_empty():
		program = OS.get_executable_path()
	var ids: Array[int] = []
	for role: String in ["server", "crowd"]:
		var arguments := PackedStringArray(["--headless", "--path", ProjectSettings.globalize_path("res://")])
		if role == "server":
			arguments.append_array(["--remote-debug", editor.address()])
		arguments.append_array(["--script", "res://bench_debugger.gd", "--", role, str(port), str(_clients)])
		ids.append(OS.create_process(program, arguments))
		if role == "server":
			await _wait(editor, "bench:ready", 1, 30.0)
	if not editor.has_game():
		printerr("the server did not start")
		return
	await _wait(editor, "", 0, 5.0)
	var means: Array[PackedFloat64Array] = [PackedFloat64Array(), PackedFloat64Array()]
	editor.send("bench:turn", [])
	await _wait(editor, "bench:spent", 1, 5.0)
	for turn in 2 * pairs:
		# Not always the same one first.
		var is_watched := (turn % 2 == 1) != (turn % 4 > 1)
		editor.send("enet_rs:watch", [100 if is_watched else 0])
		await _wait(editor, "", 0, 0.5)
		editor.send("bench:turn", [])
		await _wait(editor, "bench:spent", 1, 5.0)
		await _wait(editor, "", 0, TURN_SECONDS)
		editor.send("bench:turn", [])
		await _wait(editor, "bench:spent", 1, 5.0)
		var spent: Array = editor.named("bench:spent")[-1].data
		var micros: float = spent[0]
		var count: float = spent[1]
		print("%s: %.1f us a frame (%d frames, %d peers)" % [
				"watched" if is_watched else "unwatched", micros / count, count, spent[2]])
		means[int(is_watched)].append(micros / count)
		editor.messages.clear()
	var differences: Array[float] = []
	for pair in pairs:
		differences.append(means[1][pair] - means[0][pair])
	print("medians: unwatched %.1f, watched %.1f, difference of a pair %.1f us a frame" % [
			_median(Array(means[0])), _median(Array(means[1])), _median(differences)])
	editor.send("bench:quit", [])
	await _wait(editor, "", 0, 0.5)
	for id in ids:
		OS.kill(id)


func _median(numbers: Array) -> float:
	var sorted := numbers.duplicate()
	sorted.sort()
	return sorted[sorted.size() / 2]


## Waits for one more message of a name, or for the time if it is empty.
func _wait(editor: DebugServer, name: String, more: int, seconds: float) -> void:
	var wanted := editor.count(name) + more
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while Time.get_ticks_msec() < deadline and (name.is_empty() or editor.count(name) < wanted):
		await process_frame
		editor.poll()
