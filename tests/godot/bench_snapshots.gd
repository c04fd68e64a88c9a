extends SceneTree
## A process of the cases "snapshots" of `cargo xtask bench godot`: `CLASS name=value ...`. The server sends unreliable
## snapshots, as fast as the client's own acknowledgements allow, and measures. Neither end uses SceneMultiplayer.

const Line := preload("res://lib/bench_line.gd")
const WARM_UP_SECONDS := 0.5
const SLICE_SECONDS := 0.1
const CONNECT_LIMIT_USEC := 10_000_000
## Ends a client whose server has died.
const LIFE_USEC := 60_000_000
const IN_FLIGHT := 32
## After so long without an acknowledgement, the snapshots in flight are considered lost.
const LOSS_USEC := 100_000
## Different snapshots, made in advance.
const SNAPSHOTS := 64
## An object of a snapshot: so many bytes that change little, then as many that change at random.
const CALM_BYTES := 8
const NUMBER_BYTES := 4

var _class := ""
var _is_server := false
var _peer: MultiplayerPeer
var _remote := 0
var _had_remote := false
var _snapshots: Array[PackedByteArray] = []
var _is_sending := false
var _next := 0
## The number of the latest acknowledged snapshot, and when it was.
var _latest := -1
var _latest_usec := 0
var _acknowledged := 0


func _initialize() -> void:
	_class = OS.get_cmdline_user_args()[0]
	_is_server = Line.text("role") == "server"
	# A process without a window sleeps this long after each frame.
	OS.low_processor_usage_mode_sleep_usec = 0
	var peer := Line.make_peer(_class, Line.number("threaded") != 0)
	if peer == null:
		quit(1)
		return
	var error: Error
	if _is_server:
		error = peer.call(&"create_server", 0, 1)
	else:
		error = peer.call(&"create_client", "127.0.0.1", Line.number("port"))
	if error != OK:
		Line.fail("%s: %s" % [_class, error_string(error)])
		quit(1)
		return
	var host: RefCounted = peer.call(&"get_host")
	host.call(&"compress", Line.number("codec"))
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
	peer.peer_connected.connect(_on_connected)
	peer.peer_disconnected.connect(func(_id: int) -> void: _remote = 0)
	_peer = peer
	if _is_server:
		_make_snapshots(Line.number("size"))
		Line.tell_port(peer)
		_measure()


func _process(_delta: float) -> bool:
	# A failed creation has ended the process already.
	if _peer == null:
		return true
	if _peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
		_peer.poll()
		while _peer.get_available_packet_count() > 0:
			_take(_peer.get_packet())
	if _is_sending:
		_send()
	var is_over := not _is_server and _had_remote and _remote == 0
	return is_over or Time.get_ticks_usec() > LIFE_USEC


func _on_connected(id: int) -> void:
	Line.steady(_peer, id)
	_remote = id
	_had_remote = true


func _take(packet: PackedByteArray) -> void:
	if not _is_server:
		_peer.set_target_peer(_remote)
		_peer.put_packet(packet.slice(0, NUMBER_BYTES))
		return
	_latest = maxi(_latest, packet.decode_u32(0))
	_latest_usec = Time.get_ticks_usec()
	_acknowledged += 1


func _send() -> void:
	var now := Time.get_ticks_usec()
	if now - _latest_usec > LOSS_USEC:
		_latest = _next - 1
		_latest_usec = now
	_peer.set_target_peer(_remote)
	while _next - _latest <= IN_FLIGHT:
		var snapshot := _snapshots[_next % SNAPSHOTS]
		snapshot.encode_u32(0, _next)
		_peer.put_packet(snapshot)
		_next += 1


func _measure() -> void:
	var limit := Time.get_ticks_usec() + CONNECT_LIMIT_USEC
	while _remote == 0:
		if Time.get_ticks_usec() > limit:
			Line.fail("%s: no connection" % _class)
			quit(1)
			return
		await process_frame
	_latest_usec = Time.get_ticks_usec()
	_is_sending = true
	await create_timer(WARM_UP_SECONDS).timeout
	Line.pop_wire_bytes(_peer)
	var sent := _next
	var acknowledged := _acknowledged
	# Of the slices of the time, the lower quartile counts, because other programs can only add to a cost.
	var costs: Array[float] = []
	for _slice in roundi(Line.text("seconds").to_float() / SLICE_SECONDS):
		var before := _acknowledged
		var begun := Time.get_ticks_usec()
		await create_timer(SLICE_SECONDS).timeout
		costs.append(float(Time.get_ticks_usec() - begun) / (_acknowledged - before))
	var bytes := Line.pop_wire_bytes(_peer)
	sent = _next - sent
	acknowledged = _acknowledged - acknowledged
	_is_sending = false
	if acknowledged * 2 < sent or not is_finite(Line.quantile(costs, 0.25)):
		Line.fail("%s: %d of %d snapshots were acknowledged" % [_class, acknowledged, sent])
	else:
		Line.tell({
			"packet_usec": Line.quantile(costs, 0.25),
			"packet_wire_bytes": bytes / acknowledged,
			"put": sent,
			"delivered": acknowledged,
		})
	_peer.close()
	quit()


## Half of each snapshot can be compressed.
func _make_snapshots(size: int) -> void:
	var random := RandomNumberGenerator.new()
	random.seed = 1
	for _index in SNAPSHOTS:
		var snapshot := PackedByteArray()
		snapshot.resize(size)
		for at in range(NUMBER_BYTES, size):
			@warning_ignore("integer_division")
			var object := at / CALM_BYTES
			snapshot[at] = object % 4 if object % 2 == 0 else random.randi() % 256
		_snapshots.append(snapshot)
