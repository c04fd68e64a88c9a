extends "res://lib/suite.gd"
## Creating peers, connecting, ids, status and signals.


func case_ids_and_status() -> void:
	var server := new_end(server_class)
	var client := new_end(client_class)
	equal(server.peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "before")
	equal(server.peer.get_unique_id(), 0, "id before")
	expect_errors(1, server.is_ours, "get_unique_id while inactive")
	var port := free_port()
	equal(server.host(port), OK, "create_server")
	equal(server.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTED,
			"the server's status after create_server")
	equal(server.id(), 1, "the server's id")
	equal(client.join(port), OK, "create_client")
	equal(client.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING,
			"the client's status after create_client")
	var id := client.id()
	check(id >= 2 and id <= 0x7fffffff, "the client's id is in range")
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	equal(client.id(), id, "the id after connecting")
	check(pump([server, client], func() -> bool: return not server.events.is_empty()), "the server signals the client")
	equal(server.events, ["+%d" % id] as Array[String], "the server's signals")
	equal(client.events, ["+1"] as Array[String], "the client's signals")
	client.peer.close()
	equal(client.peer.get_unique_id(), 0, "id after")
	expect_errors(1, client.is_ours, "get_unique_id after")
	done()


func case_status_inside_signals() -> void:
	var server := start_server()
	var client := start_client(server.port)
	var seen: Array[int] = []
	var record := func(_id: int) -> void: seen.append(client.peer.get_connection_status())
	client.peer.peer_connected.connect(record)
	client.peer.peer_disconnected.connect(record)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "connects")
	server.peer.close()
	check(pump([client], func() -> bool: return not client.is_active()), "ends")
	equal(seen, [2, 2] as Array[int], "status in the handlers")
	client.peer.peer_connected.disconnect(record)
	client.peer.peer_disconnected.disconnect(record)
	done()


func case_order_of_signals() -> void:
	var ends := connected(1)
	var id := ends[1].id()
	ends[1].send("bye".to_utf8_buffer())
	check(pump(ends, func() -> bool: return ends[0].packets.size() == 1), "the packet arrives")
	ends[1].peer.close()
	check(pump([ends[0]], func() -> bool: return ends[0].events.size() == 2), "the server signals the disconnect")
	equal(ends[0].events, ["+%d" % id, "-%d" % id] as Array[String], "server")
	equal(ends[1].events, ["+1"] as Array[String], "closing emits no signal at its own end")
	done()


func case_defaults() -> void:
	for peer_class: String in [server_class, client_class]:
		var peer := new_end(peer_class).peer
		equal(peer.transfer_mode, MultiplayerPeer.TRANSFER_MODE_RELIABLE, "transfer_mode")
		equal(peer.transfer_channel, 0, "transfer_channel")
		equal(peer.refuse_new_connections, false, "refuse_new_connections")
		equal(peer.get_available_packet_count(), 0, "available packets")
		equal(peer.is_server_relay_supported(), false, "relay while inactive")
		equal(peer.encode_buffer_max_size, 8388608, "encode_buffer_max_size")
		var id := peer.generate_unique_id()
		check(id >= 2 and id <= 0x7fffffff, "generate_unique_id")
	done()


func case_settings_survive_closing() -> void:
	var server := start_server()
	var peer: MultiplayerPeer = server.peer
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
	peer.transfer_channel = 7
	peer.refuse_new_connections = true
	peer.close()
	equal(peer.transfer_mode, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE, "mode")
	equal(peer.transfer_channel, 7, "channel")
	equal(peer.refuse_new_connections, false, "the refuse flag is reset")
	done()


func case_relay_support() -> void:
	var ends := connected(1)
	equal(ends[0].peer.is_server_relay_supported(), true, "server")
	equal(ends[1].peer.is_server_relay_supported(), true, "client")
	ends[1].peer.close()
	equal(ends[1].peer.is_server_relay_supported(), false, "closed")
	done()


func case_host_name() -> void:
	var server := start_server()
	var client := new_end(client_class)
	equal(client.join(server.port, "localhost"), OK, "create_client")
	check(pump([server, client], func() -> bool: return client.is_up()), "connects by name")
	done()


## Each server gets a port of its own. Where a script can read the port, clients can connect to it.
func case_port_zero() -> void:
	var servers: Array[End] = [new_end(server_class), new_end(server_class)]
	var ports: Array[int] = []
	for server in servers:
		equal(server.host(0), OK, "the system chooses the port")
		check(server.is_up(), "the server is active")
		if server.peer.has_method(&"get_host"):
			var connection: Object = server.peer.call(&"get_host")
			var port: int = connection.call(&"get_local_port")
			check(port > 0 and not ports.has(port), "port %d is valid and unused so far" % port)
			ports.append(port)
			var client := start_client(port)
			var welcome := "+%d" % client.id()
			check(pump([server, client], func() -> bool: return server.events.has(welcome)),
					"the client reaches the server of this port")
	done()


func case_several_clients() -> void:
	var ends := connected(12)
	var ids := {}
	for client: End in ends.slice(1):
		ids["+%d" % client.id()] = true
		equal(client.events, ["+1"] as Array[String], "each client knows only the server")
	equal(ids.size(), 12, "ids differ")
	for event in ends[0].events:
		check(ids.erase(event), "server saw %s" % event)
	done()


func case_local_port() -> void:
	var server := start_server()
	var client := new_end(client_class)
	var local_port := free_port()
	equal(client.peer.call(&"create_client", "127.0.0.1", server.port, 0, 0, 0, local_port), OK, "create")
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	var probe := PacketPeerUDP.new()
	check(probe.bind(local_port) != OK, "the local port is taken")
	expect_error_texts([], "binding a taken port")
	done()


func case_bind_ip() -> void:
	var server := new_end(server_class)
	var port := free_port()
	server.peer.call(&"set_bind_ip", "127.0.0.1")
	server.peer.call(&"set_bind_ip", "no address")
	expect_errors(1, server.is_ours, "set_bind_ip with nonsense")
	equal(server.host(port), OK, "create_server")
	var client := start_client(port)
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	done()


## The stock class of a build with the system's ENet has no IPv6 and reports that.
func case_ipv6() -> void:
	var both_can := true
	for peer_class: String in [server_class, client_class]:
		var end := new_end(peer_class)
		var error := end.join(free_port(), "::1")
		both_can = both_can and error == OK
		if end.is_ours:
			equal(error, OK, "our class reaches ::1 in every build")
		expect_errors(0 if error == OK else 1, end.is_ours, "joining ::1")
	var server := start_server()
	var addresses: Array[String] = ["127.0.0.1"]
	if both_can:
		addresses.append("::1")
	for address in addresses:
		var client := new_end(client_class)
		equal(client.join(server.port, address), OK, address)
		check(pump([server, client], func() -> bool: return client.is_up()), "connects to " + address)
	var bracketed := new_end(client_class)
	if bracketed.is_ours:
		equal(bracketed.join(server.port, "[::1]"), OK, "brackets")
	if bracketed.is_ours and both_can:
		check(pump([server, bracketed], func() -> bool: return bracketed.is_up()), "connects with brackets")
	done()


## Our server reports all clients that wait in one poll, stock's one per poll. A poll amid the joins reports some: the
## network thread serves meanwhile, but lets nobody in who knocks more than 200 ms after the last poll. So the joins are
## counted that a poll reports when all clients are up.
func case_many_joins_in_one_poll() -> void:
	var server := start_server()
	var clients: Array[End] = []
	for index in 8:
		clients.append(start_client(server.port))
	var everybody := func() -> bool: return clients.all(func(end: End) -> bool: return end.is_up())
	var joins: Array[int] = []
	var deadline := Time.get_ticks_msec() + 10000
	while server.events.size() < 8 and Time.get_ticks_msec() < deadline:
		for step in 10:
			for client in clients:
				client.poll()
			OS.delay_msec(10)
		var are_up: bool = everybody.call()
		var before := server.events.size()
		server.poll()
		if server.events.size() > before:
			joins.append(server.events.size() - before)
		if server.is_ours and are_up:
			equal(server.events.size(), 8, "the number of joins when all clients were up: %s" % [joins])
			break
	equal(server.events.size(), 8, "the number of joins")
	if not server.is_ours:
		equal(joins, [1, 1, 1, 1, 1, 1, 1, 1] as Array[int], "joins by poll")
	check(pump(_ends, everybody), "all eight clients are connected")
	done()
