extends "res://lib/suite.gd"
## Every way to end a connection.


func case_server_disconnects() -> void:
	var ends := connected(2)
	var id := ends[1].id()
	ends[0].peer.disconnect_peer(id)
	check(pump(ends, func() -> bool: return not ends[1].is_active()), "the client closes")
	check(pump(ends, func() -> bool: return ends[0].events.has("-%d" % id)), "the server signals the disconnect")
	equal(ends[1].events, ["+1", "-1"] as Array[String], "the client's signals")
	check(ends[2].is_up(), "the other client stays connected")
	equal(ends[0].send("x".to_utf8_buffer(), id), ERR_INVALID_PARAMETER, "the id is unknown")
	expect_errors(1, ends[0].is_ours, "sending to the disconnected id")
	done()


func case_server_disconnects_by_force() -> void:
	var ends := connected(1)
	var id := ends[1].id()
	ends[0].peer.disconnect_peer(id, true)
	equal(ends[0].send("x".to_utf8_buffer(), id), ERR_INVALID_PARAMETER, "the id is unknown at once")
	expect_errors(1, ends[0].is_ours, "sending to the disconnected id")
	check(pump(ends, func() -> bool: return not ends[1].is_active()), "the client closes")
	pump_for([ends[0]], 0.1)
	equal(ends[0].events, ["+%d" % id] as Array[String], "no signal at the end that disconnects")
	equal(ends[1].events, ["+1", "-1"] as Array[String], "the signals of the other end")
	done()


func case_client_disconnects() -> void:
	var ends := connected(1)
	var id := ends[1].id()
	ends[1].peer.disconnect_peer(1)
	check(ends[1].is_up(), "the client stays connected until the server answers")
	check(pump(ends, func() -> bool: return not ends[1].is_active()), "the client closes")
	check(pump([ends[0]], func() -> bool: return ends[0].events.size() == 2), "the server signals the disconnect")
	equal(ends[0].events[1], "-%d" % id, "the server's signal")
	equal(ends[1].events, ["+1", "-1"] as Array[String], "the client's signals")
	done()


func case_client_disconnects_by_force() -> void:
	var ends := connected(1)
	ends[1].peer.disconnect_peer(1, true)
	equal(ends[1].is_active(), false, "the client is closed when the call returns")
	check(pump([ends[0]], func() -> bool: return ends[0].events.size() == 2), "the server signals the disconnect")
	equal(ends[1].events, ["+1"] as Array[String], "no signal at the end that disconnects")
	done()


func case_disconnecting_unknown_ids() -> void:
	var ends := connected(1)
	for end in ends:
		end.peer.disconnect_peer(12345)
		expect_errors(1, end.is_ours, "an unknown id")
		check(end.is_up(), "nothing happens")
	done()


## Stock drops its attempt, but its status stays CONNECTION_CONNECTING.
func case_disconnecting_while_connecting() -> void:
	var client := new_end(client_class)
	client.join(free_port())
	client.poll()
	client.peer.disconnect_peer(1)
	expect_error_texts([], "disconnecting")
	if client.is_active():
		client.peer.poll()
	expect_error_texts([], "polling after the disconnect")
	equal(client.is_active(), not client.is_ours, "our class ends the attempt")
	equal(client.events, [] as Array[String], "no signals")
	done()


func case_server_closes() -> void:
	var ends := connected(3)
	ends[0].peer.close()
	equal(ends[0].is_active(), false, "closed")
	equal(ends[0].events.size(), 3, "no signals at the end that closes")
	for client: End in ends.slice(1):
		check(pump([client], func() -> bool: return not client.is_active()), "a client closes")
		equal(client.events, ["+1", "-1"] as Array[String], "the client's signals")
	done()


func case_client_closes() -> void:
	var ends := connected(2)
	var id := ends[1].id()
	ends[1].peer.close()
	check(pump(ends, func() -> bool: return ends[0].events.has("-%d" % id)), "the server signals the disconnect")
	check(ends[2].is_up(), "the other client stays connected")
	done()


func case_both_close() -> void:
	var ends := connected(1)
	ends[0].peer.close()
	ends[1].peer.close()
	for end in ends:
		equal(end.is_active(), false, "closed")
		end.peer.close()
	done()


func case_dropping_the_object_closes() -> void:
	var ends := connected(1)
	var id := ends[1].id()
	_ends.erase(ends[1])
	ends.remove_at(1)
	check(pump(ends, func() -> bool: return ends[0].events.has("-%d" % id)), "the server signals the disconnect")
	done()


func case_rejoin_a_hundred_times() -> void:
	var server := start_server(2)
	var client := new_end(client_class)
	var expected: Array[String] = []
	for round in 100:
		equal(client.join(server.port), OK, "create_client")
		var id := client.id()
		var joined := func() -> bool: return client.is_up() and server.events.has("+%d" % id)
		check(pump([server, client], joined), "round %d connects" % round)
		client.send("hi".to_utf8_buffer())
		check(pump([server, client], func() -> bool: return server.packets.size() == round + 1), "the packet arrives")
		client.peer.close()
		check(pump([server], func() -> bool: return server.events.has("-%d" % id)), "the server signals the disconnect")
		expected.append_array(["+%d" % id, "-%d" % id])
	equal(server.events, expected, "the server's signals")
	done()


## The id is part of the connect request, so a host driven by the test can rejoin under the same one.
func case_same_id_again() -> void:
	const ID := 12345
	var server := start_server(4)
	for round in 5:
		var guest := ENetConnection.new()
		equal(guest.create_host(1), OK, "create_host")
		var link := guest.connect_to_host("127.0.0.1", server.port, 3, ID)
		var met := func() -> bool:
			guest.service()
			return (
				server.events.size() == 2 * round + 1
				and link.get_state() == ENetPacketPeer.STATE_CONNECTED)
		check(pump([server], met), "round %d: the guest joins" % round)
		equal(server.say("round %d" % round, ID), OK, "sending to the guest")
		check(pump([server], func() -> bool: return guest.service()[0] == ENetConnection.EVENT_RECEIVE),
				"the guest receives the packet")
		# The next host connects before the server has noticed that this one is gone.
		link.peer_disconnect_now()
		guest.destroy()
	var expected: Array[String] = []
	for round in 5:
		expected.append_array(["+%d" % ID, "-%d" % ID])
	check(pump([server], func() -> bool: return server.events.size() == 10), "all joins and disconnects are signalled")
	equal(server.events, expected, "the server's signals")
	done()


## A killed process sends no disconnect, so the other end has to time out.
func case_killed_process() -> void:
	var port := free_port()
	var server_child := start_godot("res://child.gd", ["host", server_class, str(port)])
	var server := start_server()
	var client_child := start_godot("res://child.gd", ["join", client_class, str(server.port)])
	if server_child <= 0 or client_child <= 0:
		done()
		return
	var client := start_client(port)
	# Each child sends the guest's id, as seen by the child, to the other end.
	var both_met := func() -> bool: return client.packets.size() == 1 and server.packets.size() == 1
	var has_news := func() -> bool:
		return both_met.call() or not _both_run(server_child, client_child)
	pump([server, client], has_news, 20.0)
	var runs := _both_run(server_child, client_child)
	check(runs, "the child processes run; does GODOT name the Godot binary?")
	var met: bool = both_met.call()
	check(met, "both children connect")
	for child: int in [server_child, client_child]:
		OS.kill(child)
	if not (runs and met):
		done()
		return
	var id := server.packets[0].from
	var client_id := client.id()
	var noticed := func() -> bool: return not client.is_active() and server.events.size() == 2
	check(pump([server, client], noticed, 40.0), "both ends signal the disconnect")
	equal(client.journal, ["+1", "1: %d" % client_id, "-1"] as Array[String], "the client")
	equal(server.journal, ["+%d" % id, "%d: %d" % [id, id], "-%d" % id] as Array[String], "the server")
	done()


func _both_run(one: int, other: int) -> bool:
	return OS.is_process_running(one) and OS.is_process_running(other)
