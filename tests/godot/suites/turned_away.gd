extends "res://lib/suite.gd"
## Newcomers that are not admitted.


## Our server rejects the request. In the original ENet engine the client becomes connected, and with stock it keeps
## believing so.
func case_refused() -> void:
	var server := start_server()
	server.peer.refuse_new_connections = true
	server.peer.close()
	equal(server.host(free_port()), OK, "create_server")
	equal(server.peer.refuse_new_connections, false, "creating clears the flag")
	server.peer.refuse_new_connections = true
	var client := start_client(server.port)
	if server.is_ours:
		check(pump([server, client], func() -> bool: return not client.is_active(), 2.0), "the client is rejected")
		var signals: Array[String] = []
		if not server.tells_refused:
			signals.append_array(["+1", "-1"])
		equal(client.events, signals, "the client's signals")
	else:
		check(pump([server, client], func() -> bool: return client.events.has("+1")), "the client connects")
		pump_for([server, client], 1.0)
		check(client.is_up(), "with stock the client stays connected")
	equal(server.events.size(), 0, "the server has no signal")
	server.peer.refuse_new_connections = false
	var second := start_client(server.port)
	check(pump([server, second], func() -> bool: return server.events.size() == 1), "later clients are admitted")
	done()


func case_full() -> void:
	var server := start_server(1)
	var first := start_client(server.port)
	check(pump([server, first], func() -> bool: return first.is_up()), "the first client is admitted")
	var second := start_client(server.port)
	pump_for([server, first, second], 1.0)
	if server.tells_refused:
		check(not second.is_active(), "the second client is rejected")
		equal(second.events.size(), 0, "the rejected client has no signal")
		equal(first.is_up(), true, "the first client stays connected")
	else:
		equal(second.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING,
				"the second client keeps connecting")
	first.peer.close()
	if server.tells_refused:
		check(pump([server], func() -> bool: return server.events.size() == 2), "the server signals the disconnect")
		equal(second.join(server.port), OK, "another attempt")
	check(pump([server, second], func() -> bool: return second.is_up(), 10.0),
			"the second client is admitted once there is a free slot")
	done()


## An attempt without an answer ends after 31.5 seconds, without a signal. Both classes try at once.
func case_attempt_without_an_answer() -> void:
	var attempts: Array[End] = []
	for peer_class: String in [server_class, client_class]:
		var client := new_end(peer_class)
		client.join(free_port())
		attempts.append(client)
	var begun := Time.get_ticks_msec()
	var all_ended := func() -> bool:
		return attempts.all(func(end: End) -> bool: return not end.is_active())
	check(pump(attempts, all_ended, 40.0), "all attempts end")
	var seconds := (Time.get_ticks_msec() - begun) / 1000.0
	check(seconds > 29.0 and seconds < 34.0, "the attempts end after 31.5 seconds, not %.1f" % seconds)
	for client in attempts:
		equal(client.events, [] as Array[String], "the failed attempt has no signal")
		equal(client.join(free_port()), OK, "the client can try again")
	done()


## Invalid datagrams from a stranger affect no connection.
func case_invalid_datagrams() -> void:
	var server := start_server()
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	var stranger := PacketPeerUDP.new()
	stranger.set_dest_address("127.0.0.1", server.port)
	for size in 70:
		for flags in 16:
			var bytes := pattern(size)
			if size > 0:
				bytes[0] = (flags << 4) | 0x0f
			if size > 1:
				bytes[1] = 0xff
			stranger.put_packet(bytes)
		server.poll()
	client.send("still here".to_utf8_buffer())
	check(pump([server, client], func() -> bool: return server.packets.size() == 1), "the client's packet arrives")
	equal(server.events.size(), 1, "the number of signals")
	done()
