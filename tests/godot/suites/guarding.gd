extends "res://lib/raw_suite.gd"
## What protects a server of our class from its clients, which are of either class: limits, bans, the join filter,
## reasons, and the rule for lines of the log.

const Threaded := preload("res://lib/threaded.gd")
const REASON := 77
const FLOODED := 300
## As in ENetMultiplayerPeerRs.DisconnectReason. Named by number, so that the script loads where our classes are
## missing.
const REASON_UNSENT := 0x454E5403
const REASON_BANNED := 0x454E5405
const LOCAL := RawHost.LOCAL
const ELSEWHERE := "10.1.2.3"
const KB64 := 64 * 1024


func reason_to_skip() -> String:
	return "" if server_class.ends_with("Rs") else "the built-in class has none of it"


func case_limits() -> void:
	var limits := _new("ENetLimitsRs")
	equal(limits.get(&"half_open"), 1024, "a default")
	equal(limits.get(&"peers_per_address"), -1, "a default that depends on the host")
	equal(limits.get(&"unsent_bytes"), 64 * 1024 * 1024, "a default")
	var changes: Array[int] = []
	var on_changed := func() -> void: changes.append(limits.get(&"unsent_bytes"))
	limits.connect(&"changed", on_changed)
	limits.set(&"unsent_bytes", KB64)
	equal(changes, [KB64] as Array[int], "the signal `changed`")
	for wrong: Array in [
		[&"unsent_bytes", 5, "unsent_bytes must be 65536 to 1099511627776, not 5"],
		[&"half_open", 0, "half_open must be 1 to 65536, not 0"],
		[&"peers_per_address", -2, "peers_per_address must be -1 to 4095, not -2"],
		[&"packets_per_second", 1 << 32, "packets_per_second must be 0 to 4294967295"],
		[&"trusted_proxies", PackedStringArray([ELSEWHERE, "proxy"]), "\"proxy\" is neither an IP address nor a network"],
	]:
		var name: StringName = wrong[0]
		var known: Variant = limits.get(name)
		limits.set(name, wrong[1])
		expect_error_texts([wrong[2]], "setting %s" % name)
		equal(limits.get(name), known, "the value of %s" % name)
	equal(changes.size(), 1, "the number of changes")
	limits.set(&"trusted_proxies", PackedStringArray(["10.9.8.7/8", ELSEWHERE]))
	equal(limits.get(&"trusted_proxies"), PackedStringArray(["10.0.0.0/8", ELSEWHERE]), "trusted_proxies")
	var copy: Object = limits.call(&"duplicate")
	equal(copy.get(&"unsent_bytes"), KB64, "a copy of the resource")
	# The handler holds the object that holds it.
	limits.disconnect(&"changed", on_changed)
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
	host.set(&"limits", null)
	equal(server.get(&"limits"), limits, "the property after a change of the host's")
	server.set(&"limits", null)
	equal(ends[1].say("still here"), OK, "put_packet")
	check(pump(ends, func() -> bool: return ends[0].texts().has("still here")), "the connection lives on")
	done()


## The stock client's connection has the reason as the data of its last event.
func case_reasons() -> void:
	var server := start_server()
	var told: Array[int] = []
	var on_left := func(id: int) -> void: told.append(server.peer.call(&"get_disconnect_reason", id))
	server.peer.peer_disconnected.connect(on_left)
	for force: bool in [false, true]:
		var client := open_host(client_class)
		var id := 5000 + int(force)
		client.join(server.port, 0, id)
		check(_serve(server, client, func() -> bool: return server.events.has("+%d" % id)), "the client connects")
		client.events.clear()
		server.peer.call(&"disconnect_peer_with_reason", id, REASON + int(force), force)
		check(_serve(server, client, func() -> bool: return not client.events.is_empty()), "the client has an event")
		if not client.events.is_empty():
			equal(client.events[0].data, REASON + int(force), "the data of the client's event")
		check(_serve(server, client, func() -> bool: return _reason(server, id) != 0), "the server knows the reason")
		equal(_reason(server, id), REASON + int(force), "the server's reason")
	equal(told, [REASON] as Array[int], "the reasons in the handlers")
	# The handler holds the peer that holds it.
	server.peer.peer_disconnected.disconnect(on_left)
	equal(_reason(server, 12345), 0, "no reason")
	server.peer.call(&"disconnect_peer_with_reason", 12345, 1)
	server.peer.call(&"disconnect_peer_with_reason", 12345, 1 << 32)
	server.peer.call(&"disconnect_peer_with_reason", 1 << 32, 1)
	expect_error_texts([
		"disconnect_peer_with_reason: peer 12345 is not connected",
		"disconnect_peer_with_reason: the reason must be 0 to 4294967295",
		"disconnect_peer_with_reason: the id 4294967296 does not fit",
	], "wrong arguments")
	done()


## A client gives a reason as well, and ours learns the server's.
func case_reasons_of_both_sides() -> void:
	var ends := connected(1)
	var id := ends[1].id()
	ends[0].peer.call(&"disconnect_peer_with_reason", id, REASON)
	check(pump(ends, func() -> bool: return not ends[1].is_active()), "the client ends")
	if ends[1].is_ours:
		equal(_reason(ends[1], 1), REASON, "the client's reason, after its end")
		equal(ends[1].join(ends[0].port), OK, "create_client")
		equal(_reason(ends[1], 1), 0, "the reason of a new session")
	var client := open_host(client_class)
	var peer := client.join(ends[0].port, 0, 4321)
	check(_serve(ends[0], client, func() -> bool: return ends[0].events.has("+4321")), "another client connects")
	client.drain()
	peer.call(&"peer_disconnect", REASON + 1)
	check(_serve(ends[0], client, func() -> bool: return ends[0].events.has("-4321")), "it leaves")
	equal(_reason(ends[0], 4321), REASON + 1, "the reason of a client")
	done()


func case_the_id_of_a_client() -> void:
	var client := new_end(server_class)
	for wrong: int in [-1, 1, 1 << 31]:
		client.peer.set(&"connect_id", wrong)
		expect_error_texts(["connect_id must be 0 or 2 to 2147483647, not %d" % wrong], "a wrong id")
	equal(client.peer.get(&"connect_id"), 0, "the default")
	client.peer.set(&"connect_id", 1234)
	var server := start_server()
	equal(client.join(server.port), OK, "create_client")
	check(pump([server, client], func() -> bool: return server.events.has("+1234")), "the client has the id")
	done()


func case_tokens() -> void:
	var tokens := _new("ENetJoinTokensRs")
	var token: int = tokens.call(&"issue", 30.0)
	check(token >= 2 and token < 1 << 31, "a token is an id")
	equal(tokens.call(&"check", token ^ 0x10000), false, "another token")
	equal(tokens.call(&"check", token), true, "the token")
	equal(tokens.call(&"check", token), false, "the token, used again")
	equal(_new("ENetJoinTokensRs").call(&"check", tokens.call(&"issue", 30.0)), false, "a token of another object")
	var issuer := _new("ENetJoinTokensRs")
	var checker := _new("ENetJoinTokensRs")
	var key := "a key in 16 bytes".to_utf8_buffer().slice(0, 16)
	for either: RefCounted in [issuer, checker]:
		equal(either.call(&"set_key", key), OK, "set_key")
		equal(either.call(&"set_key", key.slice(1)), ERR_INVALID_PARAMETER, "a short key")
		expect_error_texts(["set_key: the key must have 16 bytes, not 15"], "a short key")
	equal(checker.call(&"check", issuer.call(&"issue", 30.0)), true, "a token of an object with the same key")
	for wrong: float in [0.0, -1.0, 513.0, NAN]:
		equal(tokens.call(&"issue", wrong), 0, "a wrong lifetime")
		expect_error_texts(["lifetime_seconds must be more than 0 and 512 at most"], "a wrong lifetime")
	done()


func case_the_ban_list() -> void:
	for banner: Object in [new_end(server_class).peer, new_host(server_class).connection]:
		equal(_banned(banner), [], "the list at first")
		equal(banner.call(&"ban_address", ELSEWHERE), OK, "ban_address")
		equal(banner.call(&"ban_address", "10.9.8.7/8", 0.05), OK, "ban_address")
		equal(banner.call(&"ban_address", "fd00:0:0:7::1/64", 60), OK, "ban_address")
		equal(_banned(banner), ["10.0.0.0/8", ELSEWHERE, "fd00:0:0:7::/64"], "the list")
		OS.delay_msec(60)
		equal(_banned(banner), [ELSEWHERE, "fd00:0:0:7::/64"], "the list after a while")
		equal(banner.call(&"unban_address", ELSEWHERE), true, "unban_address")
		equal(banner.call(&"unban_address", ELSEWHERE), false, "unban_address again")
		equal(banner.call(&"ban_address", "localhost"), ERR_INVALID_PARAMETER, "a name")
		equal(banner.call(&"ban_address", ELSEWHERE, -1.0), ERR_INVALID_PARAMETER, "a negative time")
		equal(banner.call(&"unban_address", "10.0.0.0/33"), false, "no network")
		expect_error_texts([
			"ban_address: \"localhost\" is neither an IP address nor a network",
			"ban_address: -1 is not a number of seconds",
			"unban_address: \"10.0.0.0/33\" is neither an IP address nor a network",
		], "wrong arguments")
		equal(_banned(banner), ["fd00:0:0:7::/64"], "the list at last")
	done()


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


func case_the_join_filter() -> void:
	var server := start_server(1)
	var asked: Array[Dictionary] = []
	var answers: Array[Variant] = [false, true]
	server.peer.set(&"join_filter", func(newcomer: Dictionary) -> Variant:
		asked.append(newcomer)
		return answers[mini(asked.size(), answers.size()) - 1])
	var refused := start_client(server.port)
	check(pump([server, refused], func() -> bool: return asked.size() == 1), "the filter is asked")
	check(pump([server, refused], func() -> bool: return not refused.is_active()), "the client is refused")
	equal(server.events.size(), 0, "signals of the server")
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "the second client connects")
	if asked.size() == 2:
		equal(asked[1].keys(), ["address", "port", "data", "proven"], "the keys")
		equal(asked[1]["address"], LOCAL, "the address")
		equal(asked[1]["data"], client.id(), "the id")
		equal(typeof(asked[1]["proven"]), TYPE_BOOL, "whether the address is proven")
	check(_dropped(server.peer, "refused") > 0, "the refusal is counted")
	done()


## Whatever is no bool refuses, with one line of the log for all.
func case_a_wrong_join_filter() -> void:
	var server := start_server()
	var judge := RefCounted.new()
	judge.set_script(_script("func judge(_newcomer: Dictionary) -> int: return 1"))
	server.peer.set(&"join_filter", Callable(judge, &"judge"))
	for round in 3:
		var client := start_client(server.port)
		check(pump([server, client], func() -> bool: return not client.is_active()), "the client is refused")
		if round == 1:
			judge = null
	expect_error_texts(["poll: join_filter must return a bool, and returned 1 for %s" % LOCAL], "a wrong filter")
	equal(server.events.size(), 0, "signals of the server")
	server.peer.set(&"join_filter", Callable())
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return client.is_up()), "without a filter everybody is let in")
	done()


## The filter may do anything to the peer.
func case_a_join_filter_that_closes() -> void:
	var server := start_server()
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> bool:
		server.peer.close()
		return true)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return not server.is_active()), "the server closes")
	equal(server.events.size(), 0, "signals of the server")
	equal(server.host(free_port()), OK, "create_server")
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> bool:
		server.peer.poll()
		return true)
	var next := start_client(server.port)
	check(pump([server, next], func() -> bool: return next.is_up()), "a filter that polls")
	# The filter holds the peer that holds it.
	server.peer.set(&"join_filter", Callable())
	done()


func case_the_join_filter_of_a_connection() -> void:
	var server := bound_host(server_class)
	var asked: Array[int] = []
	server.connection.set(&"join_filter", func(newcomer: Dictionary) -> bool:
		var data: int = newcomer["data"]
		asked.append(data)
		return data == REASON)
	for data: int in [REASON - 1, REASON]:
		var client := open_host(client_class)
		client.join(server.port, 0, data)
		check(serve([server, client], func() -> bool: return not client.events.is_empty()), "the client has an event")
		var expected := RawHost.EVENT_CONNECT if data == REASON else RawHost.EVENT_DISCONNECT
		equal(client.types().front(), expected, "the event with data %d" % data)
	equal(asked, [REASON - 1, REASON] as Array[int], "the judged data")
	_host(start_server()).set(&"join_filter", func(_newcomer: Dictionary) -> bool: return false)
	expect_error_texts(["set_join_filter: set the property of the ENetMultiplayerPeerRs"], "the host of a peer")
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
	limits.set(&"unsent_bytes", KB64)
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
	limits.set(&"unsent_bytes", KB64)
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
		return _dropped(ends[0].peer, "malformed") + _dropped(ends[0].peer, "strangers") >= 5
	check(pump(ends, is_counted), "the datagrams of a stranger are counted")
	equal(_host(ends[0]).call(&"get_dropped"), ends[0].peer.call(&"get_dropped"), "the host's counts")
	ends[0].peer.close()
	equal(ends[0].peer.call(&"get_dropped"), {}, "the counts of an inactive peer")
	expect_error_texts(["get_dropped: the object is not active"], "an inactive peer")
	done()


func _serve(server: End, client: RawHost, condition: Callable) -> bool:
	return pump([server], func() -> bool:
		client.drain()
		return condition.call())


func _host(end: End) -> Object:
	return end.peer.get(&"host")


func _peer(end: End, id: int) -> PacketPeer:
	return end.peer.call(&"get_peer", id)


func _reason(end: End, id: int) -> int:
	return end.peer.call(&"get_disconnect_reason", id)


func _banned(banner: Object) -> Array:
	var banned: PackedStringArray = banner.call(&"get_banned_addresses")
	return Array(banned)


func _dropped(peer: Object, cause: String) -> int:
	var counts: Dictionary = peer.call(&"get_dropped")
	return counts[cause]


func _new(class_to_make: String) -> RefCounted:
	return ClassDB.instantiate(class_to_make)


func _script(source: String) -> GDScript:
	var script := GDScript.new()
	script.source_code = "extends RefCounted\n%s\n" % source
	script.reload()
	return script
