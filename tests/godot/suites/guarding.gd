extends "res://lib/guarding_suite.gd"
## What protects a server of our class from its clients: limits, bans, and the rule for lines of the log.

const FLOODED := 300
## As the help says.
const DEFAULTS: Dictionary[StringName, int] = {
	&"max_connects_per_second": 2000,
	&"max_connects_per_second_per_address": 50,
	&"max_half_open": 1024,
	&"max_half_open_per_address": 64,
	&"max_peers_per_address": -1,
	&"max_unread_bytes": 67108864,
	&"max_unread_packets": 65536,
	&"max_bytes_per_second": 67108864,
	&"max_packets_per_second": 10000,
	&"max_waiting_bytes": 33554432,
	&"max_waiting_bytes_total": 268435456,
	&"max_unsent_bytes": 67108864,
	&"max_undecodable_datagrams": 64,
}


func case_limits() -> void:
	var limits := _new("ENetLimitsRs")
	for name: StringName in DEFAULTS:
		equal(limits.get(name), DEFAULTS[name], "the default of %s" % name)
	var listed := limits.get_property_list().filter(func(property: Dictionary) -> bool:
		return str(property["name"]).begins_with("max_"))
	equal(listed.size(), DEFAULTS.size(), "the number of limits")
	for property: Dictionary in listed:
		_expect_range(limits, property)
	var changes: Array[int] = []
	var on_changed := func() -> void: changes.append(limits.get(&"max_unsent_bytes"))
	limits.connect(&"changed", on_changed)
	for round in 2:
		limits.set(&"max_unsent_bytes", KB64)
	equal(changes, [KB64] as Array[int], "the signal `changed`")
	var copy: Object = limits.call(&"duplicate")
	equal(copy.get(&"max_unsent_bytes"), KB64, "a copy of the resource")
	# The handler holds the object that holds it.
	limits.disconnect(&"changed", on_changed)
	done()


## The inspector offers the range that the setter accepts.
func _expect_range(limits: Object, property: Dictionary) -> void:
	var name: StringName = property["name"]
	var known: Variant = limits.get(name)
	equal(property["hint"], PROPERTY_HINT_RANGE, "the hint of %s" % name)
	var hint: String = property["hint_string"]
	var least := hint.get_slice(",", 0).to_int()
	var most := hint.get_slice(",", 1).to_int()
	check(least < most, "the range of %s" % name)
	for wrong: int in [least - 1, most + 1]:
		limits.set(name, wrong)
		expect_error_texts(["%s must be %d to %d, not %d" % [name, least, most, wrong]], "setting %s" % name)
		equal(limits.get(name), known, "the value of %s" % name)
	for right: int in [least, most, known]:
		limits.set(name, right)
		equal(limits.get(name), right, "the value of %s" % name)


## The inspector adds an empty text to the list, and sets what the user has typed so far.
func case_trusted_proxies() -> void:
	var limits := _new("ENetLimitsRs")
	var changes: Array[int] = []
	var on_changed := func() -> void: changes.append(1)
	limits.connect(&"changed", on_changed)
	for texts: Array in [["10.9.8.7/8"], ["10.9.8.7/8", ""], ["10.9.8.7/8", ELSEWHERE]]:
		limits.set(&"trusted_proxies", PackedStringArray(texts))
		equal(limits.get(&"trusted_proxies"), PackedStringArray(texts), "trusted_proxies")
	var wrong := PackedStringArray(["proxy", ELSEWHERE, "10.0.0.0/33"])
	for round in 2:
		limits.set(&"trusted_proxies", wrong)
		equal(limits.get(&"trusted_proxies"), wrong, "trusted_proxies")
	expect_error_texts([
		"set_trusted_proxies: trusted_proxies must name addresses and networks: \"proxy\" is neither an IP address nor "
		+ "a network like 10.0.0.0/8; \"10.0.0.0/33\" is neither",
	], "wrong texts")
	equal(changes.size(), 4, "the number of changes")
	var copy: Object = limits.call(&"duplicate")
	equal(copy.get(&"trusted_proxies"), wrong, "a copy of the resource")
	expect_errors(1, true, "a copy of the resource")
	# The handler holds the object that holds it.
	limits.disconnect(&"changed", on_changed)
	done()


## Clients with another address than the exempt one.
func case_peers_of_one_address() -> void:
	var server := start_server()
	var limits := _new("ENetLimitsRs")
	limits.set(&"max_peers_per_address", 1)
	server.peer.set(&"limits", limits)
	for number in 3:
		var client := new_host(client_class)
		var error: Error = client.connection.call(&"create_host_bound", ALSO_LOCAL, 0, 1)
		if number == 0 and error != OK:
			check(OS.get_name() == "macOS", "%s is an address of this machine" % ALSO_LOCAL)
			_errors.take()
			break
		client.is_open = error == OK
		if number == 2:
			limits.set(&"trusted_proxies", PackedStringArray(["proxy", ALSO_LOCAL]))
			expect_errors(1, true, "a wrong text beside a right one")
		client.join(server.port, 0, 5000 + number)
		check(_serve(server, client, func() -> bool: return not client.events.is_empty()), "the client has an event")
		var expected := RawHost.EVENT_DISCONNECT if number == 1 else RawHost.EVENT_CONNECT
		equal(client.types().front(), expected, "the event of client %d" % number)
	done()


func case_the_property_limits() -> void:
	var ends := connected(1)
	var server := ends[0].peer
	equal(server.get(&"limits"), null, "the default")
	var host: Object = server.get(&"host")
	var limits := _new("ENetLimitsRs")
	server.set(&"limits", limits)
	equal(server.get(&"limits"), limits, "the property")
	equal(host.get(&"limits"), limits, "the property of the host")
	limits.set(&"max_unsent_bytes", KB64)
	Threaded.end(server)
	server.poll()
	equal(range(FLOODED).all(func(_round: int) -> bool: return ends[0].send(pattern(1000), ends[1].id()) == OK), false,
			"the host takes any number of packets")
	expect_errors(1, true, "a full queue")
	host.set(&"limits", null)
	equal(ends[0].send(pattern(1000), ends[1].id()), OK, "put_packet with the default limits")
	equal(server.get(&"limits"), limits, "the property after a change of the host's")
	server.set(&"limits", null)
	equal(ends[1].say("still here"), OK, "put_packet")
	check(pump(ends, func() -> bool: return ends[0].texts().has("still here")), "the connection lives on")
	done()


func case_the_ban_list() -> void:
	for banner: Object in [new_end(server_class).peer, new_host(server_class).connection]:
		equal(_banned(banner), [], "the list at first")
		equal(banner.call(&"ban_address", ELSEWHERE), OK, "ban_address")
		equal(banner.call(&"ban_address", "10.9.8.7/8", 0.05), OK, "ban_address")
		equal(banner.call(&"ban_address", "fd00:0:0:7::1/64", 60), OK, "ban_address")
		equal(_banned(banner), ["10.0.0.0/8", ELSEWHERE, "fd00:0:0:7:0:0:0:0/64"], "the list")
		_expect_times_left(banner)
		OS.delay_msec(60)
		equal(_banned(banner), [ELSEWHERE, "fd00:0:0:7:0:0:0:0/64"], "the list after a while")
		equal(banner.call(&"unban_address", ELSEWHERE), true, "unban_address")
		equal(banner.call(&"unban_address", ELSEWHERE), false, "unban_address again")
		equal(banner.call(&"ban_address", "localhost"), ERR_INVALID_PARAMETER, "a name")
		equal(banner.call(&"ban_address", ELSEWHERE, -1.0), ERR_INVALID_PARAMETER, "a negative time")
		equal(banner.call(&"ban_address", ELSEWHERE, NAN), ERR_INVALID_PARAMETER, "no number")
		equal(banner.call(&"unban_address", "10.0.0.0/33"), false, "no network")
		equal(banner.call(&"get_ban_time_left", "proxy"), -1.0, "no network")
		expect_error_texts([
			"ban_address: \"localhost\" is neither an IP address nor a network",
			"ban_address: -1 is not a number of seconds",
			"ban_address: NaN is not a number of seconds",
			"unban_address: \"10.0.0.0/33\" is neither an IP address nor a network",
			"get_ban_time_left: \"proxy\" is neither an IP address nor a network",
		], "wrong arguments")
		equal(_banned(banner), ["fd00:0:0:7:0:0:0:0/64"], "the list at last")
	done()


func _expect_times_left(banner: Object) -> void:
	var left := func(network: String) -> float: return banner.call(&"get_ban_time_left", network)
	equal(left.call(ELSEWHERE), INF, "the time left of a ban without an end")
	equal(left.call("11.1.2.4"), -1.0, "the time left of an address that is not banned")
	var seconds: float = left.call("fd00:0:0:7::9")
	check(seconds > 0.0 and seconds <= 60.0, "%f seconds are left of 60" % seconds)
	# A tiny time is no ban for ever, and the longest ones are.
	for forever: float in [INF, 1e30, 0.0]:
		equal(banner.call(&"ban_address", "11.0.0.1", forever), OK, "ban_address")
		equal(left.call("11.0.0.1"), INF, "a ban for %f seconds" % forever)
	equal(banner.call(&"ban_address", "11.0.0.1", 1e-10), OK, "ban_address")
	seconds = left.call("11.0.0.1")
	check(seconds < 0.1, "a tiny time is left")
	equal(banner.call(&"unban_address", "11.0.0.1"), true, "a tiny ban is listed")


## The list outlives the host, and a ban ends connections.
func case_banned() -> void:
	var ends := connected(1)
	var server := ends[0]
	var id := ends[1].id()
	equal(server.peer.call(&"ban_address", LOCAL), OK, "ban_address")
	check(pump(ends, func() -> bool: return server.events.has("-%d" % id)), "the client's connection ends")
	equal(_reason(server, id), REASON_BANNED, "the reason")
	expect_errors(0, true, "a ban")
	server.peer.close()
	equal(_banned(server.peer), [LOCAL], "the list of a closed peer")
	equal(server.host(free_port()), OK, "create_server")
	var client := start_client(server.port)
	pump_for([server, client], 0.5)
	equal(server.events.has("+%d" % client.id()), false, "a banned client connects")
	check(_dropped(server.peer, "banned") > 0, "dropped datagrams are counted")
	equal(_host(server).call(&"get_banned_addresses"), PackedStringArray([LOCAL]), "the host's list")
	equal(_host(server).call(&"unban_address", LOCAL), true, "unban_address of the host")
	equal(_banned(server.peer), [], "the list is the host's")
	check(pump([server, client], func() -> bool: return client.is_up(), 10.0), "the client's next request is answered")
	done()


## A client with one channel makes an error of each packet that is sent to it on others.
func case_one_channel() -> void:
	var server := start_server()
	var client := open_host(client_class)
	var peer := client.join(server.port, 1, REASON)
	check(_serve(server, client, func() -> bool: return server.events.has("+%d" % REASON)), "the client connects")
	for round in FLOODED:
		equal(server.send(pattern(10), REASON, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE),
				ERR_INVALID_PARAMETER, "put_packet")
	expect_error_texts(["put_packet: the connection to peer %d has no transfer channel 0" % REASON], "put_packet")
	var remote := _peer(server, REASON)
	for round in FLOODED:
		equal(remote.call(&"send", 7, pattern(10), 0), ERR_INVALID_PARAMETER, "send")
	expect_error_texts(["send: the channel must be 0 to 0, not 7"], "send")
	# The script's own mistakes are told each time.
	for round in 2:
		equal(remote.call(&"send", 255, pattern(10), 0), ERR_INVALID_PARAMETER, "send")
	expect_errors(2, true, "a channel that no connection has")
	check(is_active(peer), "the client stays connected")
	done()


## A client that acknowledges nothing.
func case_a_full_queue() -> void:
	var server := start_server()
	var limits := _new("ENetLimitsRs")
	limits.set(&"max_unsent_bytes", KB64)
	server.peer.set(&"limits", limits)
	var client := open_host(client_class)
	client.join(server.port, 0, REASON)
	check(_serve(server, client, func() -> bool: return server.events.has("+%d" % REASON)), "the client connects")
	# Their threads would send and acknowledge meanwhile.
	Threaded.end(server.peer)
	Threaded.end(client.connection)
	var errors: Dictionary[int, int] = {}
	for round in FLOODED:
		var error := server.send(pattern(1000), REASON)
		errors[error] = errors.get(error, 0) + 1
	equal(errors.keys(), [OK, ERR_OUT_OF_MEMORY], "the results of put_packet")
	check(errors[OK] >= 32 and errors[OK] <= 70, "%d packets are taken" % errors[OK])
	expect_error_texts(["put_packet: too much waits to be sent to peer %d" % REASON], "put_packet")
	var remote := _peer(server, REASON)
	equal(remote.put_packet(pattern(1000)), ERR_OUT_OF_MEMORY, "put_packet of the packet peer")
	equal(remote.call(&"send", 0, pattern(1000), RELIABLE), ERR_OUT_OF_MEMORY, "send")
	expect_error_texts(["put_packet: too much waits to be sent to the peer"], "the packet peer")
	check(_serve(server, client, func() -> bool: return client.received().size() == errors[OK]), "what was taken arrives")
	# The acknowledgements take a moment.
	check(_serve(server, client, func() -> bool: return server.send(pattern(1000), REASON) == OK), "there is room again")
	done()


## A packet for several drops a receiver that takes in nothing: nothing could make up for the packet.
func case_a_full_queue_among_several() -> void:
	var server := start_server()
	var limits := _new("ENetLimitsRs")
	limits.set(&"max_unsent_bytes", KB64)
	server.peer.set(&"limits", limits)
	var clients: Array[RawHost] = []
	for index in 2:
		var client := open_host(client_class)
		client.join(server.port, 0, REASON + index)
		check(_serve(server, client, func() -> bool: return server.events.has("+%d" % (REASON + index))),
				"a client connects")
		clients.append(client)
	Threaded.end(clients[1].connection)
	_errors.take_warnings()
	var sent := 0
	var is_dropped := func() -> bool: return server.events.has("-%d" % (REASON + 1))
	while sent < FLOODED and not is_dropped.call():
		equal(server.send(pattern(1000)), OK, "put_packet")
		sent += 1
		_serve(server, clients[0], func() -> bool: return clients[0].received().size() == sent)
	check(sent < FLOODED, "the receiver that takes in nothing is not dropped")
	equal(_reason(server, REASON + 1), REASON_UNSENT, "the reason")
	equal(clients[0].received().size(), sent, "the packets of the other client")
	if _errors.can_see():
		var warnings := _errors.take_warnings().filter(func(line: String) -> bool: return line.contains("was dropped"))
		equal(warnings.size(), 1, "the number of warnings")
		check("".join(warnings).contains("peer %d (%s" % [REASON + 1, LOCAL]), "the warning names the peer")
	done()


func case_counts() -> void:
	var ends := connected(1)
	var counts: Dictionary = ends[0].peer.call(&"get_dropped")
	equal(counts.keys(), [
		"malformed", "undecodable", "strangers", "over_limit", "banned", "full", "refused", "handshakes",
	], "the causes")
	equal(counts.values(), [0, 0, 0, 0, 0, 0, 0, 0], "the counts of an honest game")
	equal(_peer(ends[0], ends[1].id()).call(&"get_dropped"), counts, "the counts of a peer")
	var stranger := PacketPeerUDP.new()
	stranger.set_dest_address(LOCAL, ends[0].port)
	var garbage := PackedByteArray([0x00, 0x05, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
	var is_counted := func() -> bool:
		stranger.put_packet(garbage)
		var dropped: Dictionary = ends[0].peer.call(&"get_dropped")
		var malformed: int = dropped["malformed"]
		var strangers: int = dropped["strangers"]
		return malformed + strangers >= 5
	check(pump(ends, is_counted), "the datagrams of a stranger are counted")
	# The last datagrams may still arrive.
	var host := _host(ends[0])
	var is_equal := func() -> bool: return host.call(&"get_dropped") == ends[0].peer.call(&"get_dropped")
	check(pump(ends, is_equal), "the host's counts")
	ends[0].peer.close()
	equal(ends[0].peer.call(&"get_dropped"), {}, "the counts of an inactive peer")
	expect_error_texts(["get_dropped: the object is not active"], "an inactive peer")
	done()


## The host of a mesh shows the limits and the bans of the mesh.
func case_a_mesh() -> void:
	var mesh := new_end(server_class)
	var limits := _new("ENetLimitsRs")
	var joined := linked(0, 1)
	var own: Object = joined.hosts[0].connection
	own.set(&"limits", _new("ENetLimitsRs"))
	equal(own.call(&"ban_address", ELSEWHERE), OK, "ban_address of the host")
	mesh.peer.set(&"limits", limits)
	equal(mesh.peer.call(&"ban_address", "10.2.0.0/16"), OK, "ban_address")
	equal(mesh.peer.call(&"create_mesh", 7), OK, "create_mesh")
	equal(mesh.peer.call(&"add_mesh_peer", 8, own), OK, "add_mesh_peer")
	joined.hosts[0].is_open = false
	equal(own.get(&"limits"), limits, "the limits of the host")
	equal(mesh.peer.call(&"ban_address", "10.3.0.0/16"), OK, "ban_address")
	equal(_banned(own), [ELSEWHERE, "10.2.0.0/16", "10.3.0.0/16"], "the bans of the host")
	equal(_banned(mesh.peer), ["10.2.0.0/16", "10.3.0.0/16"], "the bans of the mesh")
	equal(mesh.peer.call(&"unban_address", "10.2.0.0/16"), true, "unban_address")
	equal(_banned(own), [ELSEWHERE, "10.3.0.0/16"], "the bans of the host")
	done()
