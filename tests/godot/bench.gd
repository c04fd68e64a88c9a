extends SceneTree
## The server process of `cargo xtask bench godot`: `CLASS CASE name=value ...`. The script prints `@port N`, runs the
## case once all its clients have joined, and prints `@result name=value ...`.

const Line := preload("res://lib/bench_line.gd")
const BenchKernel := preload("res://lib/bench_kernel.gd")
const BenchScene := preload("res://lib/bench_scene.gd")
const SENT_BYTES := ENetConnection.HOST_TOTAL_SENT_DATA
const SENT_DATAGRAMS := ENetConnection.HOST_TOTAL_SENT_PACKETS
const RECEIVED_BYTES := ENetConnection.HOST_TOTAL_RECEIVED_DATA
const RECEIVED_DATAGRAMS := ENetConnection.HOST_TOTAL_RECEIVED_PACKETS
## Suffix of the cases that send reliably.
const RELIABLE := "_reliable"
const FRAME_WORK_USEC := 5000
const WARM_UP_SECONDS := 0.5
const JOIN_LIMIT_USEC := 30_000_000
const PAGE_KIB := 4
const SLOTS := 4095

var _kind := ""
var _mode := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
var _clients := 0
var _packets := 0
var _ticks_per_second := 0
var _seconds := 0.0
var _payload := PackedByteArray()
var _peer: MultiplayerPeer
var _ids: Array[int] = []
var _joined := 0
## Durations of each tick and of each poll, in microseconds.
var _samples: Array[float] = []
var _polls: Array[float] = []
var _in_calls := 0
var _deferred_since := 0
var _put := 0
var _received := 0
## For the cases with a SceneMultiplayer: one on the measured peer, and an identical one on an idle peer.
var _live: BenchScene
var _idle: BenchScene


## A node that sends from `_process`, as games do.
class Ticker:
	extends Node

	var tick := Callable()

	func _process(_delta: float) -> void:
		if tick.is_valid():
			tick.call()


## A MultiplayerAPI that the tree polls before anything else of a frame.
class Api:
	extends MultiplayerAPIExtension

	var poll_peer := Callable()

	func _poll() -> Error:
		if poll_peer.is_valid():
			poll_peer.call()
		return OK


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	_kind = arguments[1].trim_suffix(RELIABLE)
	if arguments[1].ends_with(RELIABLE):
		_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
	_clients = Line.number("clients")
	_packets = Line.number("packets")
	_ticks_per_second = Line.number("ticks_per_second")
	_payload.resize(Line.number("size"))
	_payload.fill(0x5A)
	_seconds = Line.text("seconds").to_float()
	Engine.max_fps = _ticks_per_second
	await process_frame
	var before := _resident_kib()
	_peer = ClassDB.instantiate(arguments[0])
	var slots := SLOTS if _kind == "memory" else maxi(_clients, 1)
	if not _choose_thread(Line.number("threaded") != 0) or _peer.call(&"create_server", 0, slots) != OK:
		quit(1)
		return
	var allocated := _resident_kib() - before
	_peer.peer_connected.connect(_on_connected)
	_peer.peer_disconnected.connect(func(id: int) -> void: _ids.erase(id))
	var host: RefCounted = _peer.call(&"get_host")
	match _kind:
		"scene":
			_live = _begin_scene(_peer)
			_idle = _begin_scene(OfflineMultiplayerPeer.new())
		"relay":
			_live = BenchScene.new()
			root.add_child(_live)
			_live.api.multiplayer_peer = _peer
	# Joins are measured at a game's frame rate.
	if _kind != "joins":
		Engine.max_fps = 0
	print("@port %d" % host.call(&"get_local_port"))
	var join_usec := await _let_join(host)
	match _kind:
		"joins":
			Line.tell({"join_usec": float(join_usec) / maxi(_joined, 1), "clients": _ids.size()})
		"memory":
			Line.tell({
				"allocated": 1024.0 * allocated / slots,
				"connected": 1024.0 * (_resident_kib() - before - allocated) / _clients,
				"clients": _ids.size(),
			})
		"echo", "echo_late":
			await _run_echo()
		_:
			await _run_ticks(host)
	_peer.close()
	quit()


## A class without a network thread lacks the property, which is fine as long as the thread is not requested.
func _choose_thread(wanted: bool) -> bool:
	if &"threaded" in _peer:
		_peer.set(&"threaded", wanted)
		return true
	if wanted:
		printerr("bench.gd: %s has no property \"threaded\"" % _peer.get_class())
	return not wanted


## Microseconds from the start of the poll that saw the first datagram. Some clients may never join, or leave again.
func _let_join(host: RefCounted) -> int:
	var begun := 0
	while _joined < _clients and (begun == 0 or Time.get_ticks_usec() - begun < JOIN_LIMIT_USEC):
		var now := Time.get_ticks_usec()
		_poll()
		var datagrams: float = host.call(&"pop_statistic", RECEIVED_DATAGRAMS)
		if begun == 0 and datagrams > 0:
			begun = now
		await process_frame
	return Time.get_ticks_usec() - begun


func _on_connected(id: int) -> void:
	_joined += 1
	_ids.append(id)


func _run_ticks(host: RefCounted) -> void:
	# Frame times within the round trips would lower the throttle and leave less traffic to measure.
	for id in _ids:
		var link: PacketPeer = _peer.call(&"get_peer", id)
		link.call(&"throttle_configure", 5000, 32, 0)
		if _idle != null:
			_idle.api.multiplayer_peer.peer_connected.emit(id)
	var cpu := await _measure_ticks(host)
	var counts := _count(host)
	var ticks := _samples.size()
	var usec := Line.quantile(_samples, 0.25)
	var figures: Dictionary[String, float] = {
		"ticks": ticks,
		"clients": _ids.size(),
		"tick_usec": usec,
		"cpu_usec": cpu / ticks,
		"packet_nsec": usec * 1000.0 / _packets,
		"packet_cpu_nsec": cpu / ticks * 1000.0 / _packets,
		"wire_bytes": 0.0,
	}
	if _live == null:
		figures.put = _put
		figures.received = float(_received) / ticks
	for count in counts:
		figures[count] = counts[count] / ticks
		var size := 1 if count.ends_with("bytes") else Line.HEADERS
		figures.wire_bytes += figures[count] * size
	if not _polls.is_empty():
		# The noise of a difference has both signs, so its median is used.
		figures.tick_usec = Line.quantile(_samples, 0.5)
		figures.poll_usec = Line.quantile(_polls, 0.5)
	if _kind == "floor":
		# Baseline: the same script and its surroundings on a peer that does nothing.
		_peer.close()
		_peer = OfflineMultiplayerPeer.new()
		var idle := await _measure_ticks(null)
		figures.net_cpu_usec = cpu / ticks - idle / _samples.size()
	Line.tell(figures)


## Ticks for `_seconds` after an unmeasured warm-up. Returns the process's CPU time for them, in microseconds.
func _measure_ticks(host: RefCounted) -> float:
	Engine.max_fps = _ticks_per_second
	var ticker := Ticker.new()
	ticker.tick = _tick_scene if _live != null else _tick
	root.add_child(ticker)
	await create_timer(WARM_UP_SECONDS).timeout
	await process_frame
	_samples.clear()
	_polls.clear()
	_received = 0
	if host != null:
		_count(host)
	var before := BenchKernel.new(false)
	await create_timer(_seconds).timeout
	await process_frame
	var cpu := BenchKernel.new(false).process_usec(before)
	ticker.free()
	return cpu


## Answers at the start of a frame, when the tree polls. In the case "echo_late" the frame also has other work to do.
func _run_echo() -> void:
	Engine.max_fps = _ticks_per_second
	var api := Api.new()
	api.poll_peer = _echo
	set_multiplayer(api)
	if _kind == "echo_late":
		var ticker := Ticker.new()
		ticker.tick = func() -> void: OS.delay_usec(FRAME_WORK_USEC)
		root.add_child(ticker)
	await create_timer(WARM_UP_SECONDS + _seconds).timeout
	api.poll_peer = Callable()
	Line.tell({})


func _echo() -> void:
	_peer.poll()
	while _peer.get_available_packet_count() > 0:
		_peer.set_target_peer(_peer.get_packet_peer())
		_peer.put_packet(_peer.get_packet())


func _tick() -> void:
	# Deferred calls run in the order in which they are made, so these two enclose the peer's work at the frame's end.
	_begin_deferred.call_deferred()
	var begun := Time.get_ticks_usec()
	_poll()
	_peer.transfer_mode = _mode
	match _kind:
		"broadcast":
			_peer.set_target_peer(0)
			for packet in _packets:
				_peer.put_packet(_payload)
		_:
			for id in _ids:
				_peer.set_target_peer(id)
				for packet in _packets:
					_peer.put_packet(_payload)
	_in_calls = Time.get_ticks_usec() - begun
	_put += _ids.size() * _packets
	_end_deferred.call_deferred()


## The duration of a SceneMultiplayer's poll, minus that of the same scene without a network.
func _tick_scene() -> void:
	_begin_deferred.call_deferred()
	var idle := 0
	# The two polls alternate in order, because the second one finds some code already in the CPU's caches.
	if _idle != null and _samples.size() % 2 == 0:
		idle = _timed_poll(_idle)
	var live := _timed_poll(_live)
	if _idle != null and _samples.size() % 2 == 1:
		idle = _timed_poll(_idle)
	_in_calls = live - idle
	_polls.append(live)
	_end_deferred.call_deferred()


func _timed_poll(scene: BenchScene) -> int:
	scene.move()
	var begun := Time.get_ticks_usec()
	scene.api.poll()
	return Time.get_ticks_usec() - begun


func _begin_deferred() -> void:
	_deferred_since = Time.get_ticks_usec()


func _end_deferred() -> void:
	var deferred := Time.get_ticks_usec() - _deferred_since
	_samples.append(_in_calls + deferred)
	if not _polls.is_empty():
		_polls[-1] += deferred


func _begin_scene(peer: MultiplayerPeer) -> BenchScene:
	multiplayer_poll = false
	var scene := BenchScene.new()
	root.add_child(scene)
	scene.begin(peer)
	return scene


func _poll() -> void:
	if _live != null:
		_live.api.poll()
		return
	_peer.poll()
	while _peer.get_available_packet_count() > 0:
		_peer.get_packet()
		_received += 1


## Bytes and datagrams since the previous call.
func _count(host: RefCounted) -> Dictionary[String, float]:
	return {
		"sent_bytes": host.call(&"pop_statistic", SENT_BYTES),
		"sent_datagrams": host.call(&"pop_statistic", SENT_DATAGRAMS),
		"received_bytes": host.call(&"pop_statistic", RECEIVED_BYTES),
		"received_datagrams": host.call(&"pop_statistic", RECEIVED_DATAGRAMS),
	}


func _resident_kib() -> int:
	return _line_of("/proc/self/statm").get_slice(" ", 1).to_int() * PAGE_KIB


func _line_of(path: String) -> String:
	var file := FileAccess.open(path, FileAccess.READ)
	return file.get_line() if file != null else ""
