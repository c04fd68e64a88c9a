extends RefCounted
## Base of the suites: checks, peers and waiting.

const End := preload("res://lib/end.gd")
const ErrorLog := preload("res://lib/error_log.gd")
const Ports := preload("res://lib/ports.gd")

var server_class := ""
var client_class := ""
## Folder with certificates, for the suites that need them.
var certificates := ""
## Objects that suites of one run pass to later ones.
var shared: Dictionary[String, RefCounted] = {}
var tree: SceneTree

var _errors: ErrorLog
var _ends: Array[End] = []
var _checks := 0
var _failures: Array[String] = []
var _is_done := false


func prepare(scene_tree: SceneTree, server: String, client: String, errors: ErrorLog) -> void:
	tree = scene_tree
	server_class = server
	client_class = client
	_errors = errors


## The reason why the suite does not apply to these classes, or an empty text.
func reason_to_skip() -> String:
	return ""


## Every case calls this at its end, so that a script error that ends it early is noticed.
func done() -> void:
	_is_done = true


func clean_up() -> void:
	for end in _ends:
		end.peer.close()
	_ends.clear()
	await tree.process_frame


## The reasons why the case failed, or an empty text.
func verdict() -> String:
	for error in _errors.take():
		_failures.append("unexpected error line: %s" % error)
	if not _is_done:
		_failures.append("the case did not reach its end")
	elif _checks == 0:
		_failures.append("the case made no checks")
	return "; ".join(_failures.slice(0, 4))


func check(holds: bool, what: String) -> void:
	_checks += 1
	if not holds:
		_failures.append(what)


func equal(actual: Variant, expected: Variant, what: String) -> void:
	var same: bool = typeof(actual) == typeof(expected) and actual == expected
	check(same, "%s: expected %s, got %s" % [what, str(expected).left(200), str(actual).left(200)])


## Takes the error lines so far. Our classes must have printed exactly `count`, each naming its class; the stock
## classes at least one, or none if `count` is 0.
func expect_errors(count: int, is_ours: bool, what: String) -> void:
	var lines := _errors.take()
	if not _errors.can_see():
		return
	if is_ours or count == 0:
		check(lines.size() == count, "%s: expected %d error lines, got %s" % [what, count, lines])
	else:
		check(not lines.is_empty(), "%s: expected an error line" % what)
	for line in lines:
		check(line.contains("Rs.") == is_ours, "%s: error line of the wrong class: %s" % [what, line])


## Takes the error lines so far. They must match `parts` in number, each containing its part.
func expect_error_texts(parts: Array[String], what: String) -> void:
	var lines := _errors.take()
	if not _errors.can_see():
		return
	var fits := lines.size() == parts.size()
	for index in mini(lines.size(), parts.size()):
		fits = fits and lines[index].contains(parts[index])
	check(fits, "%s: expected errors %s, got %s" % [what, parts, lines])


## The property of both peer classes of ours takes seconds, 0 and more, and keeps its value otherwise.
func check_seconds(property: StringName, default: float) -> void:
	for name: String in ["ENetMultiplayerPeerRs", "ENetConnectionRs"]:
		var peer: MultiplayerPeer = ClassDB.instantiate(name)
		equal(peer.get(property), default, "%s: the default" % name)
		for value: float in [1.5, 0.0, 3600.0]:
			peer.set(property, value)
			equal(peer.get(property), value, name)
		for wrong: float in [-1.0, NAN, INF, -INF, 1e30]:
			peer.set(property, wrong)
			expect_errors(1, true, "%s: %f" % [name, wrong])
			equal(peer.get(property), 3600.0, "%s after %f" % [name, wrong])


func new_end(peer_class: String) -> End:
	var end := End.new(peer_class)
	_ends.append(end)
	return end


## Path of the Godot binary that tests start as another process.
func godot_program() -> String:
	var program := OS.get_environment("GODOT")
	return OS.get_executable_path() if program.is_empty() else program


## The arguments with which Godot runs a script of this project.
func godot_arguments(script: String, arguments: PackedStringArray) -> PackedStringArray:
	var all := PackedStringArray([
		"--headless", "--path", ProjectSettings.globalize_path("res://"), "--script", script, "--",
	])
	all.append_array(arguments)
	return all


## Starts a script in another Godot with this process's output. Returns the process id, or a number below 1 on failure.
func start_godot(script: String, arguments: PackedStringArray) -> int:
	var program := godot_program()
	var id := OS.create_process(program, godot_arguments(script, arguments))
	# OS.kill(-1) would signal every process.
	check(id > 0, "\"%s\" could be started; set GODOT to the Godot binary" % program)
	return id


func free_port() -> int:
	var port := Ports.find_free()
	check(port > 0, "there is a free port")
	return port


func start_server(max_clients: int = 32, max_channels: int = 0) -> End:
	var server := new_end(server_class)
	equal(server.host(free_port(), max_clients, max_channels), OK, "create_server")
	return server


## A client that has begun to connect.
func start_client(port: int) -> End:
	var client := new_end(client_class)
	equal(client.join(port), OK, "create_client")
	return client


## A server with connected clients. The server comes first.
func connected(count: int = 1, max_channels: int = 0) -> Array[End]:
	var ends: Array[End] = [start_server(maxi(count, 1), max_channels)]
	for index in count:
		ends.append(start_client(ends[0].port))
	var everybody_is_up := func() -> bool:
		return (
			ends.all(func(end: End) -> bool: return end.is_up())
			and ends[0].events.size() >= count)
	check(pump(ends, everybody_is_up), "all clients connect")
	return ends


## On a slow machine ENet must not mistake late acknowledgements for congestion and throttle unreliable packets.
## Each end sets its own throttle, and one good round trip opens a closed one.
func keep_throttle_open(server: End, client: End) -> void:
	for link in _links(server, client):
		link.call(&"throttle_configure", 5000, ENetPacketPeer.PACKET_THROTTLE_SCALE, 0)


func is_throttle_open(server: End, client: End) -> bool:
	return _links(server, client).all(func(link: PacketPeer) -> bool:
		var throttle: float = link.call(&"get_statistic", ENetPacketPeer.PEER_PACKET_THROTTLE)
		return int(throttle) == ENetPacketPeer.PACKET_THROTTLE_SCALE)


## The packet peers by which the two ends know each other.
func _links(server: End, client: End) -> Array[PacketPeer]:
	return [client.peer.call(&"get_peer", 1), server.peer.call(&"get_peer", client.id())]


## Polls until the condition holds. Returns false if it does not hold within `seconds`.
func pump(ends: Array[End], condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while true:
		for end in ends:
			end.poll()
		if condition.call():
			return true
		if Time.get_ticks_msec() > deadline:
			return false
		OS.delay_usec(500)
	return false


## Polls for the given time.
func pump_for(ends: Array[End], seconds: float) -> void:
	pump(ends, func() -> bool: return false, seconds)


## Pseudo-random bytes that depend on the size and have no short period.
func pattern(size: int) -> PackedByteArray:
	var random := RandomNumberGenerator.new()
	random.seed = size
	var words := PackedInt32Array()
	words.resize(ceili(size / 4.0))
	for index in words.size():
		words[index] = random.randi()
	return words.to_byte_array().slice(0, size)
