extends RefCounted
## What the suites build on: checks, peers, waiting.

const End := preload("res://lib/end.gd")
const ErrorLog := preload("res://lib/error_log.gd")
const Ports := preload("res://lib/ports.gd")

var server_class := ""
var client_class := ""
## The folder of certificates, for suites that need some.
var certificates := ""
## What suites of one run leave to later ones.
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


## Why these classes have nothing to do with the suite, or nothing.
func reason_to_skip() -> String:
	return ""


## Every case says so at its end: a script error would end it before.
func done() -> void:
	_is_done = true


func clean_up() -> void:
	for end in _ends:
		end.peer.close()
	_ends.clear()
	await tree.process_frame


## Why the case failed, or nothing.
func verdict() -> String:
	for error in _errors.take():
		_failures.append("unexpected error line: %s" % error)
	if not _is_done:
		_failures.append("the case did not reach its end")
	elif _checks == 0:
		_failures.append("the case checks nothing")
	return "; ".join(_failures.slice(0, 4))


func check(holds: bool, what: String) -> void:
	_checks += 1
	if not holds:
		_failures.append(what)


func equal(actual: Variant, expected: Variant, what: String) -> void:
	var same: bool = typeof(actual) == typeof(expected) and actual == expected
	check(same, "%s: expected %s, got %s" % [what, str(expected).left(200), str(actual).left(200)])


## Takes the error lines so far. Ours must have printed `count`, each naming its class; stock one at
## least, or none for 0.
func expect_errors(count: int, is_ours: bool, what: String) -> void:
	var lines := _errors.take()
	if not _errors.can_see():
		return
	if is_ours or count == 0:
		check(lines.size() == count, "%s: expected %d error lines, got %s" % [what, count, lines])
	else:
		check(not lines.is_empty(), "%s: expected an error line" % what)
	for line in lines:
		check(line.contains("Rs.") == is_ours, "%s: whose error is this: %s" % [what, line])


## Takes the error lines so far: as many as `parts`, each containing its part.
func expect_error_texts(parts: Array[String], what: String) -> void:
	var lines := _errors.take()
	if not _errors.can_see():
		return
	var fits := lines.size() == parts.size()
	for index in mini(lines.size(), parts.size()):
		fits = fits and lines[index].contains(parts[index])
	check(fits, "%s: expected errors %s, got %s" % [what, parts, lines])


func new_end(peer_class: String) -> End:
	var end := End.new(peer_class)
	_ends.append(end)
	return end


## The Godot that a test starts as another process.
func godot_program() -> String:
	var program := OS.get_environment("GODOT")
	return OS.get_executable_path() if program.is_empty() else program


## What has it run a script of this project.
func godot_arguments(script: String, arguments: PackedStringArray) -> PackedStringArray:
	var all := PackedStringArray([
		"--headless", "--path", ProjectSettings.globalize_path("res://"), "--script", script, "--",
	])
	all.append_array(arguments)
	return all


## Starts it, with this process's output. The process id, or nothing.
func start_godot(script: String, arguments: PackedStringArray) -> int:
	var program := godot_program()
	var id := OS.create_process(program, godot_arguments(script, arguments))
	# For kill, -1 would be everybody.
	check(id > 0, "\"%s\" starts; set GODOT to the Godot binary" % program)
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


## A server with connected clients, the server first.
func connected(count: int = 1, max_channels: int = 0) -> Array[End]:
	var ends: Array[End] = [start_server(maxi(count, 1), max_channels)]
	for index in count:
		ends.append(start_client(ends[0].port))
	var everybody_is_up := func() -> bool:
		return (
			ends.all(func(end: End) -> bool: return end.is_up())
			and ends[0].events.size() >= count)
	check(pump(ends, everybody_is_up), "everybody connects")
	return ends


## However slow this machine is, ENet shall not take it for a slow network and hold back unreliable
## packets between the two: each end sets that by itself, and a good round trip opens what has closed.
func keep_throttle_open(server: End, client: End) -> void:
	for link in _links(server, client):
		link.call(&"throttle_configure", 5000, ENetPacketPeer.PACKET_THROTTLE_SCALE, 0)


func is_throttle_open(server: End, client: End) -> bool:
	return _links(server, client).all(func(link: PacketPeer) -> bool:
		var throttle: float = link.call(&"get_statistic", ENetPacketPeer.PEER_PACKET_THROTTLE)
		return int(throttle) == ENetPacketPeer.PACKET_THROTTLE_SCALE)


## What each of the two has of the other.
func _links(server: End, client: End) -> Array[PacketPeer]:
	return [client.peer.call(&"get_peer", 1), server.peer.call(&"get_peer", client.id())]


## Polls until a condition holds; false if it does not within `seconds`.
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


## Polls for a while.
func pump_for(ends: Array[End], seconds: float) -> void:
	pump(ends, func() -> bool: return false, seconds)


## Bytes that differ from size to size and place to place, without a period.
func pattern(size: int) -> PackedByteArray:
	var random := RandomNumberGenerator.new()
	random.seed = size
	var words := PackedInt32Array()
	words.resize(ceili(size / 4.0))
	for index in words.size():
		words[index] = random.randi()
	return words.to_byte_array().slice(0, size)
