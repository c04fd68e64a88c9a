extends "res://lib/suite.gd"
## Signal handlers that call back into the peer while it polls.


func case_sending_in_handlers() -> void:
	var server := start_server()
	var client := new_end(client_class)
	var greet := func(id: int) -> void: equal(server.send("welcome".to_utf8_buffer(), id), OK, "welcome")
	var answer := func(_id: int) -> void: equal(client.send("hello".to_utf8_buffer(), 1), OK, "hello")
	server.peer.peer_connected.connect(greet)
	client.peer.peer_connected.connect(answer)
	client.join(server.port)
	var both := func() -> bool: return server.packets.size() == 1 and client.packets.size() == 1
	check(pump([server, client], both), "both packets arrive")
	server.peer.peer_connected.disconnect(greet)
	client.peer.peer_connected.disconnect(answer)
	done()


func case_server_closes_in_handler() -> void:
	var server := start_server()
	var close := func(_id: int) -> void: server.peer.close()
	server.peer.peer_connected.connect(close)
	var clients: Array[End] = []
	for index in 3:
		var client := start_client(server.port)
		clients.append(client)
	check(pump(_ends, func() -> bool: return not server.is_active()), "the server closes")
	equal(server.events.size(), 1, "one signal before the close")
	server.peer.peer_connected.disconnect(close)
	done()


func case_client_closes_in_handlers() -> void:
	for signal_name: StringName in [&"peer_connected", &"peer_disconnected"]:
		var server := start_server()
		var client := new_end(client_class)
		var close := func(_id: int) -> void: client.peer.close()
		client.peer.connect(signal_name, close)
		client.join(server.port)
		check(pump([server, client], func() -> bool: return client.events.size() == 1), "connects")
		if signal_name == &"peer_disconnected":
			check(pump([server, client], func() -> bool: return server.events.size() == 1),
					"the server signals the client")
			server.peer.close()
		check(pump([client], func() -> bool: return not client.is_active()), "ends")
		client.peer.disconnect(signal_name, close)
	done()


## Stock closes the new server when the handler returns.
func case_new_server_in_handler() -> void:
	var server := start_server()
	var client := new_end(client_class)
	var port := free_port()
	var start_over := func(_id: int) -> void:
		client.peer.close()
		equal(client.host(port), OK, "create_server in the handler")
	client.peer.peer_disconnected.connect(start_over)
	client.join(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "connects")
	server.peer.close()
	check(pump([client], func() -> bool: return client.events.size() == 2), "the handler runs")
	client.peer.peer_disconnected.disconnect(start_over)
	equal(client.is_up(), client.is_ours, "the new server is active after the poll")
	if not client.is_up():
		done()
		return
	var visitor := new_end(server_class)
	visitor.join(port)
	check(pump([client, visitor], func() -> bool: return visitor.is_up()), "the new server admits clients")
	done()


func case_disconnecting_in_handlers() -> void:
	var server := start_server()
	var send_off := func(id: int) -> void: server.peer.disconnect_peer(id)
	server.peer.peer_connected.connect(send_off)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 2),
			"the server signals the client and its disconnect")
	check(pump([server, client], func() -> bool: return not client.is_active()), "the client closes")
	server.peer.peer_connected.disconnect(send_off)
	done()


func case_disconnecting_another_in_handler() -> void:
	var ends := connected(2)
	var server := ends[0]
	var other := ends[2].id()
	var take_along := func(id: int) -> void:
		if id != other:
			server.peer.disconnect_peer(other)
	server.peer.peer_disconnected.connect(take_along)
	ends[1].peer.close()
	check(pump(ends, func() -> bool: return server.events.size() == 4), "both disconnects are signalled")
	check(not ends[2].is_active(), "the other client is closed")
	server.peer.peer_disconnected.disconnect(take_along)
	done()


## Stock calls a disconnect handler that polls a second time, so such a handler is tested with our class only.
func case_polling_in_handlers() -> void:
	var server := start_server()
	var poll_again := func(_id: int) -> void: server.peer.poll()
	server.peer.peer_connected.connect(poll_again)
	if server.is_ours:
		server.peer.peer_disconnected.connect(poll_again)
	var clients: Array[End] = []
	for index in 6:
		var client := start_client(server.port)
		clients.append(client)
	check(pump(_ends, func() -> bool: return server.events.size() == 6), "all six clients are signalled")
	check(pump(_ends, func() -> bool: return clients.all(func(end: End) -> bool: return end.is_up())),
		"all six clients are connected")
	for client in clients:
		client.peer.close()
	check(pump([server], func() -> bool: return server.events.size() == 12), "all six disconnects are signalled")
	server.peer.peer_connected.disconnect(poll_again)
	if server.is_ours:
		server.peer.peer_disconnected.disconnect(poll_again)
	done()


func case_refusing_in_handler() -> void:
	var server := start_server()
	var only_one := func(_id: int) -> void: server.peer.refuse_new_connections = true
	server.peer.peer_connected.connect(only_one)
	for index in 3:
		var client := start_client(server.port)
	check(pump(_ends, func() -> bool: return server.events.size() >= 1), "one client joins")
	pump_for(_ends, 0.3)
	equal(server.events.filter(func(event: String) -> bool: return event.begins_with("+")).size(), 1,
			"only one client joins")
	server.peer.peer_connected.disconnect(only_one)
	done()


## Stock accesses its own freed memory in this case, so only our class is tested.
func case_last_reference_dropped_in_handler() -> void:
	if not server_class.ends_with("Rs"):
		check(true, "not tested with stock")
		done()
		return
	var server: MultiplayerPeer = ClassDB.instantiate(server_class)
	var holder: Array[MultiplayerPeer] = [server]
	var port := free_port()
	equal(server.call(&"create_server", port), OK, "create_server")
	var watch: WeakRef = weakref(server)
	server.peer_connected.connect(func(_id: int) -> void: holder.clear())
	server = null
	var client := start_client(port)
	var deadline := Time.get_ticks_msec() + 5000
	while not holder.is_empty() and Time.get_ticks_msec() < deadline:
		client.poll()
		_poll_without_holding(holder)
		OS.delay_usec(500)
	check(holder.is_empty(), "the handler ran")
	for frame in 3:
		await tree.process_frame
	check(watch.get_ref() == null, "the object is freed")
	check(pump([client], func() -> bool: return not client.is_active()), "the client receives the disconnect")
	done()


func _poll_without_holding(holder: Array[MultiplayerPeer]) -> void:
	holder[0].poll()
