extends SceneTree
## A process of the cases with remote procedure calls of `cargo xtask bench godot`: `CLASS name=value ...`.
## As a server, it answers. As a client, it measures round trips. With both ends, it measures either the round trips,
## or the bytes of many calls.

const Line := preload("res://lib/bench_line.gd")
const Kernel := preload("res://lib/bench_kernel.gd")
const Player := preload("res://lib/bench_player.gd")
const WARM_UP_SECONDS := 0.5
const SLICE_SECONDS := 0.1
## The share of the calls that must arrive.
const ENOUGH := 0.9
const CONNECT_LIMIT_USEC := 10_000_000
## Ends a process whose benchmark has died.
const LIFE_SECONDS := 60.0

var _class := ""
var _seconds := 0.0


func _initialize() -> void:
	_class = OS.get_cmdline_user_args()[0]
	_seconds = Line.text("seconds").to_float()
	Engine.max_fps = Line.number("frames_per_second")
	# A process without a window sleeps this long after each frame, even if the frame rate is unlimited.
	OS.low_processor_usage_mode_sleep_usec = 0
	Engine.physics_ticks_per_second = Line.number("ticks_per_second")
	# The root enters the tree after this call.
	await process_frame
	_run()


func _run() -> void:
	match Line.text("role"):
		"server":
			await _serve()
		"client":
			await _measure_trips(Line.number("port"))
		"both":
			await _measure_trips(0)
		"notes":
			await _measure_notes()
	quit()


## Answers until the client has gone.
func _serve() -> void:
	var server := _begin_server()
	if server == null:
		return
	Line.tell_port(server.api.multiplayer_peer)
	if await _wait_for_remote(server):
		var left := create_timer(LIFE_SECONDS)
		while not server.api.get_peers().is_empty() and left.time_left > 0.0:
			await process_frame


## The costs of round trips as a client, to a server in this process if `port` is 0.
func _measure_trips(port: int) -> void:
	var client := await _begin_client(port)
	if client == null:
		return
	for call in Line.number("in_flight"):
		client.call_remote(MultiplayerPeer.TARGET_PEER_SERVER)
	await create_timer(WARM_UP_SECONDS).timeout
	var trips: Array[float] = []
	client.round_trips = trips
	var answers := client.answers
	# Of the slices of the time, the lower quartile counts, because other programs can only add to a cost.
	var costs: Array[float] = []
	var cpu_costs: Array[float] = []
	var is_complete := true
	for _slice in roundi(_seconds / SLICE_SECONDS):
		var before := client.answers
		var past := Kernel.new(false)
		var begun := Time.get_ticks_usec()
		await create_timer(SLICE_SECONDS).timeout
		var usec := float(Time.get_ticks_usec() - begun)
		var now := Kernel.new(false)
		is_complete = is_complete and not now.has_lost(past)
		costs.append(usec / (client.answers - before))
		cpu_costs.append(now.process_usec(past) / (client.answers - before))
	answers = client.answers - answers
	if not is_finite(Line.quantile(costs, 0.25)):
		Line.fail("%s: only %d answers in %f seconds" % [_class, answers, _seconds])
	elif not is_complete:
		Line.fail("a thread ended during the measurement, so the CPU time of the process is unknown")
	else:
		Line.tell({
			"trips": answers,
			"trip_usec": Line.quantile(costs, 0.25),
			"trip_cpu_usec": Line.quantile(cpu_costs, 0.25),
			"trip_msec": Line.quantile(trips, 0.5) / 1000.0,
		})
	client.api.multiplayer_peer.close()


## The bytes of many calls to one client, in both directions.
func _measure_notes() -> void:
	var server := _begin_server()
	if server == null:
		return
	var client := await _begin_client(Line.port_of(server.api.multiplayer_peer))
	if client == null or not await _wait_for_remote(server):
		return
	var id := server.api.get_peers()[0]
	var calls := Line.number("calls")
	physics_frame.connect(func() -> void:
		for value in calls:
			server.note.rpc_id(id, value)
	)
	await create_timer(WARM_UP_SECONDS).timeout
	await physics_frame
	Line.pop_wire_bytes(server.api.multiplayer_peer)
	var before := client.notes
	var begun := Time.get_ticks_usec()
	await create_timer(_seconds).timeout
	await physics_frame
	var seconds := (Time.get_ticks_usec() - begun) / 1_000_000.0
	var bytes := Line.pop_wire_bytes(server.api.multiplayer_peer)
	var wanted := seconds * calls * Engine.physics_ticks_per_second
	var arrived := client.notes - before
	if arrived < ENOUGH * wanted:
		Line.fail("%s: %d of %d calls arrived" % [_class, arrived, wanted])
		return
	Line.tell({"wire_kb": bytes / seconds / 1000.0})


## Null if the server does not start.
func _begin_server() -> Player:
	var peer := Line.make_peer(_class, Line.number("threaded") != 0)
	if peer == null:
		return null
	_lift_limit(peer)
	var error: Error = peer.call(&"create_server", 0, 32)
	return _begin_player(peer, error)


## A loop that never sleeps sends more packets a second than a server takes from a client by default.
static func _lift_limit(peer: MultiplayerPeer) -> void:
	if &"limits" in peer:
		var limits: RefCounted = ClassDB.instantiate(&"ENetLimitsRs")
		limits.set(&"max_packets_per_second", 0)
		peer.set(&"limits", limits)


## Null if the client does not connect. A `port` of 0 is a server's in this process.
func _begin_client(port: int) -> Player:
	var server: Player
	if port == 0:
		server = _begin_server()
		if server == null:
			return null
		port = Line.port_of(server.api.multiplayer_peer)
	var peer := Line.make_peer(_class, Line.number("threaded") != 0)
	if peer == null:
		return null
	var error: Error = peer.call(&"create_client", "127.0.0.1", port)
	var player := _begin_player(peer, error)
	return player if player != null and await _wait_for_remote(player) else null


func _begin_player(peer: MultiplayerPeer, error: Error) -> Player:
	if error != OK:
		Line.fail("%s: %s" % [_class, error_string(error)])
		return null
	var player := Player.new()
	player.begin(root)
	player.api.multiplayer_peer = peer
	return player


func _wait_for_remote(player: Player) -> bool:
	var begun := Time.get_ticks_usec()
	while player.api.get_peers().is_empty():
		if Time.get_ticks_usec() - begun > CONNECT_LIMIT_USEC:
			Line.fail("%s: no connection" % _class)
			return false
		await process_frame
	return true

