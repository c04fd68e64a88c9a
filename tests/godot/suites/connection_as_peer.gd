extends "res://lib/connection_suite.gd"
## An ENetConnectionRs as multiplayer peer. A bound one is the server; one that connects with an id is a client.

const MODES: Array[int] = [
	MultiplayerPeer.TRANSFER_MODE_UNRELIABLE, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED,
	MultiplayerPeer.TRANSFER_MODE_RELIABLE,
]


func case_becoming_a_server() -> void:
	var end := new_end(CONNECTION)
	for round in 3:
		equal(end.is_active(), false, "active before create_host_bound")
		equal(end.peer.get_unique_id(), 0, "the id of an inactive peer")
		expect_errors(1, true, "the id of an inactive peer")
		equal(begin_server(end), OK, "create_host_bound")
		equal([end.is_up(), end.id()], [true, 1], "server status and id after create_host_bound")
		equal(end.peer.is_server_relay_supported(), true, "relay support of a server")
		if round % 2 == 0:
			end.peer.close()
		else:
			end.peer.call(&"destroy")
	equal(end.is_active(), false, "active after close")
	done()


func case_becoming_a_client() -> void:
	var server := new_server()
	for data: int in [2, 77, 2_147_483_647]:
		var end := new_end(CONNECTION)
		equal(end.peer.call(&"create_host", 1), OK, "create_host")
		equal(end.is_active(), false, "active without a connection")
		end.peer.call(&"connect_to_host", RawHost.LOCAL, server.port, 0, data)
		equal(end.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING, "connecting")
		equal(end.id(), data, "the connect data is the unique id")
		check(pump([server, end], func() -> bool: return end.is_up()), "the client connects")
		check(pump([server, end], func() -> bool: return server.events.has("+%d" % data)), "the server signals this id")
		end.peer.close()
		equal(end.is_active(), false, "closed")
	done()


func case_data_that_is_no_id() -> void:
	var server := bound_host(server_class)
	for data: int in [0, 1, 2_147_483_648, 4_000_000_000]:
		var end := new_end(CONNECTION)
		end.peer.call(&"create_host", 1)
		var peer: PacketPeer = end.peer.call(&"connect_to_host", RawHost.LOCAL, server.port, 0, data)
		equal(end.is_active(), false, "data %d" % data)
		# A client that is driven by hand connects nevertheless.
		var met := func() -> bool:
			server.drain()
			end.peer.call(&"service")
			return state(peer) == CONNECTED and server.events_of(RawHost.EVENT_CONNECT).size() == 1
		check(pump([], met), "the host connects by hand")
		equal(end.is_active(), false, "data %d, connected" % data)
		equal(server.events[0].data, data, "the data that the server receives")
		server.events.clear()
	done()


func case_packets() -> void:
	var ends := connected_ends()
	equal(ends[0].events, ["+%d" % ends[1].id()] as Array[String], "the server's signals")
	equal(ends[1].events, ["+1"] as Array[String], "the client's signals")
	for mode in MODES:
		for channel: int in [0, 1, 9]:
			for direction in 2:
				var to := ends[1 - direction]
				var text := "mode %d, channel %d, direction %d" % [mode, channel, direction]
				to.packets.clear()
				# The throttle may drop unreliable packets, so these are repeated.
				for attempt in 20:
					equal(ends[direction].send(text.to_utf8_buffer(), to.id(), mode, channel), OK, text)
					if pump(ends, func() -> bool: return not to.packets.is_empty(), 0.5):
						break
				check(not to.packets.is_empty(), text + " arrives")
				for packet in to.packets:
					equal([packet.bytes, packet.channel], [text.to_utf8_buffer(), channel], text)
					equal([packet.from, packet.mode], [ends[direction].id(), mode], text)
	for direction in 2:
		var to := ends[1 - direction]
		to.packets.clear()
		equal(ends[direction].send(pattern(1_000_000), to.id()), OK, "1 MB")
		check(pump(ends, func() -> bool: return not to.packets.is_empty(), 20.0), "the packet arrives")
		check(to.packets[0].bytes == pattern(1_000_000), "exactly")
	done()


func case_targets() -> void:
	var ends := connected_ends(3)
	var one := ends[1].id()
	var two := ends[2].id()
	for target: int in [0, one, -two]:
		equal(ends[0].say("to %d" % target, target), OK, "target %d" % target)
	equal(ends[0].say("last"), OK, "the last")
	check(pump(ends, func() -> bool: return ends.slice(1).all(_has_last)), "all packets arrive")
	equal(ends[1].texts(), ["to 0", "to %d" % one, "to %d" % -two, "last"] as Array[String],
			"the first client's packets")
	equal(ends[2].texts(), ["to 0", "last"] as Array[String], "the second client's packets")
	equal(ends[3].texts(), ["to 0", "to %d" % -two, "last"] as Array[String], "the third client's packets")
	for end in ends:
		equal(end.say("lost", 12345), ERR_INVALID_PARAMETER, "an unknown id")
		expect_errors(1, end.is_ours, "an unknown id")
	done()


func _has_last(end: End) -> bool:
	return end.texts().has("last")


func case_disconnecting() -> void:
	for leaver in 2:
		for force: bool in [false, true]:
			var ends := connected_ends()
			var ids: Array[int] = [1, ends[1].id()]
			ends[leaver].peer.disconnect_peer(ids[1 - leaver], force)
			var stays := ends[1 - leaver]
			check(pump(ends, func() -> bool: return stays.events.has("-%d" % ids[leaver])),
					"the other end receives the disconnect")
			pump_for(ends, 0.03)
			equal(ends[leaver].events.has("-%d" % ids[1 - leaver]), not force,
					"whether the end that disconnects has a signal")
			equal([ends[0].is_active(), ends[1].is_active()], [true, false], "only the server stays active")
	done()


func case_closing_disconnects_all_clients() -> void:
	var ends := connected_ends(3)
	var id := ends[3].id()
	ends[3].peer.close()
	check(pump(ends, func() -> bool: return ends[0].events.has("-%d" % id)),
			"the server signals the client's disconnect")
	ends[0].peer.close()
	equal([ends[0].is_active(), ends[0].events.size()], [false, 4], "closed, without further signals")
	for client: End in [ends[1], ends[2]]:
		check(pump([client], func() -> bool: return not client.is_active()), "the other clients close")
		equal(client.events, ["+1", "-1"] as Array[String], "the other clients' signals")
	done()


func case_dropping_the_object_closes() -> void:
	for leaver in 2:
		var ends := connected_ends()
		var goodbye := "-%d" % ends[leaver].id()
		var stays := ends[1 - leaver]
		_ends.erase(ends[leaver])
		ends.remove_at(leaver)
		check(pump(ends, func() -> bool: return stays.events.has(goodbye)), "the other end receives the disconnect")
	done()


func case_id_in_use() -> void:
	var server := new_server()
	var clients: Array[End] = []
	for index in 2:
		var client := new_end(CONNECTION)
		begin_client(client, server.port, 77)
		clients.append(client)
		pump([server, client], func() -> bool: return server.events.size() == 1 and client.is_up(), 0.5)
	equal(server.events, ["+77"] as Array[String], "the id is signalled once")
	check(clients[0].is_up(), "the first client stays connected")
	# With stock the second client believes that it is connected.
	if server.is_ours:
		check(pump(_ends, func() -> bool: return not clients[1].is_active()), "the second client is rejected")
	equal(server.say("hello", 77), OK, "sending to the id")
	check(pump(_ends, func() -> bool: return clients[0].packets.size() == 1), "the first client receives the packet")
	done()


## The flag is the connection's own method and also the property of all multiplayer peers, in typed and untyped code.
func case_refusing() -> void:
	if not server_class.ends_with("Rs"):
		check(true, "stock's server is no ENetConnection")
		done()
		return
	var server := new_server()
	var typed := GDScript.new()
	typed.source_code = """
static func refuse(connection: ENetConnectionRs, by_method: bool, refuses: bool) -> bool:
	if by_method:
		connection.refuse_new_connections(refuses)
	else:
		connection.refuse_new_connections = refuses
	return connection.refuse_new_connections
"""
	equal(typed.reload(), OK, "the typed script")
	var connection := server.peer
	var ways: Array[Callable] = [
		func(refuses: bool) -> bool: return typed.call(&"refuse", connection, true, refuses),
		func(refuses: bool) -> bool: return typed.call(&"refuse", connection, false, refuses),
		func(refuses: bool) -> bool:
			connection.call(&"refuse_new_connections", refuses)
			return connection.get(&"refuse_new_connections"),
		func(refuses: bool) -> bool:
			connection.set(&"refuse_new_connections", refuses)
			return connection.is_refusing_new_connections(),
		func(refuses: bool) -> bool:
			connection.refuse_new_connections = refuses
			return connection.refuse_new_connections,
		func(refuses: bool) -> bool:
			connection.set_refuse_new_connections(refuses)
			return connection.is_refusing_new_connections(),
	]
	for number in ways.size():
		equal(ways[number].call(true), true, "way %d, on" % number)
		equal(connection.is_refusing_new_connections(), true, "way %d is seen by the virtual" % number)
		var known := server.events.size()
		var refused := new_client(server.port)
		check(pump([server, refused], func() -> bool: return not refused.is_active()), "a newcomer is rejected")
		equal(server.events.size(), known, "no signal for a rejected client")
		equal(ways[number].call(false), false, "way %d, off" % number)
		var welcome := new_client(server.port)
		var joins := func() -> bool: return server.events.has("+%d" % welcome.id())
		check(pump([server, welcome], joins), "later clients are admitted")
	done()


## The connection is established by hand, and becomes the multiplayer peer afterwards.
func case_assigning_afterwards() -> void:
	var server := new_server()
	var client := new_client(server.port)
	var id := client.id()
	# A stock end has no service() and is polled instead.
	var seen: Array[int] = [0, 0]
	var met := func() -> bool:
		for number in 2:
			var end: End = [server, client][number]
			if not end.is_ours:
				end.poll()
				seen[number] = end.events.size()
			elif seen[number] == 0:
				var event: Array = end.peer.call(&"service")
				if event[0] == RawHost.EVENT_CONNECT:
					seen[number] = 1
			else:
				end.peer.call(&"flush")
		return not seen.has(0)
	check(pump([], met), "the hosts connect by hand")
	for end: End in [server, client]:
		if end.is_ours:
			equal(end.events.size(), 0, "no signal yet")
			end.peer.poll()
		equal(end.is_up(), true, "connected")
	equal(server.events, ["+%d" % id] as Array[String], "the server's signals after its first poll")
	equal(client.events, ["+1"] as Array[String], "the client's signals")
	for direction in 2:
		var pair: Array[End] = [server, client]
		equal(pair[direction].say("hello"), OK, "send")
		check(pump(pair, func() -> bool: return pair[1 - direction].packets.size() == 1), "the packet arrives")
	done()


func case_a_failed_attempt() -> void:
	var end := new_end(CONNECTION)
	begin_client(end, free_port(), 5)
	end.peer.poll()
	end.peer.disconnect_peer(1)
	equal([end.is_active(), end.events.size()], [false, 0], "inactive without a signal after a failed attempt")
	done()
