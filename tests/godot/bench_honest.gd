extends SceneTree
## Honest clients of the server under attack: `CLASS KIND port=P name=value ...`. KIND is
## - "joins": `count` clients connect one after another, stay a moment and leave. Each has `limit` milliseconds.
## - "echo": one client sends reliable packets for `seconds` and counts those that come back.
## - "tokens": one host begins two connections, whose CONNECTs the benchmark reads.

const Line := preload("res://lib/bench_line.gd")
const LOCAL := "127.0.0.1"
const NAME := "game"
const FRAMES_PER_SECOND := 250
const HONEST := 0x48
const SIZE := 64
## Milliseconds between two packets of the echo.
const INTERVAL_MSEC := 50
## Milliseconds that a client stays, and that late echoes are waited for.
const STAY_MSEC := 300
const DRAIN_MSEC := 4000
const LIFE_MSEC := 120_000

var _class := ""
var _kind := ""
var _port := 0
var _attempts: Array[Attempt] = []
var _begun := 0
var _is_over := false
## The echo: the time of each packet, and of each answer.
var _sent: Array[int] = []
var _times: Array[float] = []
var _ended_at := 0


class Attempt:
	var peer: MultiplayerPeer
	var begun := 0
	## Microseconds, or 0 if the client is not connected yet.
	var joined_after := 0
	var is_over := false


func _initialize() -> void:
	Engine.max_fps = FRAMES_PER_SECOND
	var words := OS.get_cmdline_user_args()
	_class = words[0]
	_kind = words[1]
	_port = Line.number("port")
	_run()


func _run() -> void:
	# The first frames of a process are slow.
	for frame in 10:
		await process_frame
	_begun = Time.get_ticks_msec()
	print("@ready")
	match _kind:
		"joins":
			await _join_all(Line.number("count"), Line.number("interval"), Line.number("limit"))
		"echo":
			await _echo(Line.number("seconds") * 1000)
		"tokens":
			await _tokens()
	_is_over = true


func _process(_delta: float) -> bool:
	return _is_over or Time.get_ticks_msec() > LIFE_MSEC


func _new_attempt() -> Attempt:
	var attempt := Attempt.new()
	attempt.peer = Line.make_peer(_class, Line.number("threaded") != 0)
	attempt.begun = Time.get_ticks_usec()
	var error: Error = attempt.peer.call(&"create_client", LOCAL, _port)
	var folder := Line.text("certificates")
	if error == OK and Line.number("compression") != 0:
		var host: RefCounted = attempt.peer.call(&"get_host")
		host.call(&"compress", Line.number("compression"))
	if error == OK and not folder.is_empty():
		var certificate := X509Certificate.new()
		certificate.load(folder.path_join("certificate.pem"))
		var host: RefCounted = attempt.peer.call(&"get_host")
		error = host.call(&"dtls_client_setup", NAME, TLSOptions.client(certificate, NAME))
	if error != OK:
		Line.fail("a client does not start: %s" % error_string(error))
	return attempt


func _join_all(count: int, interval: int, limit: int) -> void:
	var over := 0
	while over < count:
		if _attempts.size() < count and Time.get_ticks_msec() - _begun >= _attempts.size() * interval:
			_attempts.append(_new_attempt())
		for attempt in _attempts:
			if not attempt.is_over:
				_attend(attempt, limit)
				over += int(attempt.is_over)
		await process_frame
	var times: Array[float] = []
	for attempt in _attempts:
		if attempt.joined_after > 0:
			times.append(attempt.joined_after / 1000.0)
	var figures: Dictionary[String, float] = {"count": count, "joined": times.size()}
	if not times.is_empty():
		figures["p50_msec"] = Line.quantile(times, 0.5)
		figures["max_msec"] = Line.quantile(times, 0.999)
	Line.tell(figures)


func _attend(attempt: Attempt, limit: int) -> void:
	attempt.peer.poll()
	var age := (Time.get_ticks_usec() - attempt.begun) / 1000.0
	match attempt.peer.get_connection_status():
		MultiplayerPeer.CONNECTION_CONNECTED:
			if attempt.joined_after == 0:
				attempt.joined_after = Time.get_ticks_usec() - attempt.begun
			while attempt.peer.get_available_packet_count() > 0:
				attempt.peer.get_packet()
			attempt.is_over = age > attempt.joined_after / 1000.0 + STAY_MSEC
		MultiplayerPeer.CONNECTION_DISCONNECTED:
			# A client that is let in and thrown out at once is not in.
			attempt.joined_after = 0
			attempt.is_over = true
		_:
			attempt.is_over = age > limit
	if attempt.is_over:
		attempt.peer.close()


func _echo(duration: int) -> void:
	var attempt := _new_attempt()
	var peer := attempt.peer
	var last := 0
	var stop := _begun + duration
	while Time.get_ticks_msec() < stop + DRAIN_MSEC:
		var now := Time.get_ticks_msec()
		peer.poll()
		var status := peer.get_connection_status()
		if status == MultiplayerPeer.CONNECTION_DISCONNECTED:
			_ended_at = now - _begun
			break
		if status == MultiplayerPeer.CONNECTION_CONNECTED:
			if attempt.joined_after == 0:
				attempt.joined_after = Time.get_ticks_usec() - attempt.begun
				print("@joined")
			if now < stop and now - last >= INTERVAL_MSEC:
				last = now
				_send(peer)
			while peer.get_available_packet_count() > 0:
				_hear(peer.get_packet())
		if now >= stop and _times.size() == _sent.size():
			break
		await process_frame
	var figures: Dictionary[String, float] = {
		"joined": int(attempt.joined_after > 0),
		"sent": _sent.size(),
		"echoed": _times.size(),
		"ended_at_msec": _ended_at,
	}
	if not _times.is_empty():
		figures["p50_msec"] = Line.quantile(_times, 0.5)
		figures["p99_msec"] = Line.quantile(_times, 0.99)
		figures["max_msec"] = Line.quantile(_times, 0.9999)
	Line.tell(figures)
	peer.close()


func _send(peer: MultiplayerPeer) -> void:
	var bytes := PackedByteArray()
	bytes.resize(SIZE)
	bytes[0] = HONEST
	bytes.encode_u32(1, _sent.size())
	_sent.append(Time.get_ticks_usec())
	peer.set_target_peer(1)
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
	peer.put_packet(bytes)


func _hear(bytes: PackedByteArray) -> void:
	if bytes.size() == SIZE and bytes[0] == HONEST:
		_times.append((Time.get_ticks_usec() - _sent[bytes.decode_u32(1)]) / 1000.0)


func _tokens() -> void:
	var host: RefCounted = ClassDB.instantiate(_class.replace("MultiplayerPeer", "Connection"))
	host.call(&"create_host", 1)
	for connection in 2:
		var peer: PacketPeer = host.call(&"connect_to_host", LOCAL, _port, 1)
		for frame in 10:
			host.call(&"service")
			await process_frame
		peer.call(&"reset")
		host.call(&"service")
	Line.tell({"connections": 2.0})
