extends "res://lib/multiplayer_case.gd"
## disconnect_peer with and without force, close, and the state afterwards.

const KINDS: Array[String] = ["server", "client", "mesh"]


func case_disconnecting_when_inactive() -> void:
	var peer := new_subject()
	for arguments: Array in [[1], [20, true], [0], [-1]]:
		attempt(peer, &"disconnect_peer", arguments)
	note_state(peer, "still")
	done()


func case_disconnecting_unknown_ids() -> void:
	for kind in KINDS:
		var peer := subject_of(kind)
		for id: int in [77, 0, -1, -20, 2147483647]:
			for force: bool in [false, true]:
				attempt(peer, &"disconnect_peer", [id, force], "%s: %d, force %s" % [kind, id, force])
		# The subject's own id is no valid target, but the subject must still have its peer.
		note("%s: up" % kind, is_up(peer))
		note("%s: its peer remains" % kind, peer_of(peer, far_id(kind)) != null)
		note_signals(peer, kind)
	done()


func case_disconnecting() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		var link := peer_of(peer, far_id(kind))
		attempt(peer, &"disconnect_peer", [far_id(kind)], "%s: disconnect_peer" % kind)
		note("%s: at once signalled" % kind, signals(peer).size() == 2)
		note("%s: at once up" % kind, is_up(peer))
		note("%s: at once known" % kind, peer_of(peer, far_id(kind)) == link)
		note("%s: at once active" % kind, link.call(&"is_active"))
		# Difference D11: our peer may have packets to deliver first.
		var states: Array[int] = [ENetPacketPeer.STATE_DISCONNECTING]
		if kit.is_ours:
			states.append(ENetPacketPeer.STATE_DISCONNECT_LATER)
		note("%s: at once leaving" % kind, states.has(link.call(&"get_state")))
		check(drive(signalled(peer, "-%d" % far_id(kind))), "the disconnect is signalled")
		note_signals(peer, kind)
		check(drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")), "the far end receives the disconnect")
		note("%s: far" % kind, far_ends[0].seen)
		note("%s: active" % kind, link.call(&"is_active"))
		note_state(peer, kind)
	done()


func case_disconnecting_by_force() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		var link := peer_of(peer, far_id(kind))
		attempt(peer, &"disconnect_peer", [far_id(kind), true], "%s: disconnect_peer" % kind)
		note_state(peer, "%s at once" % kind)
		attempt(peer, &"get_peer", [far_id(kind)], "%s: get_peer" % kind)
		note("%s: the wrapper is active" % kind, link.call(&"is_active"))
		check(drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")), "the far end receives the disconnect")
		settle()
		note("%s: far" % kind, far_ends[0].seen)
		note_signals(peer, kind)
		note("%s: sending to the disconnected id" % kind, send(peer, "x", far_id(kind)))
		note_errors("%s: sending to the disconnected id prints" % kind)
	done()


func case_disconnecting_twice() -> void:
	for second: bool in [false, true]:
		for kind in KINDS:
			far_ends.clear()
			var peer := subject_of(kind)
			attempt(peer, &"disconnect_peer", [far_id(kind)], "%s: first" % kind)
			attempt(peer, &"disconnect_peer", [far_id(kind), second], "%s: second, force %s" % [kind, second])
			check(drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")),
					"the far end receives the disconnect")
			settle()
			note_signals(peer, "%s, force %s" % [kind, second])
			note("%s, force %s: up" % [kind, second], is_up(peer))
	done()


func case_disconnecting_one_of_three() -> void:
	for kind: String in ["server", "mesh"]:
		far_ends.clear()
		var peer := server_with([20, 30, 40]) if kind == "server" else mesh_with([20, 30, 40])
		peer.disconnect_peer(30)
		check(drive(signalled(peer, "-30")), "the disconnect is signalled")
		send(peer, "to the rest")
		# Our mesh may have a network thread per host, so arrival times differ.
		var hears := func() -> bool:
			return far_ends[0].packets().size() == 1 and far_ends[2].packets().size() == 1
		check(drive(hears), "the others receive the packet")
		for far in far_ends:
			note("%s: far %d" % [kind, far.id], far.seen)
		note_signals(peer, kind)
		note_errors("%s prints" % kind)
	done()


func case_disconnecting_while_connecting() -> void:
	for force: bool in [false, true]:
		for polled: bool in [false, true]:
			var label := "force %s, polled %s" % [force, polled]
			var peer := new_subject()
			must(peer, &"create_client", [LOCALHOST, free_port()])
			if polled:
				peer.poll()
			attempt(peer, &"disconnect_peer", [1, force], "%s: disconnect_peer" % label)
			if is_active(peer):
				peer.poll()
				peer.poll()
			take_errors()
			note_signals(peer, label)
			if force:
				note("%s: status" % label, peer.get_connection_status())
			else:
				differs("%s: status" % label, peer.get_connection_status(), "D9", CONNECTING, DISCONNECTED)
	done()


## The far end is served only after everything was sent, because a disconnect makes a stock connection drop packets
## that it has not read before.
func case_disconnecting_after_sending() -> void:
	for kind in KINDS:
		for force: bool in [false, true]:
			far_ends.clear()
			var label := "%s, force %s" % [kind, force]
			var peer := subject_of(kind)
			send(peer, "before", far_id(kind))
			peer.disconnect_peer(far_id(kind), force)
			OS.delay_msec(20)
			check(drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")),
					"the far end receives the disconnect")
			# With force a client and a mesh destroy their hosts at once, so nothing can wait for delivery.
			if force and kind != "server":
				note("%s: packets" % label, far_ends[0].packets())
			else:
				differs("%s: packets" % label, far_ends[0].packets(), "D11", [], ["0/1 before"])
			note_errors("%s prints" % label)
	done()


## More packets than fit in flight, so some of them are still queued.
func case_disconnecting_with_a_long_queue() -> void:
	const MANY := 400
	var server := server_with([20])
	for index in MANY:
		send(server, "x".repeat(1000), 20)
	server.disconnect_peer(20)
	check(drive(signalled(server, "-20")), "the disconnect is signalled")
	check(drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")), "the far end receives the disconnect")
	differs("all packets arrived", far_ends[0].packets().size() == MANY, "D11", false, true)
	done()


func case_remote_ends() -> void:
	for kind in KINDS:
		for call: Array in [[&"peer_disconnect", [7]], [&"peer_disconnect_now", [7]], [&"peer_disconnect_later", [7]]]:
			far_ends.clear()
			var peer := subject_of(kind)
			var method: StringName = call[0]
			var arguments: Array = call[1]
			far_ends[0].link.callv(method, arguments)
			check(drive(signalled(peer, "-%d" % far_id(kind))), "the disconnect is signalled")
			settle()
			note_signals(peer, "%s: %s" % [kind, method])
			note_state(peer, "%s: %s" % [kind, method])
			note("%s: %s: the far end receives the disconnect" % [kind, method], far_ends[0].seen.has("disconnect 0"))
	done()


func case_remote_falls_silent() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		attempt(peer_of(peer, far_id(kind)), &"set_timeout", [1, 100, 200], "%s: set_timeout" % kind)
		attempt(peer_of(peer, far_id(kind)), &"ping_interval", [50], "%s: ping_interval" % kind)
		far_ends[0].link.reset()
		check(drive(signalled(peer, "-%d" % far_id(kind))), "the disconnect is signalled")
		note_signals(peer, kind)
		note("%s: up" % kind, is_up(peer))
	done()


func case_closing() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		var link := peer_of(peer, far_id(kind))
		attempt(peer, &"close", [], "%s: close" % kind)
		note_state(peer, kind)
		note_signals(peer, kind)
		note("%s: the wrapper is active" % kind, link.call(&"is_active"))
		check(drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")), "the far end receives the disconnect")
		note("%s: far" % kind, far_ends[0].seen)
		attempt(peer, &"close", [], "%s: close again" % kind)
		attempt(peer, &"get_host", [], "%s: get_host" % kind)
		attempt(peer, &"get_peer", [far_id(kind)], "%s: get_peer" % kind)
	done()


func case_closing_when_inactive() -> void:
	var peer := new_subject()
	peer.refuse_new_connections = true
	attempt(peer, &"close")
	note("refuses", peer.refuse_new_connections)
	done()


func case_closing_while_connecting() -> void:
	for polled: bool in [false, true]:
		far_ends.clear()
		var peer := connecting_client()
		if polled:
			peer.poll()
		attempt(peer, &"close")
		note_state(peer, "polled %s" % polled)
		note_signals(peer, "polled %s" % polled)
	done()


func case_closing_with_many() -> void:
	for kind: String in ["server", "mesh"]:
		far_ends.clear()
		var peer := server_with([20, 30, 40]) if kind == "server" else mesh_with([20, 30, 40])
		peer.close()
		var all_told := func() -> bool:
			return far_ends.all(func(far: FarEnd) -> bool: return far.seen.has("disconnect 0"))
		note("%s: all far ends receive the disconnect" % kind, drive(all_told))
		note_signals(peer, kind)
	done()


func case_closing_frees_the_port() -> void:
	var server := server_with([20])
	var port := port_of(server)
	server.close()
	attempt(server, &"create_server", [port], "the same port again")
	join_port(port, 30)
	note("the new server admits clients", drive(signalled(server, "+30")))
	done()


func case_dropping_the_object() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		var watch: WeakRef = weakref(peer)
		forget(peer)
		peer = null
		note("%s: the object is freed" % kind, watch.get_ref() == null)
		note("%s: the far end receives the disconnect" % kind,
				drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")))
	done()


func case_repeated_use() -> void:
	var peer := new_subject()
	for round in 10:
		must(peer, &"create_server", [0])
		var far := join(peer, 20)
		check(drive(func() -> bool: return signals(peer).size() == 2 * round + 1 and _is_up(far)), "the far end joins")
		send(peer, "round %d" % round)
		check(drive(saw(far, 2)), "the far end receives the packet")
		note("round %d" % round, far.seen)
		far.link.peer_disconnect_now()
		check(drive(func() -> bool: return signals(peer).size() == 2 * round + 2), "the disconnect is signalled")
		peer.close()
	note_signals(peer, "peer")
	done()


func case_relay_by_stage() -> void:
	var peer := connecting_client()
	note("connecting", peer.is_server_relay_supported())
	peer.close()
	note("closed", peer.is_server_relay_supported())
	for kind in KINDS:
		note(kind, subject_of(kind).is_server_relay_supported())
	done()
