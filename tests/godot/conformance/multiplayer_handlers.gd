extends "res://lib/multiplayer_case.gd"
## Signal handlers that change the peer while it is polling.

const KINDS: Array[String] = ["server", "client", "mesh"]


func case_closing_in_the_connect_handler() -> void:
	var server := server_with([])
	on(server, &"peer_connected", func(_id: int) -> void: server.close())
	for id: int in [20, 30]:
		join(server, id)
	check(drive(func() -> bool: return not is_active(server)), "the peer closes")
	note("signals", signals(server).size())
	note_state(server, "server")
	var peer := connecting_client()
	on(peer, &"peer_connected", func(_id: int) -> void: peer.close())
	check(drive(func() -> bool: return not is_active(peer)), "the peer closes")
	note_signals(peer, "client")
	note_state(peer, "client")
	var mesh := mesh_with([])
	on(mesh, &"peer_connected", func(_id: int) -> void: mesh.close())
	attempt(mesh, &"add_mesh_peer", [20, mesh_host()])
	note_signals(mesh, "mesh")
	note_state(mesh, "mesh")
	done()


func case_closing_in_the_disconnect_handler() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		on(peer, &"peer_disconnected", func(_id: int) -> void: peer.close())
		far_ends[0].link.peer_disconnect_now()
		check(drive(func() -> bool: return not is_active(peer)), "the peer closes")
		note_signals(peer, kind)
		note_state(peer, kind)
	done()


func case_sending_to_others_in_handlers() -> void:
	var server := server_with([20])
	on(server, &"peer_connected", func(id: int) -> void: note("to the others", send(server, "%d came" % id, -id)))
	on(server, &"peer_disconnected", func(id: int) -> void: note("to all", send(server, "%d went" % id, 0)))
	var far := join(server, 30)
	check(drive(signalled(server, "+30")), "30 joins")
	check(drive(func() -> bool: return _is_up(far)), "the far end is connected")
	far.link.peer_disconnect_now()
	check(drive(signalled(server, "-30")), "30 leaves")
	check(drive(saw(far_ends[0], 3)), "20 receives the packets")
	note("far 20", far_ends[0].seen)
	note_errors("handlers print")
	done()


func case_disconnecting_in_the_connect_handler() -> void:
	for force: bool in [false, true]:
		far_ends.clear()
		var server := server_with([20])
		on(server, &"peer_connected", func(id: int) -> void: server.disconnect_peer(id, force))
		var far := join(server, 30)
		check(drive(func() -> bool: return far.seen.has("disconnect 0")), "the far end receives the disconnect")
		if not force:
			check(drive(signalled(server, "-30")), "the server signals the disconnect")
		settle()
		note("force %s: far" % force, far.seen)
		note_signals(server, "force %s" % force)
		note("force %s: the other peer remains" % force, peer_of(server, 20) != null)
		note_errors("force %s prints" % force)
	done()


## Stock also drops its own answer to the server, so the server learns neither of the connection nor of its end.
func case_disconnecting_in_the_clients_connect_handler() -> void:
	for force: bool in [false, true]:
		far_ends.clear()
		var peer := connecting_client()
		on(peer, &"peer_connected", func(id: int) -> void: peer.disconnect_peer(id, force))
		check(drive(signalled(peer, "+1")), "the client connects")
		settle()
		var kinds := far_ends[0].seen.map(func(what: String) -> String: return what.get_slice(" ", 0))
		differs("force %s: far" % force, kinds, "D11", [], ["connect", "disconnect"])
		if force:
			note_signals(peer, "force")
			note("force: status", peer.get_connection_status())
		else:
			differs("signals", signals(peer), "D11", ["+1"], ["+1", "-1"])
			differs("status", peer.get_connection_status(), "D11", CONNECTED, DISCONNECTED)
		note_errors("force %s prints" % force)
	done()


func case_disconnecting_another_in_the_disconnect_handler() -> void:
	for kind: String in ["server", "mesh"]:
		far_ends.clear()
		var peer := server_with([20, 30]) if kind == "server" else mesh_with([20, 30])
		on(peer, &"peer_disconnected", func(id: int) -> void:
			if id == 20:
				peer.disconnect_peer(30))
		far_ends[0].link.peer_disconnect_now()
		check(drive(signalled(peer, "-30")), "both disconnects are signalled")
		note_signals(peer, kind)
		note("%s: far 30" % kind, far_ends[1].seen.has("disconnect 0"))
		note_errors("%s prints" % kind)
	done()


func case_disconnecting_the_leaving_peer() -> void:
	for force: bool in [false, true]:
		far_ends.clear()
		var server := server_with([20, 30])
		on(server, &"peer_disconnected", func(id: int) -> void: server.disconnect_peer(id, force))
		far_ends[0].link.peer_disconnect_now()
		check(drive(signalled(server, "-20")), "the peer's disconnect is signalled")
		settle()
		note_signals(server, "force %s" % force)
		take_errors()
		note("force %s: the other peer remains" % force, peer_of(server, 30) != null)
	done()


func case_polling_in_the_connect_handler() -> void:
	var server := server_with([])
	on(server, &"peer_connected", func(_id: int) -> void: server.poll())
	for id in range(20, 24):
		join(server, id)
	check(drive(func() -> bool: return signals(server).size() == 4), "all clients join")
	note("each once", range(20, 24).all(func(id: int) -> bool: return signals(server).count("+%d" % id) == 1))
	var peer := connecting_client()
	on(peer, &"peer_connected", func(_id: int) -> void: peer.poll())
	check(drive(func() -> bool: return is_up(peer)), "the client connects")
	note_signals(peer, "client")
	done()


func case_polling_in_the_disconnect_handler() -> void:
	var server := server_with([20, 30, 40])
	on(server, &"peer_disconnected", func(_id: int) -> void: server.poll())
	for far in far_ends:
		far.link.peer_disconnect_now()
	OS.delay_msec(20)
	check(drive(func() -> bool: return [20, 30, 40].all(
		func(id: int) -> bool: return signals(server).has("-%d" % id))), "all disconnects are signalled")
	settle()
	differs(
		"signals", signals(server), "D14", ["+20", "+30", "+40", "-20", "-20", "-30", "-30", "-40", "-40"],
		["+20", "+30", "+40", "-20", "-30", "-40"])
	note_errors("polling prints")
	done()


func case_restarting_in_the_disconnect_handler() -> void:
	var peer := client()
	on(peer, &"peer_disconnected", func(_id: int) -> void:
		peer.close()
		note("create_server", peer.call(&"create_server", 0)))
	far_ends[0].link.peer_disconnect_now()
	check(drive(signalled(peer, "-1")), "the disconnect of the server is signalled")
	differs("the new server stays active", is_up(peer), "D14", false, true)
	done()


func case_reconnecting_after_the_disconnect_handler() -> void:
	var peer := client()
	far_ends[0].link.peer_disconnect_now()
	check(drive(func() -> bool: return not is_active(peer)), "the disconnect of the server is signalled")
	must(peer, &"create_client", [LOCALHOST, far_ends[0].connection.get_local_port()])
	check(drive(func() -> bool: return is_up(peer)), "the client is connected again")
	note_signals(peer, "client")
	done()


func case_restarting_in_the_connect_handler() -> void:
	var peer := connecting_client()
	on(peer, &"peer_connected", func(_id: int) -> void:
		peer.close()
		note("create_server", peer.call(&"create_server", 0)))
	check(drive(func() -> bool: return not signals(peer).is_empty()), "the client connects")
	settle()
	note_state(peer, "afterwards")
	note_signals(peer, "client")
	done()


func case_reading_in_handlers() -> void:
	var server := server_with([20, 30])
	var read: Array = []
	on(server, &"peer_disconnected", func(_id: int) -> void: read.append_array(take_packets(server)))
	far_ends[0].say("read in the handler")
	check(drive(has_packets(server, 1)), "the packet arrives")
	far_ends[1].link.peer_disconnect_now()
	check(drive(signalled(server, "-30")), "another client leaves")
	note("read", read)
	note("waiting packets", server.get_available_packet_count())
	note_errors("reading prints")
	done()


func case_refusing_in_the_connect_handler() -> void:
	var server := server_with([])
	on(server, &"peer_connected", func(_id: int) -> void: server.refuse_new_connections = true)
	join(server, 20)
	check(drive(signalled(server, "+20")), "one client joins")
	join(server, 30)
	check(drive(saw(far_ends[1], 1)), "another client gets an answer")
	settle()
	note_signals(server, "server")
	done()


func case_resetting_another_in_handlers() -> void:
	var server := server_with([20, 30])
	on(server, &"peer_disconnected", func(id: int) -> void:
		if id == 20:
			peer_of(server, 30).call(&"peer_disconnect_now"))
	far_ends[0].link.peer_disconnect_now()
	check(drive(signalled(server, "-30")), "both disconnects are signalled")
	note_signals(server, "server")
	note_errors("handlers print")
	done()
