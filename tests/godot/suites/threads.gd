extends "res://lib/suite.gd"
## Threads other than the main thread. Stock works there, one thread at a time. Our classes print an error and refuse,
## and neither the process nor the object may be damaged.

const PACKET: PackedByteArray = [1, 2, 3]
const CLASSES: Array[String] = [
	"ENetMultiplayerPeer", "ENetConnection", "ENetMultiplayerPeerRs", "ENetConnectionRs",
]
## With static types GDScript calls methods in a different way.
const TYPED_SOURCE := "
static func create(peer: %s, port: int) -> Error:
	return peer.create_server(port)

static func has_host(peer: %s) -> bool:
	return peer.host != null

static func port_of(connection: %s) -> int:
	return connection.get_local_port()

static func state_of(peer: %s) -> int:
	return peer.get_state()
"
const CONNECTED := 5
## A notification that the extension sends to its objects.
const FRAME_BEGINS := 0x4E657402


## The methods that have already printed their error, which each method prints only once.
class Told:
	extends RefCounted

	var places: Dictionary[String, bool] = {}


func case_creation() -> void:
	for name in CLASSES:
		for attempt in 2:
			var made: bool = _elsewhere(func() -> bool:
				var object: Object = ClassDB.instantiate(name)
				return object != null)
			equal(made, not _is_ours(name), "creating %s in another thread" % name)
			expect_errors(1 if _is_ours(name) else 0, _is_ours(name), name)
		check(ClassDB.instantiate(name) != null, "%s: creation in the main thread" % name)
	done()


func case_creation_of_a_script_that_extends() -> void:
	for name in CLASSES:
		var script := GDScript.new()
		script.source_code = "extends %s" % name
		equal(script.reload(), OK, "the script compiles")
		var made: bool = _elsewhere(func() -> bool:
			var object: Object = script.new()
			return object != null)
		equal(made, not _is_ours(name), "creating a script that extends %s in another thread" % name)
		var lines := _errors.take()
		if _errors.can_see() and _is_ours(name):
			check(not lines.is_empty() and lines[0].contains("%s.new: " % name), "%s: %s" % [name, lines])
		check(script.new() != null, "%s: creation in the main thread" % name)
	done()


## A static variable begins where its script is loaded, which is a thread after load_threaded_request.
func case_static_variable_of_a_script_that_a_thread_loads() -> void:
	for name in CLASSES:
		var path := "user://static_%s.gd" % name
		var file := FileAccess.open(path, FileAccess.WRITE)
		file.store_string("static var made: Object = %s.new()" % name)
		file.close()
		equal(ResourceLoader.load_threaded_request(path), OK, "%s: the request" % name)
		var loaded := func() -> bool:
			return ResourceLoader.load_threaded_get_status(path) != ResourceLoader.THREAD_LOAD_IN_PROGRESS
		while not loaded.call():
			OS.delay_msec(5)
		var script := ResourceLoader.load_threaded_get(path) as GDScript
		equal(script.get(&"made") != null, not _is_ours(name), "%s: the variable" % name)
		var lines := _errors.take()
		if _errors.can_see() and _is_ours(name):
			check(not lines.is_empty() and lines[0].contains("load_threaded_request"), "%s: %s" % [name, lines])
		DirAccess.remove_absolute(path)
	done()


func case_calls() -> void:
	for name: String in [server_class, client_class]:
		var is_ours := _is_ours(name)
		var peer := new_end(name).peer
		var port := free_port()
		var refused := ERR_UNAVAILABLE if is_ours else OK
		equal(_elsewhere(peer.call.bind(&"create_server", port)), refused, "create_server")
		_expect_told(name, ["create_server"])
		if is_ours:
			equal(peer.call(&"create_server", port), OK, "create_server in the main thread")
		var has_host: bool = _elsewhere(func() -> bool: return peer.get(&"host") != null)
		equal(has_host, not is_ours, "the property host")
		_expect_told(name, ["get_host"])
		equal(_elsewhere(peer.put_packet.bind(PACKET)), refused, "put_packet")
		_expect_told(name, ["put_packet"])
		equal(_elsewhere(peer.get_available_packet_count), 0, "get_available_packet_count")
		equal(_elsewhere(peer.is_server_relay_supported), not is_ours, "is_server_relay_supported")
		equal(_elsewhere(peer.get_unique_id), 0 if is_ours else 1, "get_unique_id")
		_expect_told(name, ["get_available_packet_count", "is_server_relay_supported", "get_unique_id"])
		_elsewhere(func() -> void: peer.transfer_channel = 2)
		equal(peer.transfer_channel, 0 if is_ours else 2, "transfer_channel")
		_expect_told(name, ["set_transfer_channel"])
		# Repeated calls must not print the error again.
		_elsewhere(func() -> void:
			for count in 100:
				peer.poll())
		_elsewhere(peer.close)
		_expect_told(name, ["poll", "close"])
		equal(peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED, is_ours, "still a server")
		if is_ours:
			equal(peer.put_packet(PACKET), OK, "the peer is usable")
	done()


## The questions that our classes answer without the object.
func case_questions() -> void:
	for name: String in [server_class, client_class]:
		var is_ours := _is_ours(name)
		var peer := new_end(name).peer
		equal(peer.call(&"create_server", free_port()), OK, "create_server")
		peer.transfer_channel = 1
		# The main thread asks first, so that the answers are at hand.
		var questions: Dictionary[String, int] = {
			"get_unique_id": 1, "get_connection_status": MultiplayerPeer.CONNECTION_CONNECTED,
			"get_available_packet_count": 0, "get_transfer_mode": MultiplayerPeer.TRANSFER_MODE_RELIABLE,
			"get_transfer_channel": 1,
		}
		for method: String in questions:
			equal(peer.call(method), questions[method], method)
			equal(_elsewhere(peer.call.bind(method)), 0 if is_ours else questions[method], method)
			_expect_told(name, [method])
		for method: String in ["is_server_relay_supported", "is_refusing_new_connections"]:
			var answer: bool = peer.call(method)
			equal(_elsewhere(peer.call.bind(method)), not is_ours and answer, method)
			_expect_told(name, [method])
		for method: String in ["set_transfer_channel", "set_transfer_mode", "set_target_peer"]:
			_elsewhere(peer.call.bind(method, 0))
			_expect_told(name, [method])
		equal(
			[peer.transfer_channel, peer.transfer_mode],
			[1, MultiplayerPeer.TRANSFER_MODE_RELIABLE] if is_ours else [0, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE],
			"transfer settings")
	done()


func case_notifications() -> void:
	for name: String in [server_class, client_class]:
		var peer := new_end(name).peer
		_elsewhere(peer.notification.bind(FRAME_BEGINS))
		_expect_told(name, ["notification"])
	done()


func case_typed_calls() -> void:
	for name: String in [server_class, client_class]:
		var suffix := "Rs" if _is_ours(name) else ""
		var script := GDScript.new()
		script.source_code = TYPED_SOURCE % [name, name, "ENetConnection" + suffix, "ENetPacketPeer" + suffix]
		equal(script.reload(), OK, "the script compiles")
		var typed: Object = script
		var end := new_end(name)
		var port := free_port()
		equal(
			_elsewhere(typed.call.bind(&"create", end.peer, port)),
			ERR_UNAVAILABLE if end.is_ours else OK, "create_server")
		_expect_told(name, ["create_server"])
		end.peer.close()
		end.host(port)
		equal(_elsewhere(typed.call.bind(&"has_host", end.peer)), not end.is_ours, "host")
		_expect_told(name, ["get_host"])
		var connection: Object = end.peer.get(&"host")
		equal(
			_elsewhere(typed.call.bind(&"port_of", connection)), 0 if end.is_ours else port, "get_local_port")
		_expect_told("ENetConnection" + suffix, ["get_local_port"])
		var client := start_client(port)
		check(pump([end, client], client.is_up), "a client connects")
		var packet_peer: Object = client.peer.call(&"get_peer", 1)
		if client.is_ours == end.is_ours:
			equal(
				_elsewhere(typed.call.bind(&"state_of", packet_peer)),
				0 if end.is_ours else CONNECTED, "get_state")
			_expect_told("ENetPacketPeer" + suffix, ["get_state"])
	done()


## Another thread drops the last reference. The objects that belong to the peer are freed with it.
func case_freeing() -> void:
	var port := free_port()
	var holder: Array[MultiplayerPeer] = [ClassDB.instantiate(server_class)]
	equal(holder[0].call(&"create_server", port), OK, "create_server")
	check(holder[0].get(&"host") != null, "the peer has a host")
	var ids: Array[int] = []
	holder[0].peer_connected.connect(func(id: int) -> void: ids.append(id))
	var client := start_client(port)
	var is_up := func() -> bool:
		holder[0].poll()
		return client.is_up() and not ids.is_empty()
	check(pump([client], is_up), "a client connects")
	check(holder[0].call(&"get_peer", client.id()) != null, "the client has a packet peer")
	_elsewhere(holder.clear)
	# Our class frees the host when the main thread runs next.
	var next := new_end(server_class)
	equal(next.host(port), OK, "the port is free again")
	next.peer.close()
	check(pump([client], func() -> bool: return not client.is_up(), 15.0), "the client receives the disconnect")
	done()


func _is_ours(name: String) -> bool:
	return name.ends_with("Rs")


func _elsewhere(what: Callable) -> Variant:
	var thread := Thread.new()
	equal(thread.start(what), OK, "starting a thread")
	return thread.wait_to_finish()


## Our class printed an error for each of these methods on its first call; stock printed nothing.
func _expect_told(name: String, methods: Array[String]) -> void:
	var told: Told = shared.get_or_add("told of threads", Told.new())
	var expected: Array[String] = []
	for method in methods:
		var place := "%s.%s: " % [name, method]
		if _is_ours(name) and not told.places.has(place):
			told.places[place] = true
			expected.append(place)
	expect_error_texts(expected, name)
