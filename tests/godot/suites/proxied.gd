extends "res://lib/proxied_suite.gd"
## Clients of our class behind a proxy that routes by the suffix of their datagrams.


func case_tokens_route() -> void:
	var ends := _routed()
	check(pump(ends, func() -> bool: return _have_met(ends)), "the clients connect")
	_talk(ends)
	# A goodbye has the token, too.
	ends[2].peer.close()
	check(pump(ends, func() -> bool: return ends[0].events.size() == 2), "the server hears of it")
	equal(ends[1].events.size(), 1, "the other client stays")
	done()


func case_compressed() -> void:
	var ends := _routed()
	for end in ends:
		host_of(end).call(&"compress", COMPRESS_ZLIB)
	check(pump(ends, func() -> bool: return _have_met(ends)), "the clients connect")
	_talk(ends)
	done()


## The token lies outside of DTLS: handshakes have it, too. A server of the built-in class has Godot's own DTLS before it.
func case_encrypted() -> void:
	var who := identity(P256)
	var ends: Array[End] = []
	for number: int in 2:
		ends.append(_encrypted_server(number, who))
	for number: int in 2:
		var client := _client(number)
		equal(client.join(_proxy_port(), _proxy_ip()), OK, "create_client")
		equal(host_of(client).call(&"dtls_client_setup", NAME, trusting(who)), OK, "dtls_client_setup")
		ends.append(client)
	check(pump(ends, func() -> bool: return _have_met(ends), PATIENCE), "the clients connect")
	_talk(ends)
	done()


func case_simulated() -> void:
	var ends := _routed()
	for client: End in ends.slice(2):
		var simulation: RefCounted = ClassDB.instantiate(&"ENetSimulationRs")
		for name: StringName in [&"outgoing_latency", &"incoming_latency"]:
			simulation.set(name, 20.0)
		simulation.set(&"outgoing_loss", 5.0)
		client.peer.set(&"simulation", simulation)
	check(pump(ends, func() -> bool: return _have_met(ends), PATIENCE), "the clients connect")
	_talk(ends)
	done()


func case_a_wrong_token() -> void:
	var server := _server(0)
	for token: PackedByteArray in [WRONG_TOKEN.to_utf8_buffer(), PackedByteArray()]:
		var client := new_end(client_class)
		client.peer.set(&"datagram_suffix", token)
		client.peer.set(&"connect_timeout", 1.0)
		var told: Array[int] = []
		client.peer.connect(&"connection_failed_with_reason", func(reason: int, _data: int, _text: String) -> void:
			told.append(reason))
		equal(client.join(_proxy_port(), _proxy_ip()), OK, "create_client")
		check(pump([server, client], func() -> bool: return not client.is_active()), "the attempt ends")
		equal(told, [TIMEOUT] as Array[int], "like one without an answer")
	equal(server.events, [] as Array[String], "nobody came")
	done()


func case_hosts() -> void:
	var both := link(_bound(0), _suffixed_host(), 0)
	var bytes := pattern(LARGE)
	for number: int in 2:
		equal(send(both.peers[number], 0, bytes), OK, "send")
	check(serve(both.hosts, func() -> bool:
		return both.hosts.all(func(host: RawHost) -> bool: return host.received().size() == 1)), "packets arrive")
	for host in both.hosts:
		equal(host.received()[0].bytes, bytes, "the packet")
	equal(statistic(both.peers[1], ENetPacketPeer.PEER_PACKET_LOSS), 0, "no datagram is lost")
	done()


## The player who connects has the suffix; the other one answers without.
func case_a_mesh() -> void:
	var ends: Array[End] = [new_end(server_class), new_end(client_class)]
	var joined := link(_bound(0), _suffixed_host(), 0)
	for number: int in 2:
		equal(ends[number].peer.call(&"create_mesh", number + 1), OK, "create_mesh")
		var host := joined.hosts[number]
		equal(ends[number].peer.call(&"add_mesh_peer", 2 - number, host.connection), OK, "add_mesh_peer")
		host.is_open = false
	for end in ends:
		equal(end.send(pattern(LARGE)), OK, "send")
	check(pump(ends, func() -> bool: return ends.all(_has_packets)), "packets arrive")
	for end in ends:
		equal(end.packets[0].bytes, pattern(LARGE), "the packet")
	done()


## All players come from the address of the proxy.
func case_limits() -> void:
	if not server_class.ends_with("Rs"):
		return _not_played("the built-in class has no limits")
	var address := _seen_address()
	if address == "127.0.0.1":
		return _not_played("the server sees the proxy as 127.0.0.1, which is exempt")
	for is_trusted: bool in [false, true]:
		var limits: Resource = ClassDB.instantiate(&"ENetLimitsRs")
		limits.set(&"max_peers_per_address", 2)
		if is_trusted:
			limits.set(&"trusted_proxies", PackedStringArray([address]))
		var server := _server(0)
		server.peer.set(&"limits", limits)
		var ends: Array[End] = [server]
		var reasons: Array[int] = []
		# One after the other: the limit holds for those that are connected.
		for number: int in 4:
			var client := _client(0)
			client.peer.connect(&"connection_failed_with_reason", func(reason: int, _data: int, _text: String) -> void:
				reasons.append(reason))
			_join_other(client)
			ends.append(client)
			check(pump(ends, func() -> bool:
				return not client.is_active() or server.events.has("+%d" % client.id()) and client.is_up()), "an answer")
		var up: Array[End] = ends.slice(1).filter(func(end: End) -> bool: return end.is_up())
		equal(up.size(), 4 if is_trusted else 2, "players behind the proxy, trusted: %s" % is_trusted)
		equal(reasons.size(), 4 - up.size(), "refusals")
		check(reasons.all(func(reason: int) -> bool: return reason == TOO_MANY_OF_ADDRESS), "why: %s" % [reasons])
		_expect_ban(server, up, address, is_trusted)
		for end in ends:
			end.peer.close()
	done()


## A ban of an address is one of the proxy. A trusted proxy cannot be banned.
func _expect_ban(server: End, up: Array[End], address: String, is_trusted: bool) -> void:
	var banned: Error = server.peer.call(&"ban_address", address, 5.0)
	equal(banned, ERR_INVALID_PARAMETER if is_trusted else OK, "ban_address")
	if is_trusted:
		var text := "ban_address: %s meets %s of the trusted_proxies" % [address, address]
		expect_error_texts([text], "a ban of the proxy")
	var ends: Array[End] = [server]
	ends.append_array(up)
	pump_for(ends, 0.3)
	var left := up.filter(func(end: End) -> bool: return end.is_up())
	equal(left.size(), up.size() if is_trusted else 0, "players that stay")


func case_settings() -> void:
	var peer := new_end(client_class)
	var server := _bound_connection()
	for object: Object in [peer.peer, server]:
		equal(object.get(&"datagram_suffix"), PackedByteArray(), "the default")
		var long := PackedByteArray()
		long.resize(65)
		object.set(&"datagram_suffix", long)
		expect_error_texts(["set_datagram_suffix: a datagram_suffix can have 64 bytes at most, not 65"], "65 bytes")
		long.resize(64)
		object.set(&"datagram_suffix", long)
		equal(object.get(&"datagram_suffix"), long, "64 bytes")
	equal(peer.host(free_port()), ERR_INVALID_PARAMETER, "a server")
	expect_error_texts(["create_server: a server cannot have a datagram_suffix"], "a server")
	equal(peer.peer.call(&"create_mesh", 1), ERR_INVALID_PARAMETER, "a mesh")
	expect_error_texts(["create_mesh: the datagram_suffix has no effect on a mesh"], "a mesh")
	equal(peer.join(_proxy_port(), _proxy_ip()), OK, "a client")
	peer.peer.set(&"datagram_suffix", PackedByteArray())
	expect_error_texts(["set_datagram_suffix: the datagram_suffix cannot be changed while the peer is active"], "active")
	var host: Object = host_of(peer)
	equal(host.get(&"datagram_suffix"), peer.peer.get(&"datagram_suffix"), "that of the host")
	host.set(&"datagram_suffix", PackedByteArray())
	expect_error_texts(["set_datagram_suffix: the datagram_suffix cannot be changed while there is a host"], "a host")
	done()


## The statistics count what is on the wire.
func case_statistics() -> void:
	var ends := _routed()
	check(pump(ends, func() -> bool: return _have_met(ends)), "the clients connect")
	var server: PacketPeer = ends[2].peer.call(&"get_peer", 1)
	var figures: Dictionary = server.call(&"get_statistics")
	equal(figures["mtu"], 1392 - _token(0).size(), "the MTU of the client")
	var other: PacketPeer
	if ends[0].is_ours:
		other = ends[0].peer.call(&"get_peer", ends[2].id())
		var known: Dictionary = other.call(&"get_statistics")
		equal(known["mtu"], figures["mtu"], "the MTU of the server")
	host_of(ends[2]).call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_DATA)
	var before: Dictionary = ends[2].peer.call(&"get_statistics")
	equal(ends[2].send(pattern(LARGE)), OK, "send")
	check(pump(ends, func() -> bool: return _has_packets(ends[0])), "it arrives")
	var after: Dictionary = ends[2].peer.call(&"get_statistics")
	var datagrams: int = after["datagrams_out"] - before["datagrams_out"]
	var bytes: int = after["bytes_out"] - before["bytes_out"]
	check(bytes > LARGE + datagrams * _token(0).size(), "%d bytes in %d datagrams" % [bytes, datagrams])
	var popped: float = host_of(ends[2]).call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_DATA)
	check(int(popped) >= bytes, "pop_statistic: %d" % int(popped))
	done()


## A capture has the tokens as they are on the wire. Wireshark reads ENet before them, once it knows them.
func case_a_capture() -> void:
	if not Tshark.is_there():
		return _not_played("no tshark")
	var server := _server(0)
	var client := _client(0)
	var path := OS.get_user_data_dir().path_join("proxied_%d.pcapng" % OS.get_process_id())
	equal(client.peer.call(&"start_capture", path), OK, "start_capture")
	equal(client.join(_proxy_port(), _proxy_ip()), OK, "create_client")
	check(pump([server, client], func() -> bool: return server.events.size() == 1 and client.is_up()), "they connect")
	equal(client.send(pattern(LARGE)), OK, "send")
	check(pump([server, client], func() -> bool: return _has_packets(server)), "it arrives")
	equal(server.say("answer", client.id()), OK, "say")
	check(pump([server, client], func() -> bool: return _has_packets(client)), "it arrives")
	client.peer.close()
	var token := _token(0).hex_encode()
	var fields := PackedStringArray(["udp.dstport", "enet.suffix", "enet.command", "enet.reassembled_length", "_ws.expert.message"])
	var rows := Tshark.rows(path, fields, PackedStringArray(["-o", "enet.suffix:" + token]))
	check(rows.size() > 15, "%d datagrams" % rows.size())
	for row in rows:
		var is_out := row[0].to_int() == _proxy_port()
		equal(row[1].replace(":", ""), token if is_out else "", "the suffix of %s" % row)
		check(not row[2].is_empty() and not row[4].to_lower().contains("malformed"), "the commands of %s" % row)
	check(rows.any(func(row: PackedStringArray) -> bool: return row[3] == str(LARGE)), "the large packet is read")
	DirAccess.remove_absolute(path)
	done()


func case_pings() -> void:
	var proxies := OS.get_environment(QCMP).split(",", false)
	if proxies.is_empty():
		return _not_played("nobody in %s" % QCMP)
	var ping: RefCounted = ClassDB.instantiate(&"ENetProxyPingRs")
	equal(ping.call(&"get_best"), "", "the best of none")
	equal(ping.call(&"get_results"), [], "no results")
	var told: Array[Array] = []
	var note := func(results: Array) -> void:
		told.append(results)
		equal(ping.call(&"is_measuring"), false, "in the handler")
	ping.connect(&"finished", note)
	var asked := PackedStringArray(["no-such-proxy.invalid"])
	asked.append_array(proxies)
	var start := Time.get_ticks_msec()
	equal(ping.call(&"measure", asked, 4, 1.0), OK, "measure")
	check(Time.get_ticks_msec() - start < 200, "nobody waits for it")
	equal(ping.call(&"is_measuring"), true, "it measures")
	equal(ping.call(&"measure", asked), ERR_BUSY, "once at a time")
	expect_error_texts(["measure: a measurement goes on"], "once at a time")
	check(await frames(func() -> bool: return not told.is_empty()), "the signal comes")
	equal(told.size(), 1, "once")
	var results: Array = told[0]
	equal(results, ping.call(&"get_results"), "the results")
	equal(results.map(func(row: Dictionary) -> String: return row["proxy"]), Array(asked), "in their order")
	var nobody: Dictionary = results[0]
	equal([nobody["round_trip"], nobody["loss"], nobody["address"], nobody["port"]], [-1.0, 1.0, "", 0], "no such name")
	check(str(nobody["error"]).contains(".invalid"), "why: %s" % nobody["error"])
	var near: Dictionary = results[1]
	var trip: float = near["round_trip"]
	check(trip > 0.0 and trip < 1000.0, "the round trip: %s" % near)
	equal([near["loss"], near["error"], near["port"]], [0.0, "", proxies[0].get_slice(":", 1).to_int()], "the near one")
	if proxies.size() > 1:
		var far: Dictionary = results[2]
		trip = far["round_trip"]
		check(trip >= 30.0, "the far one: %s" % far)
		equal(far["loss"], 0.5, "its loss")
		# A slow machine may make the near one slower for a moment, but not its median.
		equal(ping.call(&"get_best"), proxies[0], "the best")
	# The signal holds the object that holds it.
	ping.disconnect(&"finished", note)
	done()


func case_pings_that_are_refused_and_given_up() -> void:
	var ping: RefCounted = ClassDB.instantiate(&"ENetProxyPingRs")
	var many := PackedStringArray()
	many.resize(65)
	many.fill("127.0.0.1")
	for wrong: Array in [
		[PackedStringArray(), 5, 1.0, "1 to 64 proxies"],
		[many, 5, 1.0, "1 to 64 proxies can be measured at once, not 65"],
		[PackedStringArray(["a:b"]), 5, 1.0, "\"a:b\" is no proxy"],
		[PackedStringArray(["a"]), 0, 1.0, "the number of pings must be 1 to 20, not 0"],
		[PackedStringArray(["a"]), 5, NAN, "the timeout must be 0.05 to 10 seconds"],
	]:
		var text: String = wrong[3]
		equal(ping.call(&"measure", wrong[0], wrong[1], wrong[2]), ERR_INVALID_PARAMETER, text)
		expect_error_texts(["measure: " + text], text)
	var told: Array[int] = []
	ping.connect(&"finished", func(_results: Array) -> void: told.append(1))
	equal(ping.call(&"measure", PackedStringArray(["127.0.0.1:9"]), 1, 0.2), OK, "measure")
	ping.call(&"cancel")
	equal(ping.call(&"is_measuring"), false, "it is given up")
	await frames_for(0.5)
	equal(told, [] as Array[int], "no signal")
	# A closed port is no error, and the object can measure again.
	equal(ping.call(&"measure", PackedStringArray(["127.0.0.1:9"]), 1, 0.2), OK, "measure")
	check(await frames(func() -> bool: return told.size() == 1), "the signal comes")
	equal(ping.call(&"get_best"), "", "nobody answered")
	# One that is freed while it measures leaves nothing behind.
	equal(ping.call(&"measure", PackedStringArray(["127.0.0.1:9"]), 1, 0.2), OK, "measure")
	ping = null
	await frames_for(0.5)
	equal(told.size(), 1, "no signal of an object that is freed")
	done()
