extends "res://lib/suite.gd"
## Creating, connecting, ids, status, signals.


func case_ids_and_status() -> void:
	var server := new_end(server_class)
	var client := new_end(client_class)
	equal(server.peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "before")
	equal(server.peer.get_unique_id(), 0, "id before")
	expect_errors(1, server.is_ours, "get_unique_id while inactive")
	var port := free_port()
	equal(server.host(port), OK, "create_server")
	equal(server.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTED, "server at once")
	equal(server.id(), 1, "the server's id")
	equal(client.join(port), OK, "create_client")
	equal(client.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING, "client at first")
	var id := client.id()
	check(id >= 2 and id <= 0x7fffffff, "the client's id is in range")
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	equal(client.id(), id, "the id stays")
	check(pump([server, client], func() -> bool: return not server.events.is_empty()), "server sees it")
	equal(server.events, ["+%d" % id] as Array[String], "the server's signals")
	equal(client.events, ["+1"] as Array[String], "the client's signals")
	client.peer.close()
	equal(client.peer.get_unique_id(), 0, "id after")
	expect_errors(1, client.is_ours, "get_unique_id after")
	done()


func case_status_inside_signals() -> void:
	var started := start_server()
	var server: End = started[0]
	var client := new_end(client_class)
	client.join(started[1])
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
	check(pump([ends[0]], func() -> bool: return ends[0].events.size() == 2), "the server sees it leave")
	equal(ends[0].events, ["+%d" % id, "-%d" % id] as Array[String], "server")
	equal(ends[1].events, ["+1"] as Array[String], "closing emits nothing on the own side")
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
	var started := start_server()
	var peer: MultiplayerPeer = started[0].peer
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
	var started := start_server()
	var client := new_end(client_class)
	equal(client.join(started[1], "localhost"), OK, "create_client")
	check(pump([started[0], client], func() -> bool: return client.is_up()), "connects by name")
	done()


func case_port_zero() -> void:
	var server := new_end(server_class)
	equal(server.host(0), OK, "the system chooses the port")
	done()


func case_several_clients() -> void:
	var ends := connected(12)
	var ids := {}
	for client in ends.slice(1):
		ids["+%d" % client.id()] = true
		equal(client.events, ["+1"] as Array[String], "each client sees the server alone")
	equal(ids.size(), 12, "ids differ")
	for event in ends[0].events:
		check(ids.erase(event), "server saw %s" % event)
	done()


func case_local_port() -> void:
	var started := start_server()
	var client := new_end(client_class)
	var local_port := free_port()
	equal(client.peer.call(&"create_client", "127.0.0.1", started[1], 0, 0, 0, local_port), OK, "create")
	check(pump([started[0], client], func() -> bool: return client.is_up()), "connects")
	var probe := PacketPeerUDP.new()
	check(probe.bind(local_port) != OK, "the local port is taken")
	forget_errors()
	done()


func case_bind_ip() -> void:
	var server := new_end(server_class)
	var port := free_port()
	server.peer.call(&"set_bind_ip", "127.0.0.1")
	server.peer.call(&"set_bind_ip", "no address")
	expect_errors(1, server.is_ours, "set_bind_ip with nonsense")
	equal(server.host(port), OK, "create_server")
	var client := new_end(client_class)
	client.join(port)
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	done()


## The stock class of a build on system ENet knows no IPv6.
func case_ipv6() -> void:
	if not (server_class.ends_with("Rs") and client_class.ends_with("Rs")):
		var stock := new_end("ENetMultiplayerPeer")
		check(stock.join(free_port(), "::1") != OK, "stock cannot reach ::1")
		forget_errors()
		done()
		return
	var started := start_server()
	for address: String in ["::1", "127.0.0.1", "[::1]"]:
		var client := new_end(client_class)
		equal(client.join(started[1], address), OK, address)
		check(pump([started[0], client], func() -> bool: return client.is_up()), "connects to " + address)
	done()


func case_many_joins_in_one_poll() -> void:
	var started := start_server()
	var server: End = started[0]
	var clients: Array[End] = []
	for index in 8:
		var client := new_end(client_class)
		client.join(started[1])
		clients.append(client)
	var polls_with_join := [0]
	var everybody := func() -> bool:
		return server.events.size() == 8 and clients.all(func(end: End) -> bool: return end.is_up())
	var deadline := Time.get_ticks_msec() + 5000
	while not everybody.call() and Time.get_ticks_msec() < deadline:
		for client in clients:
			client.poll()
		OS.delay_msec(5)
		var before := server.events.size()
		server.poll()
		if server.events.size() > before:
			polls_with_join[0] += 1
	check(everybody.call(), "all eight join")
	if server.is_ours:
		check(polls_with_join[0] < 8, "ours takes several joins in one poll")
	else:
		equal(polls_with_join[0], 8, "stock takes one join a poll")
	done()
