extends SceneTree
## The server of `cargo xtask bench godot`: `CLASS CASE CLIENTS SIZE SECONDS`. It prints `@port N`, does what the
## case says once so many clients are there, and prints `@result name=value ...`.

const SENT_BYTES := ENetConnection.HOST_TOTAL_SENT_DATA
const SENT_PACKETS := ENetConnection.HOST_TOTAL_SENT_PACKETS
const RECEIVED_BYTES := ENetConnection.HOST_TOTAL_RECEIVED_DATA
const RECEIVED_PACKETS := ENetConnection.HOST_TOTAL_RECEIVED_PACKETS
## At the end of a case's name.
const RELIABLE := "_reliable"
const TICKS_PER_SECOND := 60
const MESSAGES := 3
const RAW_PACKETS := 200
const FRAME_WORK_USEC := 5000
const WARM_UP_SECONDS := 1.0
const PAGE_KIB := 4
const SLOTS := 4095

var _kind := ""
var _mode := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
var _clients := 0
var _seconds := 0.0
var _payload := PackedByteArray()
var _peer: MultiplayerPeer
var _ids: Array[int] = []
var _samples: Array[int] = []
var _in_calls := 0
var _deferred_since := 0
var _received := 0


## Games send in nodes' processing.
class Ticker:
	extends Node

	var tick := Callable()

	func _process(_delta: float) -> void:
		if tick.is_valid():
			tick.call()


## The tree polls it before anything else of a frame.
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
	_clients = arguments[2].to_int()
	_payload.resize(arguments[3].to_int())
	_payload.fill(0x5A)
	_seconds = arguments[4].to_float()
	Engine.max_fps = TICKS_PER_SECOND
	await process_frame
	var before := _resident_kib()
	_peer = ClassDB.instantiate(arguments[0])
	var slots := SLOTS if _kind == "memory" else maxi(_clients, 1)
	if _peer.call(&"create_server", 0, slots) != OK:
		quit(1)
		return
	var allocated := _resident_kib() - before
	_peer.peer_connected.connect(func(id: int) -> void: _ids.append(id))
	var host: RefCounted = _peer.call(&"get_host")
	# Joins are measured at a game's pace.
	if _kind != "joins":
		Engine.max_fps = 0
	print("@port %d" % host.call(&"get_local_port"))
	var begun := 0
	while _ids.size() < _clients:
		_peer.poll()
		_drain()
		if begun == 0 and not _ids.is_empty():
			begun = Time.get_ticks_usec()
		await process_frame
	var join_usec := Time.get_ticks_usec() - begun
	match _kind:
		"joins":
			_tell({"join_usec": float(join_usec) / maxi(_clients - 1, 1)})
		"memory":
			_tell({
				"allocated": 1024.0 * allocated / slots,
				"connected": 1024.0 * (_resident_kib() - before - allocated) / _clients,
			})
		"echo", "echo_late":
			await _run_echo()
		_:
			await _run_ticks(host)
	_peer.close()
	quit()


func _run_ticks(host: RefCounted) -> void:
	Engine.max_fps = TICKS_PER_SECOND
	# A throttle that falls, for round trips that contain frames, would leave less to measure.
	for id in _ids:
		var link: PacketPeer = _peer.call(&"get_peer", id)
		link.call(&"throttle_configure", 5000, 32, 0)
	var ticker := Ticker.new()
	ticker.tick = _tick
	root.add_child(ticker)
	await create_timer(WARM_UP_SECONDS).timeout
	await process_frame
	_samples.clear()
	_received = 0
	_count(host)
	var cpu := _process_cpu()
	await create_timer(_seconds).timeout
	await process_frame
	cpu = _process_cpu() - cpu
	var ticks := _samples.size()
	var wire := _count(host)
	ticker.tick = Callable()
	# The lower quartile: what other programs take of the machine is no cost of the class.
	_samples.sort()
	_tell({
		"ticks": ticks,
		"tick_usec": _samples[int(ticks / 4.0)],
		"cpu_usec": cpu / ticks,
		"wire_bytes": wire / ticks,
		"received": float(_received) / ticks,
	})


## Answers at the frame's begin, where the tree polls. In the second case the frame has work to do then.
func _run_echo() -> void:
	Engine.max_fps = TICKS_PER_SECOND
	var api := Api.new()
	api.poll_peer = _echo
	set_multiplayer(api)
	if _kind == "echo_late":
		var ticker := Ticker.new()
		ticker.tick = func() -> void: OS.delay_usec(FRAME_WORK_USEC)
		root.add_child(ticker)
	await create_timer(WARM_UP_SECONDS + _seconds).timeout
	api.poll_peer = Callable()
	_tell({})


func _echo() -> void:
	_peer.poll()
	while _peer.get_available_packet_count() > 0:
		_peer.set_target_peer(_peer.get_packet_peer())
		_peer.put_packet(_peer.get_packet())


func _tick() -> void:
	# Around what the peer does at the frame's end: deferred calls run in the order in which they are made.
	_begin_deferred.call_deferred()
	var begun := Time.get_ticks_usec()
	_peer.poll()
	_drain()
	_peer.transfer_mode = _mode
	match _kind:
		"tick":
			for id in _ids:
				_peer.set_target_peer(id)
				for message in MESSAGES:
					_peer.put_packet(_payload)
		"broadcast":
			_peer.set_target_peer(0)
			for message in MESSAGES:
				_peer.put_packet(_payload)
		"raw":
			_peer.set_target_peer(_ids[0])
			for message in RAW_PACKETS:
				_peer.put_packet(_payload)
	_in_calls = Time.get_ticks_usec() - begun
	_end_deferred.call_deferred()


func _begin_deferred() -> void:
	_deferred_since = Time.get_ticks_usec()


func _end_deferred() -> void:
	_samples.append(_in_calls + Time.get_ticks_usec() - _deferred_since)


func _drain() -> void:
	while _peer.get_available_packet_count() > 0:
		_peer.get_packet()
		_received += 1


## Bytes since the last time, with the headers of UDP and IPv4, both ways.
func _count(host: RefCounted) -> float:
	const HEADERS := 28
	var bytes := 0.0
	for statistic: int in [SENT_BYTES, RECEIVED_BYTES]:
		var count: float = host.call(&"pop_statistic", statistic)
		bytes += count
	for statistic: int in [SENT_PACKETS, RECEIVED_PACKETS]:
		var count: float = host.call(&"pop_statistic", statistic)
		bytes += count * HEADERS
	return bytes


## The kernel's count of this process's time, microseconds.
func _process_cpu() -> float:
	var total := 0.0
	for task in DirAccess.get_directories_at("/proc/self/task"):
		total += _line_of("/proc/self/task/%s/schedstat" % task).get_slice(" ", 0).to_float()
	return total / 1000.0


func _resident_kib() -> int:
	return _line_of("/proc/self/statm").get_slice(" ", 1).to_int() * PAGE_KIB


func _line_of(path: String) -> String:
	var file := FileAccess.open(path, FileAccess.READ)
	return file.get_line() if file != null else ""


func _tell(figures: Dictionary[String, float]) -> void:
	var words := PackedStringArray()
	for figure in figures:
		words.append("%s=%f" % [figure, figures[figure]])
	print("@result ", " ".join(words))
