extends SceneTree
## The server under attack of `cargo xtask bench attacks-godot` and `cargo xtask soak`: `CLASS name=value ...`. It runs
## at 60 frames a second, sends back the packets of honest clients, and says once a second how it is.

const Line := preload("res://lib/bench_line.gd")
const FRAMES_PER_SECOND := 60
## The first byte of packets that are sent back.
const HONEST := 0x48
## The text before the milliseconds that the main thread has to sleep.
const SLEEP := "!sleep "
const SECOND_USEC := 1_000_000
## The process ends by itself if the benchmark that should kill it has died.
const DEFAULT_LIFE_SECONDS := 300

var _server: MultiplayerPeer
var _life_usec := 0
var _second_began := 0
var _last_frame := 0
var _frames := 0
var _worst_usec := 0
var _poll_usec := 0
var _worst_poll_usec := 0
## Packets of the second and bytes in total, by peer.
var _packets: Dictionary[int, int] = {}
var _bytes := 0
var _peers: Dictionary[int, bool] = {}
## In every frame, a number of packets of this size goes to every peer.
var _size := 0
var _count := 0
var _mode := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
var _put_errors := 0
var _put_bytes := 0


func _initialize() -> void:
	Engine.max_fps = FRAMES_PER_SECOND
	_server = Line.make_peer(OS.get_cmdline_user_args()[0], Line.number("threaded") != 0)
	if _server == null:
		quit(1)
		return
	_life_usec = (Line.number("life") if Line.number("life") > 0 else DEFAULT_LIFE_SECONDS) * SECOND_USEC
	_size = Line.number("size")
	_count = Line.number("count")
	if Line.number("reliable") != 0:
		_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
	if Line.number("godot3") != 0:
		_server.set(&"wire_protocol", Line.number("godot3"))
	_server.peer_connected.connect(func(id: int) -> void: _peers[id] = true)
	_server.peer_disconnected.connect(func(id: int) -> void: _peers.erase(id))
	var slots := Line.number("slots") if Line.number("slots") > 0 else 32
	var error: Error = _server.call(&"create_server", 0, slots)
	if error == OK:
		error = _protect()
	if error != OK:
		Line.fail("the server does not start: %s" % error_string(error))
		quit(1)
		return
	Line.tell_port(_server)
	_second_began = Time.get_ticks_usec()
	_last_frame = _second_began


func _protect() -> Error:
	var host: RefCounted = _server.call(&"get_host")
	var compression := Line.number("compression")
	if compression != 0:
		host.call(&"compress", compression)
	var folder := Line.text("certificates")
	if folder.is_empty():
		return OK
	# Of the kind that Godot makes. Signing with it costs the most.
	var crypto := Crypto.new()
	var key := crypto.generate_rsa(2048)
	var certificate := crypto.generate_self_signed_certificate(key, "CN=game", "20200101000000", "20500101000000")
	var error := certificate.save(folder.path_join("certificate.pem"))
	if error != OK:
		return error
	return host.call(&"dtls_server_setup", TLSOptions.server(key, certificate))


func _process(_delta: float) -> bool:
	var now := Time.get_ticks_usec()
	_worst_usec = maxi(_worst_usec, now - _last_frame)
	_last_frame = now
	_frames += 1
	if now - _second_began >= SECOND_USEC:
		_tell(now)
	_server.poll()
	var took := Time.get_ticks_usec() - now
	_poll_usec += took
	_worst_poll_usec = maxi(_worst_poll_usec, took)
	while _server.get_available_packet_count() > 0:
		_take(_server.get_packet_peer(), _server.get_packet())
	if _count > 0:
		_broadcast()
	return now > _life_usec


func _take(id: int, bytes: PackedByteArray) -> void:
	_packets[id] = _packets.get(id, 0) + 1
	_bytes += bytes.size()
	if bytes.is_empty():
		return
	if bytes[0] == HONEST and _peers.has(id):
		_server.set_target_peer(id)
		_server.transfer_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
		_server.put_packet(bytes)
	elif bytes[0] == SLEEP.unicode_at(0):
		var text := bytes.get_string_from_ascii()
		if text.begins_with(SLEEP):
			OS.delay_msec(clampi(text.trim_prefix(SLEEP).to_int(), 0, 20_000))


func _broadcast() -> void:
	var payload := PackedByteArray()
	payload.resize(_size)
	_server.transfer_mode = _mode
	for id: int in _peers.keys():
		_server.set_target_peer(id)
		for index in _count:
			if _server.put_packet(payload) == OK:
				_put_bytes += _size
			else:
				_put_errors += 1


func _tell(now: int) -> void:
	var most := 0
	var all := 0
	for id in _packets:
		most = maxi(most, _packets[id])
		all += _packets[id]
	var seconds := (now - _second_began) / float(SECOND_USEC)
	var times := "frames=%f worst_msec=%f poll_msec=%f worst_poll_msec=%f" % [
		_frames / seconds, _worst_usec / 1000.0, _poll_usec / 1000.0 / _frames, _worst_poll_usec / 1000.0]
	var counts := "peers=%d packets=%d most=%d bytes=%d put_errors=%d put_bytes=%d objects=%d" % [
		_peers.size(), all, most, _bytes, _put_errors, _put_bytes,
		int(Performance.get_monitor(Performance.OBJECT_COUNT))]
	print("@second ", times, " ", counts)
	_packets.clear()
	_frames = 0
	_worst_usec = 0
	_poll_usec = 0
	_worst_poll_usec = 0
	_second_began = now
