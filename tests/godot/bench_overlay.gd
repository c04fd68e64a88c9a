extends SceneTree
## What the overlay costs a frame: rounds with the overlay hidden and shown alternate.
##   --script res://bench_overlay.gd -- [CLASS [PEERS [ROUNDS [FPS]]]]
## CLASS is "fake" (figures from a script, the default), or a peer class whose server has so many clients in this process.
## FPS is the pace of the frames, 0 (the default) for one after another. The overlay refreshes with every fifteenth frame,
## as it does four times a second at 60 frames a second. Frames with pauses between them find cold caches and the
## processor's low speed, and other programs weigh more.
##
## "script" is the time of the overlay's own frame function. "frame" is the processor time of the main thread for a whole
## frame, which includes laying out and drawing what the overlay changed; the difference of hidden and shown is the cost.
## Run it with `--headless`, and with `--rendering-driver opengl3` for the renderer's part.

const FakePeers := preload("res://lib/fake_peers.gd")

const FRAMES := 300
const WARM_UP := 30
const FRAMES_A_REFRESH := 15
const PORT := 24988

var _overlay := TimedOverlay.new()
var _clients: Array[MultiplayerPeer] = []


## Refreshes by frames, and measures its own frame function.
class TimedOverlay:
	extends ENetOverlayRs
	var spent_usec := 0
	var _frames := 0

	func _process(delta: float) -> void:
		_frames += 1
		_next_usec = 0 if _frames % FRAMES_A_REFRESH == 0 else Time.get_ticks_usec() + 1_000_000
		var start := Time.get_ticks_usec()
		super(delta)
		spent_usec += Time.get_ticks_usec() - start


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	var peer_class := arguments[0] if arguments.size() > 0 else "fake"
	var count := int(arguments[1]) if arguments.size() > 1 else 16
	var rounds := int(arguments[2]) if arguments.size() > 2 else 40
	Engine.max_fps = int(arguments[3]) if arguments.size() > 3 else 0
	# A headless Godot sleeps in each frame.
	OS.low_processor_usage_mode_sleep_usec = 1
	await process_frame
	await _start(peer_class, count)
	root.add_child(_overlay)
	# The first time builds the controls.
	await _run(true)
	var hidden: Array[float] = []
	var shown: Array[float] = []
	var scripts: Array[float] = []
	for round_number in rounds:
		hidden.append(await _run(false))
		shown.append(await _run(true))
		scripts.append(float(_overlay.spent_usec) / FRAMES)
	print("%s, %d peers, %d rounds, microseconds a frame" % [peer_class, count, rounds])
	_tell("script", scripts)
	_tell("frame, hidden", hidden)
	_tell("frame, shown", shown)
	print("cost of a frame: least %.1f, median %.1f" % [
		shown.min() - hidden.min(), _median(shown) - _median(hidden)])
	root.multiplayer.multiplayer_peer = null
	quit()


func _start(peer_class: String, count: int) -> void:
	if peer_class == "fake":
		var peer := FakePeers.make_server()
		root.multiplayer.multiplayer_peer = peer
		peer.join_many(count)
		process_frame.connect(func() -> void: peer.advance(400))
		return
	var server: MultiplayerPeer = ClassDB.instantiate(peer_class)
	assert(server.call(&"create_server", PORT, maxi(count, 1)) == OK)
	root.multiplayer.multiplayer_peer = server
	for index in count:
		var client: MultiplayerPeer = ClassDB.instantiate(peer_class)
		assert(client.call(&"create_client", "127.0.0.1", PORT) == OK)
		_clients.append(client)
	process_frame.connect(_poll_clients)
	var deadline := Time.get_ticks_msec() + 10_000
	while root.multiplayer.get_peers().size() < count:
		assert(Time.get_ticks_msec() < deadline, "the clients did not connect")
		await process_frame


func _poll_clients() -> void:
	for client in _clients:
		client.poll()


## The processor time of a frame, in microseconds.
func _run(is_shown: bool) -> float:
	_overlay.visible = is_shown
	# Showing all controls anew is no part of a frame.
	for frame in WARM_UP:
		await process_frame
	_overlay.spent_usec = 0
	var start := _processor_usec()
	for frame in FRAMES:
		await process_frame
	return (_processor_usec() - start) / FRAMES


func _tell(what: String, figures: Array[float]) -> void:
	print("%s: least %.1f, median %.1f" % [what, figures.min(), _median(figures)])


static func _median(figures: Array[float]) -> float:
	var sorted := figures.duplicate()
	sorted.sort()
	return sorted[sorted.size() / 2]


## The processor time of the main thread. Linux only; elsewhere 0.
func _processor_usec() -> float:
	var file := FileAccess.open("/proc/self/schedstat", FileAccess.READ)
	return file.get_line().get_slice(" ", 0).to_float() / 1000.0 if file != null else 0.0
