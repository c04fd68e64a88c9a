extends SceneTree
## A server in a fleet: AgonesRs with an SDK server that the stage starts, and metrics, asked by Godot's own HTTP client.
##   --script res://fleet.gd -- sdk METRICS_FILE   with AGONES_SDK_HTTP_PORT; the SDK server has counter and list "players"
##   --script res://fleet.gd -- hang               the main thread hangs for longer than stall_timeout
##   --script res://fleet.gd -- alone              without the variable
## The output has a line per case and a last line `N passed, M failed`; the exit status agrees with it.

const ErrorLog := preload("res://lib/error_log.gd")
const Ports := preload("res://lib/ports.gd")
const Watchdog := preload("res://lib/watchdog.gd")

const CASE_SECONDS := 60.0
## Longer than the SDK server of the stage waits for a report of health.
const LOADING := 5.0

var _passed := 0
var _failed := 0
var _failures: Array[String] = []
var _errors: ErrorLog
var _agones: AgonesRs
## What the signals told, newest last.
var _done: Array[Array] = []
var _failed_requests: Array[Array] = []
var _states: Array[String] = []


func _initialize() -> void:
	_errors = ErrorLog.make()
	var watchdog := Watchdog.new()
	watchdog.start()
	await process_frame
	var words := OS.get_cmdline_user_args()
	# Reports health between the cases and in those that need no object of their own, and ends the game server.
	var keeper := AgonesRs.new()
	if words[0] == "sdk":
		equal(keeper.start(), OK, "start")
	for method in get_method_list():
		var label: String = method["name"]
		if not label.begins_with("case_%s_" % words[0]):
			continue
		watchdog.expect_within(CASE_SECONDS, label)
		_start()
		await call(label)
		for error in _errors.take():
			_failures.append("Godot printed: %s" % error)
		_tell(label.trim_prefix("case_"), "; ".join(_failures))
		_failures.clear()
		_agones = null
		await process_frame
	if words[0] == "sdk":
		watchdog.expect_within(CASE_SECONDS, "shutdown")
		var done: Array[String] = []
		keeper.request_done.connect(func(request: String, _subject: String, _answer: Dictionary) -> void: done.append(request))
		equal(keeper.shutdown(), OK, "shutdown")
		await until(func() -> bool: return done == ["Shutdown"], "Shutdown")
		_tell("sdk_shutdown", "; ".join(_failures))
	watchdog.stop()
	_errors.stop()
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


func _start() -> void:
	_agones = AgonesRs.new()
	_done.clear()
	_failed_requests.clear()
	_states.clear()
	_agones.request_done.connect(func(request: String, subject: String, answer: Dictionary) -> void:
		_done.append([request, subject, answer]))
	_agones.request_failed.connect(func(request: String, subject: String, cause: String) -> void:
		_failed_requests.append([request, subject, cause]))
	_agones.state_changed.connect(func(state: String) -> void: _states.append(state))


func _tell(label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok fleet %s" % label)
	else:
		_failed += 1
		print("FAIL fleet %s: %s" % [label, reason.replace("\n", " ")])


func check(holds: bool, claim: String) -> void:
	if not holds:
		_failures.append("not so: " + claim)


func equal(actual: Variant, expected: Variant, what: String) -> void:
	if typeof(actual) != typeof(expected) or actual != expected:
		_failures.append("%s is %s, not %s" % [what, str(actual).left(200), str(expected).left(200)])


## Lets frames go by until something is so.
func until(condition: Callable, claim: String) -> void:
	var end := Time.get_ticks_msec() + 20_000
	while not condition.call():
		if Time.get_ticks_msec() > end:
			_failures.append("never so: " + claim)
			return
		await process_frame


## Waits for the outcome of the last call.
func outcome(count: int) -> void:
	await until(func() -> bool: return _done.size() + _failed_requests.size() >= count, "%d outcomes" % count)


func case_sdk_states() -> void:
	equal(_agones.is_started(), false, "started")
	equal(_agones.start(), OK, "start")
	equal(_agones.start(), OK, "start again")
	equal(_agones.is_started(), true, "started")
	await until(func() -> bool: return not _states.is_empty(), "the first state is told")
	equal(_agones.ready(), OK, "ready")
	await until(func() -> bool: return _agones.get_state() == "Ready", "Ready")
	equal(_agones.allocate(), OK, "allocate")
	await until(func() -> bool: return _agones.get_state() == "Allocated", "Allocated")
	equal(_agones.reserve(1), OK, "reserve")
	await until(func() -> bool: return _agones.get_state() == "Reserved", "Reserved")
	await until(func() -> bool: return _agones.get_state() == "Ready", "Ready after the reservation")
	equal(_done.map(func(done: Array) -> String: return done[0]), ["Ready", "Allocate", "Reserve"], "requests")
	equal(_states.slice(-4), ["Ready", "Allocated", "Reserved", "Ready"], "states")
	var server := _agones.get_game_server()
	equal(server.object_meta.name, "test-server", "name")
	equal(server.status.ports[0].port, 24565, "port")


## A server may poll by itself, without frames.
func case_sdk_polls_are_signs_of_life() -> void:
	var peer := ENetMultiplayerPeerRs.new()
	equal(peer.create_server(Ports.find_free()), OK, "create_server")
	_agones.peer = peer
	_agones.stall_timeout = 1.0
	equal(_agones.start(), OK, "start")
	var end := Time.get_ticks_msec() + 3000
	while Time.get_ticks_msec() < end:
		peer.poll()
		OS.delay_msec(10)
	# A report that was left out would be an error.
	for frame in 10:
		await process_frame
	peer.close()


func case_sdk_labels_and_annotations() -> void:
	equal(_agones.set_label("map", "forest"), OK, "set_label")
	equal(_agones.set_annotation("motd", "\"Grüße\"\n"), OK, "set_annotation")
	var wanted := "agones.dev/sdk-"
	await until(func() -> bool: return _known("object_meta/annotations/%smotd" % wanted) != null, "annotated")
	var meta: Dictionary = _agones.get_game_server().object_meta
	equal(meta.labels[wanted + "map"], "forest", "label")
	equal(meta.annotations[wanted + "motd"], "\"Grüße\"\n", "annotation")


func case_sdk_counters() -> void:
	equal(_agones.set_counter_count("players", 3), OK, "set")
	equal(_agones.increment_counter("players"), OK, "increment")
	equal(_agones.decrement_counter("players", 2), OK, "decrement")
	equal(_agones.set_counter_capacity("players", 50), OK, "capacity")
	equal(_agones.request_counter("players"), OK, "request")
	await outcome(5)
	equal(_done.back(), ["GetCounter", "players", {"name": "players", "count": 2, "capacity": 50}], "answer")


func case_sdk_lists() -> void:
	equal(_agones.set_list_values("players", PackedStringArray(["ann", "bob"])), OK, "set")
	equal(_agones.append_list_value("players", "cy"), OK, "append")
	equal(_agones.delete_list_value("players", "ann"), OK, "delete")
	equal(_agones.set_list_capacity("players", 9), OK, "capacity")
	equal(_agones.request_list("players"), OK, "request")
	await outcome(5)
	equal(_done.back(), ["GetList", "players", {"name": "players", "values": ["bob", "cy"], "capacity": 9}], "answer")


func case_sdk_failures_are_told() -> void:
	equal(_agones.request_counter("rooms"), OK, "request")
	await outcome(1)
	equal(_failed_requests, [["GetCounter", "rooms", "the SDK server answered 500: counter not found: rooms"]], "failures")
	var lines := "; ".join(_errors.take())
	equal(lines, "AgonesRs.request_counter: Agones did not carry out GetCounter of \"rooms\": the SDK server answered 500: counter not found: rooms.", "lines")


func case_sdk_bad_arguments() -> void:
	equal(_agones.request_counter("../ready"), ERR_INVALID_PARAMETER, "a path")
	equal(_agones.set_label("", "x"), ERR_INVALID_PARAMETER, "no key")
	equal(_agones.set_label("map", "dark forest"), ERR_INVALID_PARAMETER, "a label's value")
	equal(_agones.reserve(-1), ERR_INVALID_PARAMETER, "negative time")
	_agones.stall_timeout = -1.0
	equal(_agones.stall_timeout, 60.0, "stall_timeout")
	_agones.player_counter = "a b"
	equal(_agones.player_counter, "", "player_counter")
	equal(_errors.take().size(), 6, "error lines")


func case_sdk_too_many_requests() -> void:
	var results: Dictionary[int, int] = {}
	for index in 300:
		var result := _agones.set_label("n", str(index))
		results[result] = results.get(result, 0) + 1
	equal(results, {OK: 256, ERR_BUSY: 44} as Dictionary[int, int], "results")
	equal(_errors.take().size(), 1, "error lines")
	await outcome(256)
	equal(_agones.set_label("n", "last"), OK, "afterwards")
	await outcome(257)


## Players of both classes are told as they come and go.
func case_sdk_players() -> void:
	var port := Ports.find_free()
	var server := ENetMultiplayerPeerRs.new()
	equal(server.create_server(port), OK, "server")
	# The other cases leave values.
	equal(_agones.set_list_values("players", PackedStringArray()), OK, "empty list")
	await until(func() -> bool: return str(_known("status/lists/players/values")) == "[]", "an empty list")
	_agones.peer = server
	equal(_agones.peer, server, "peer")
	_agones.player_counter = "players"
	_agones.player_list = "players"
	equal(_agones.set_counter_capacity("players", 10), OK, "capacity")
	equal(_agones.set_list_capacity("players", 10), OK, "capacity")
	var clients: Array[MultiplayerPeer] = [ENetMultiplayerPeerRs.new(), ENetMultiplayerPeer.new(), ENetMultiplayerPeer.new()]
	for client in clients:
		equal(client.call("create_client", "127.0.0.1", port), OK, "client")
	var peers: Array[MultiplayerPeer] = [server]
	peers.append_array(clients)
	await _told_to_agones(peers, 3)
	var told: Array = _known("status/lists/players/values")
	for client in clients:
		check(told.has(str(client.get_unique_id())), "the id of a client is in the list")
	# One leaves, one is forced out, which makes no signal, and the last one loses its server.
	clients[1].close()
	peers.erase(clients[1])
	await _told_to_agones(peers, 2)
	server.disconnect_peer(clients[2].get_unique_id(), true)
	clients[2].close()
	peers.erase(clients[2])
	await _told_to_agones(peers, 1)
	server.close()
	await _told_to_agones([], 0)
	clients[0].close()
	check(_failed_requests.is_empty(), "nothing failed: %s" % [_failed_requests])


## Where the server object is freed, its players are gone.
func case_sdk_players_of_a_freed_peer() -> void:
	var port := Ports.find_free()
	# Functions keep the variables that they use, so this one can be emptied.
	var servers: Array[ENetMultiplayerPeerRs] = [ENetMultiplayerPeerRs.new()]
	equal(servers[0].create_server(port), OK, "server")
	equal(_agones.set_counter_capacity("players", 10), OK, "capacity")
	_agones.peer = servers[0]
	_agones.player_counter = "players"
	var client := ENetMultiplayerPeer.new()
	equal(client.create_client("127.0.0.1", port), OK, "client")
	await until(func() -> bool:
		servers[0].poll()
		client.poll()
		return _known("status/counters/players/count") == 1, "one player")
	client.close()
	servers.clear()
	equal(_agones.peer, null, "peer")
	await until(func() -> bool: return _known("status/counters/players/count") == 0, "no player")


## Labels stay texts, whatever their names are.
func case_sdk_labels_that_are_numbers() -> void:
	equal(_agones.set_label("count", "12"), OK, "set_label")
	equal(_agones.set_annotation("capacity", "7"), OK, "set_annotation")
	await until(func() -> bool: return _known("object_meta/annotations/agones.dev/sdk-capacity") != null, "annotated")
	var meta: Dictionary = _agones.get_game_server().object_meta
	equal(meta.labels["agones.dev/sdk-count"], "12", "label")
	equal(meta.annotations["agones.dev/sdk-capacity"], "7", "annotation")


## A value of what is known of the game server, or null.
func _known(path: String) -> Variant:
	var value: Variant = _agones.get_game_server()
	# Labels and annotations have a slash in their names.
	for key in path.split("/", true, 2 if path.contains("agones.dev") else 0):
		var dictionary: Dictionary = value if value is Dictionary else {}
		value = dictionary.get(key)
	return value


func _told_to_agones(peers: Array[MultiplayerPeer], count: int) -> void:
	await until(func() -> bool:
		for peer in peers:
			peer.poll()
		var ids: Array = _known("status/lists/players/values") if _known("status/lists/players/values") != null else []
		return _known("status/counters/players/count") == count and ids.size() == count,
		"%d players" % count)


## The main thread loads, and the server stays.
func case_sdk_loading() -> void:
	equal(_agones.start(), OK, "start")
	await until(func() -> bool: return not _agones.get_state().is_empty(), "a state")
	OS.delay_msec(int(LOADING * 1000))
	for frame in 30:
		await process_frame
	check(_agones.get_state() != "Unhealthy", "the fleet keeps the server")


## A handler may let go of the object that calls it.
func case_sdk_handlers_may_free() -> void:
	var other := AgonesRs.new()
	var weak: WeakRef = weakref(other)
	var holder: Array[AgonesRs] = [other]
	var calls: Array[int] = [0]
	other.request_done.connect(func(_request: String, _subject: String, _answer: Dictionary) -> void:
		calls[0] += 1
		holder.clear())
	other.set_label("a", "1")
	other.set_label("a", "2")
	other = null
	await until(func() -> bool: return calls[0] > 0, "a call")
	await until(func() -> bool: return weak.get_ref() == null, "the object is gone")


## The metrics agree with get_statistics, and Prometheus' own tool reads the file.
func case_sdk_metrics() -> void:
	var port := Ports.find_free()
	var server := ENetMultiplayerPeerRs.new()
	equal(server.metrics_port, 0, "metrics_port")
	equal(server.metrics_address, "127.0.0.1", "metrics_address")
	server.metrics_port = Ports.find_free()
	var metrics_port := server.metrics_port
	check(metrics_port > 0, "the port is open")
	equal(server.create_server(port), OK, "server")
	var client := ENetMultiplayerPeerRs.new()
	client.create_client("127.0.0.1", port)
	await until(func() -> bool:
		server.poll()
		client.poll()
		return client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED, "connected")
	client.set_target_peer(1)
	for number in 20:
		client.put_packet(PackedByteArray([number]))
	server.observe_tick_time(0.003)
	server.observe_tick_time(7.0)
	await until(func() -> bool:
		server.poll()
		client.poll()
		return server.get_available_packet_count() == 20, "20 packets")
	# Round trips are observed once a second.
	var end := Time.get_ticks_msec() + 1500
	while Time.get_ticks_msec() < end:
		server.poll()
		client.poll()
		await process_frame
	var text := await _scrape(metrics_port, server)
	var figures := server.get_statistics()
	var values := _values(text)
	equal(_value(values, "enet_peers"), 1.0, "peers")
	equal(_value(values, "enet_joins_total"), 1.0, "joins")
	equal(_value(values, "enet_received_packets_total"), 20.0, "packets")
	equal(_value(values, "enet_received_payload_bytes_total"), 20.0, "payload")
	equal(_value(values, "enet_queue_packets{queue=\"unread\"}"), float(str(figures.unread_packets)), "unread")
	check(absf(_value(values, "enet_received_bytes_total") - float(str(figures.bytes_in))) < 500.0, "bytes: %s and %s" % [_value(values, "enet_received_bytes_total"), figures.bytes_in])
	equal(_value(values, "enet_tick_seconds_count"), 2.0, "ticks")
	equal(_value(values, "enet_tick_seconds_bucket{le=\"0.004\"}"), 1.0, "short ticks")
	check(_value(values, "enet_round_trip_seconds_count") >= 1.0, "round trips")
	check(_value(values, "enet_metrics_age_seconds") < 0.5, "the metrics are new")
	equal(_value(values, "enet_active"), 1.0, "active")
	server.disconnect_peer(server.get_packet_peer(), true)
	client.close()
	text = await _scrape(metrics_port, server)
	values = _values(text)
	equal(_value(values, "enet_peers"), 0.0, "peers at the end")
	equal(_value(values, "enet_leaves_total{reason=\"local\"}"), 1.0, "leaves")
	var file := FileAccess.open(OS.get_cmdline_user_args()[1], FileAccess.WRITE)
	file.store_string(text)
	file.close()
	# Setting the same port again keeps the counts.
	server.metrics_port = metrics_port
	server.close()
	# The port outlives the session, whose last figures are there although nobody polls.
	values = _values(await _scrape(metrics_port, server))
	equal(_value(values, "enet_joins_total"), 1.0, "joins of the closed session")
	equal(_value(values, "enet_tick_seconds_count"), 2.0, "ticks of the closed session")
	equal(_value(values, "enet_active"), 0.0, "active")
	equal(_value(values, "enet_metrics_age_seconds"), 0.0, "age")
	var other := ENetMultiplayerPeerRs.new()
	other.metrics_port = metrics_port
	equal(other.metrics_port, 0, "a port that another peer has")
	var lines := "; ".join(_errors.take())
	check(lines.contains("metrics cannot be offered at 127.0.0.1:%d" % metrics_port) and lines.contains("choose another metrics_port"), lines)
	server.metrics_port = 0
	equal(server.metrics_port, 0, "closed")
	var probe := TCPServer.new()
	equal(probe.listen(metrics_port, "127.0.0.1"), OK, "the port is free")
	server.metrics_port = metrics_port
	equal(server.metrics_port, 0, "a port that is taken")
	equal(_errors.take().size(), 1, "error lines")
	server.metrics_port = 70000
	server.metrics_address = "nonsense"
	equal(server.metrics_address, "127.0.0.1", "address")
	equal(_errors.take().size(), 2, "error lines")


## While the main thread is busy, a scrape gets the last figures and their age.
func case_sdk_metrics_of_a_busy_main_thread() -> void:
	var server := ENetMultiplayerPeerRs.new()
	server.metrics_port = Ports.find_free()
	equal(server.create_server(Ports.find_free()), OK, "server")
	await _scrape(server.metrics_port, server)
	var port := server.metrics_port
	var thread := Thread.new()
	thread.start(func() -> String: return _scrape_blocking(port))
	OS.delay_msec(1500)
	var text: String = thread.wait_to_finish()
	check(_value(_values(text), "enet_metrics_age_seconds") > 0.2, "the age: %s" % text.right(60))
	check(text.contains("enet_peers 0\n"), "the last figures")
	server.close()


## Polls the server until the answer to a scrape is there.
func _scrape(port: int, server: ENetMultiplayerPeerRs) -> String:
	var thread := Thread.new()
	thread.start(func() -> String: return _scrape_blocking(port))
	while thread.is_alive():
		if server.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
			server.poll()
		await process_frame
	return thread.wait_to_finish()


func _scrape_blocking(port: int) -> String:
	var http := HTTPClient.new()
	http.blocking_mode_enabled = true
	http.connect_to_host("127.0.0.1", port)
	while http.get_status() in [HTTPClient.STATUS_CONNECTING, HTTPClient.STATUS_RESOLVING]:
		http.poll()
	http.request(HTTPClient.METHOD_GET, "/metrics", PackedStringArray())
	while http.get_status() == HTTPClient.STATUS_REQUESTING:
		http.poll()
	var body := PackedByteArray()
	while http.get_status() == HTTPClient.STATUS_BODY:
		http.poll()
		body.append_array(http.read_response_body_chunk())
	return body.get_string_from_utf8()


## A figure, or -1.
func _value(values: Dictionary[String, float], name: String) -> float:
	return values[name] if values.has(name) else -1.0


func _values(text: String) -> Dictionary[String, float]:
	var values: Dictionary[String, float] = {}
	for line in text.split("\n", false):
		if not line.begins_with("#"):
			values[line.get_slice(" ", 0)] = float(line.get_slice(" ", 1))
	return values


## The fleet replaces a server that hangs: the stage sees that the SDK server calls it unhealthy.
func case_hang_is_not_healthy() -> void:
	_agones.stall_timeout = 1.0
	equal(_agones.start(), OK, "start")
	await until(func() -> bool: return not _agones.get_state().is_empty(), "a state")
	OS.delay_msec(int(LOADING * 1500))
	for frame in 60:
		await process_frame
	_errors.take()


func case_alone_calls_do_nothing() -> void:
	equal(_agones.start(), ERR_UNAVAILABLE, "start")
	equal(_agones.ready(), ERR_UNAVAILABLE, "ready")
	equal(AgonesRs.new().start(), ERR_UNAVAILABLE, "start of another one")
	equal(_agones.set_label("a", "b"), ERR_UNAVAILABLE, "set_label")
	equal(_agones.is_started(), false, "started")
	equal(_agones.get_state(), "", "state")
	equal(_agones.get_game_server(), {}, "game server")
	OS.set_environment("AGONES_SDK_HTTP_PORT", "no port")
	equal(_agones.start(), ERR_CANT_CREATE, "a bad port")
	equal(_errors.take().size(), 1, "error lines")
	OS.unset_environment("AGONES_SDK_HTTP_PORT")
