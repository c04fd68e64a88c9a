@tool
extends EditorPlugin
## Reloads the extension in the editor several times while objects of it are alive:
##   godot --headless --editor --path tests/godot/reload -- reload
## The output has a line per round and a last line `N passed, M failed`; the exit status agrees with it. The main
## requirement is that the editor survives; the state of the objects afterwards is secondary.

const EXTENSION := "res://addons/enet_rs/enet_rs.gdextension"
const PEER := &"ENetMultiplayerPeerRs"
const PACKET_PEER := &"ENetPacketPeerRs"
const CONNECTION := &"ENetConnectionRs"
const PROXY_PING := &"ENetProxyPingRs"
const AGONES := &"AgonesRs"
const LOCAL := "127.0.0.1"
const ROUNDS := 4
## Number of clients. Their hosts and packet peers have Godot objects that no script references.
const CLIENTS := 8
const PATIENCE_MSEC := 5000

## Objects that live through all reloads.
var _veterans: Array[PacketPeer] = []
var _failures: Array[String] = []
var _passed := 0
var _failed := 0


func _enter_tree() -> void:
	if OS.get_cmdline_user_args().has("reload"):
		_test.call_deferred()


func _test() -> void:
	while EditorInterface.get_resource_filesystem().is_scanning():
		await get_tree().process_frame
	if not GDExtensionManager.is_extension_loaded(EXTENSION):
		printerr("the extension is not loaded")
		_failed += 1
	else:
		for round in ROUNDS:
			await _round(round)
			# The objects of this round are freed here, except the veterans.
			await get_tree().process_frame
	_veterans.clear()
	print("%d passed, %d failed" % [_passed, _failed])
	get_tree().quit(0 if _failed == 0 else 1)


func _round(number: int) -> void:
	var idle := _new(PEER)
	var idle_connection := _new(CONNECTION)
	var server := _new(PEER)
	var clients := _connect_clients(server, CLIENTS)
	var host: MultiplayerPeer = server.call(&"get_host")
	var peer: PacketPeer = clients[0].call(&"get_peer", 1)
	var stock := ENetMultiplayerPeer.new()
	var hand: Array[MultiplayerPeer] = _connect_by_hand()
	var mesh := _new(PEER)
	mesh.call(&"create_mesh", 5)
	_equal(mesh.call(&"add_mesh_peer", 9, hand[1]), OK, "a mesh")
	var mesh_peer: PacketPeer = mesh.call(&"get_peer", 9)
	var port: int = host.call(&"get_local_port")
	_check(stock.create_client(LOCAL, port) == OK, "a stock client")
	_check(_until([server, stock], func() -> bool: return _peer_count(host) == CLIENTS + 1), "the stock client connects")
	# Work that reading a packet defers to the engine's idle time must not outlive the library.
	clients[0].put_packet("hello".to_utf8_buffer())
	# No frame passes here, so the sender's own poll has to send.
	var heard := func() -> bool: return server.get_available_packet_count() == 1
	_check(_until([clients[0], server], heard), "a packet")
	_check(server.get_packet().get_string_from_ascii() == "hello", "the packet's content")
	_equal(host.call(&"get_max_channels"), 255, "a host")
	# Its thread works for 12 seconds, unless the library goes.
	var ping: RefCounted = ClassDB.instantiate(PROXY_PING)
	_equal(ping.call(&"measure", PackedStringArray([LOCAL + ":9"]), 20, 10.0), OK, "a measurement")
	_equal(_frame_calls(ping), 1, "a measurement waits for frames")
	# Threads that wait: a scrape that asks for nothing, and an SDK server that does not answer.
	var silent := TCPServer.new()
	_equal(silent.listen(0, LOCAL), OK, "a port")
	OS.set_environment("AGONES_SDK_HTTP_PORT", str(silent.get_local_port()))
	var agones: RefCounted = ClassDB.instantiate(AGONES)
	_equal(agones.call(&"start"), OK, "an SDK")
	var metrics_port := _free_port()
	server.set(&"metrics_port", metrics_port)
	_equal(server.get(&"metrics_port"), metrics_port, "metrics")
	var scrape := StreamPeerTCP.new()
	_equal(scrape.connect_to_host(LOCAL, metrics_port), OK, "a scrape")

	if number > 0:
		_replace_library()
	_check(GDExtensionManager.reload_extension(EXTENSION) == GDExtensionManager.LOAD_STATUS_OK, "reloading")

	if _veterans.is_empty():
		_veterans.assign([server, clients[2], host, hand[1], peer])
	for object: PacketPeer in _veterans:
		_check(is_instance_valid(object), "a veteran still exists")
	for object: MultiplayerPeer in [idle, server, clients[0], mesh]:
		_check(object.get_class() == PEER, "a multiplayer peer keeps its class")
		_check(object.get_connection_status() == 0, "the multiplayer peer is inactive")
	for object: MultiplayerPeer in [idle_connection, host, hand[0], hand[1]]:
		_check(object.get_class() == CONNECTION, "a connection keeps its class")
		_equal(object.call(&"get_max_channels"), 0, "the connection is inactive")
	for object: PacketPeer in [peer, mesh_peer]:
		_check(object.get_class() == PACKET_PEER, "a packet peer keeps its class")
		_equal(object.call(&"is_active"), false, "the packet peer is inactive")
	_equal(ping.call(&"is_measuring"), false, "the measurement is given up")
	_equal(agones.call(&"is_started"), false, "the SDK has ended")
	_equal(agones.call(&"start"), OK, "the SDK begins again")
	_equal(server.get(&"metrics_port"), 0, "the metrics have ended")
	server.set(&"metrics_port", metrics_port)
	_equal(server.get(&"metrics_port"), metrics_port, "metrics at the same port")
	server.set(&"metrics_port", 0)
	# The sockets were closed after a disconnect was sent.
	_check(_until([stock], func() -> bool: return stock.get_connection_status() == 0), "the partner receives the disconnect")
	# Deferred calls run within these frames.
	for frame in 3:
		await get_tree().process_frame
	_equal(_frame_calls(ping), 0, "no measurement waits for frames")
	_equal(ping.call(&"measure", PackedStringArray([LOCAL + ":9"]), 1, 0.1), OK, "another measurement")

	_check_usable(idle, clients[0], "new and old")
	_check_usable(server, _new(PEER), "old and new")
	_check_usable(clients[1], mesh, "old and old")
	_check_usable(_new(PEER), _new(PEER), "new and new")
	_check_bound(idle_connection)
	_check_bound(host)
	_check_bound(hand[0])
	_check_bound(_new(CONNECTION))
	_tell("round_%d" % number)


## How often the tree calls an object in each frame.
func _frame_calls(object: RefCounted) -> int:
	var calls := get_tree().process_frame.get_connections()
	return calls.filter(func(call: Dictionary) -> bool:
		var callable: Callable = call["callable"]
		return callable.get_object() == object).size()


## Our connections are multiplayer peers, too.
func _new(what: StringName) -> MultiplayerPeer:
	return ClassDB.instantiate(what)


func _free_port() -> int:
	var probe := TCPServer.new()
	_equal(probe.listen(0, LOCAL), OK, "a free port")
	return probe.get_local_port()


## Objects for the hosts and packet peers are created and referenced by the extension only.
func _connect_clients(server: MultiplayerPeer, count: int) -> Array[MultiplayerPeer]:
	_equal(server.call(&"create_server", 0), OK, "a server")
	var host: MultiplayerPeer = server.call(&"get_host")
	var port: int = host.call(&"get_local_port")
	var ends: Array[MultiplayerPeer] = [server]
	for index in count:
		var client: MultiplayerPeer = _new(PEER)
		_equal(client.call(&"create_client", LOCAL, port), OK, "a client")
		ends.append(client)
	var all_known := func() -> bool: return ends.all(_is_up) and _peer_count(host) == count
	_check(_until(ends, all_known), "all clients connect")
	var clients: Array[MultiplayerPeer] = ends.slice(1)
	for client in clients:
		client.call(&"get_host")
		client.call(&"get_peer", 1)
	return clients


func _peer_count(host: MultiplayerPeer) -> int:
	var peers: Array = host.call(&"get_peers")
	return peers.size()


func _connect_by_hand() -> Array[MultiplayerPeer]:
	var pair: Array[MultiplayerPeer] = [_new(CONNECTION), _new(CONNECTION)]
	_equal(pair[0].call(&"create_host_bound", LOCAL, 0), OK, "create_host_bound")
	_equal(pair[1].call(&"create_host", 1), OK, "create_host")
	var port: int = pair[0].call(&"get_local_port")
	pair[1].call(&"connect_to_host", LOCAL, port)
	var connected: Array[int] = [0]
	var met := func() -> bool:
		for connection in pair:
			var event: Array = connection.call(&"service")
			if event[0] == ENetConnection.EVENT_CONNECT:
				connected[0] += 1
		return connected[0] == 2
	_check(_until([], met), "two hosts connect")
	return pair


func _check_usable(server: MultiplayerPeer, client: MultiplayerPeer, what: String) -> void:
	_equal(server.call(&"create_server", 0), OK, what + ": a server")
	var host: MultiplayerPeer = server.call(&"get_host")
	var port: int = host.call(&"get_local_port")
	_equal(client.call(&"create_client", LOCAL, port), OK, what + ": a client")
	_check(_until([server, client], func() -> bool: return _is_up(client)), what + ": they connect")
	client.put_packet("hello".to_utf8_buffer())
	var heard := func() -> bool: return server.get_available_packet_count() == 1
	_check(_until([server, client], heard), what + ": a packet")
	_check(server.get_packet().get_string_from_ascii() == "hello", what + ": the packet's content")
	client.close()
	server.close()


func _check_bound(connection: MultiplayerPeer) -> void:
	_equal(connection.call(&"create_host_bound", LOCAL, 0), OK, "a connection can be used again")
	var port: int = connection.call(&"get_local_port")
	_check(port != 0, "its port")
	connection.call(&"destroy")


## Replaces the file as a build does: the old file remains without a name, and the new one takes its name.
func _replace_library() -> void:
	var config := ConfigFile.new()
	_check(config.load(EXTENSION) == OK, "the extension's settings")
	for tags in config.get_section_keys("libraries"):
		if Array(tags.split(".")).all(func(tag: String) -> bool: return OS.has_feature(tag)):
			var file: String = config.get_value("libraries", tags)
			var library := ProjectSettings.globalize_path(EXTENSION.get_base_dir().path_join(file))
			_check(DirAccess.copy_absolute(library, library + ".fresh") == OK, "copying the library")
			_check(DirAccess.rename_absolute(library + ".fresh", library) == OK, "replacing the library")
			return
	_check(false, "there is a library for this system")


func _is_up(peer: MultiplayerPeer) -> bool:
	return peer.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED


func _until(peers: Array[MultiplayerPeer], condition: Callable) -> bool:
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	while not condition.call():
		for peer in peers:
			if peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
				peer.poll()
		if Time.get_ticks_msec() > deadline:
			return false
	return true


func _equal(actual: Variant, expected: Variant, what: String) -> void:
	var same: bool = typeof(actual) == typeof(expected) and actual == expected
	_check(same, "%s: expected %s, got %s" % [what, expected, actual])


func _check(holds: bool, what: String) -> void:
	if not holds:
		_failures.append(what)


func _tell(label: String) -> void:
	if _failures.is_empty():
		_passed += 1
		print("ok reload %s" % label)
	else:
		_failed += 1
		print("FAIL reload %s: %s" % [label, "; ".join(_failures)])
	_failures.clear()
