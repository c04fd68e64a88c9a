extends "res://lib/multiplayer_case.gd"
## poll and its signals: which ones are emitted, when, in which order, and the peer's state seen by a handler.


func case_polling_an_inactive_peer() -> void:
	var peer := new_subject()
	attempt(peer, &"poll")
	for kind: String in ["server", "client", "mesh"]:
		var closed := subject_of(kind)
		closed.close()
		attempt(closed, &"poll", [], "%s: poll" % kind)
	done()


func case_idle_polls() -> void:
	for kind: String in ["server", "client", "mesh"]:
		var peer := subject_of(kind)
		for index in 20:
			peer.poll()
		note_errors("%s prints" % kind)
		note_signals(peer, kind)
		note("%s: up" % kind, is_up(peer))
	done()


func case_nothing_happens_without_a_poll() -> void:
	var server := server_with([])
	var peer := connecting_client()
	join(server, 20)
	drive_far(func() -> bool: return false, QUIET_SECONDS)
	note_signals(server, "server")
	note_signals(peer, "client")
	note("status", peer.get_connection_status())
	done()


func case_order_on_a_server() -> void:
	var server := server_with([20, 30])
	far_ends[0].link.peer_disconnect_now()
	check(drive(signalled(server, "-20")), "20 leaves")
	join(server, 40)
	check(drive(signalled(server, "+40")), "40 joins")
	server.disconnect_peer(30)
	check(drive(signalled(server, "-30")), "30 is disconnected")
	note_signals(server, "server")
	done()


## No server answers, and the attempt has a short timeout.
func case_failed_attempt_is_silent() -> void:
	var peer := new_subject()
	must(peer, &"create_client", [LOCALHOST, free_port()])
	attempt(peer_of(peer, 1), &"set_timeout", [1, 100, 200])
	check(drive(func() -> bool: return not is_active(peer)), "the client closes")
	note_signals(peer, "client")
	note_state(peer, "client")
	attempt(peer, &"get_host")
	done()


func case_what_a_connect_handler_sees_on_a_server() -> void:
	var server := server_with([])
	var seen: Array = []
	on(server, &"peer_connected", func(id: int) -> void: seen.append_array(_sight(server, id)))
	var far := join(server, 20)
	check(drive(func() -> bool: return not seen.is_empty() and far.packets().size() == 1), "the far end joins")
	note("handler", seen)
	note("far", far.seen)
	note_errors("handler prints")
	done()


func case_what_a_connect_handler_sees_on_a_client() -> void:
	var peer := connecting_client()
	var seen: Array = []
	on(peer, &"peer_connected", func(id: int) -> void: seen.append_array(_sight(peer, id)))
	check(drive(func() -> bool: return not seen.is_empty() and far_ends[0].packets().size() == 1),
			"the client connects")
	note("handler", seen)
	note("far", far_ends[0].packets())
	note_errors("handler prints")
	done()


## In a mesh, add_mesh_peer itself emits the signal.
func case_what_a_connect_handler_sees_on_a_mesh() -> void:
	var mesh := mesh_with([])
	var seen: Array = []
	on(mesh, &"peer_connected", func(id: int) -> void: seen.append_array(_sight(mesh, id)))
	var host := mesh_host()
	attempt(mesh, &"add_mesh_peer", [20, host])
	note("at once", seen)
	check(drive(saw(far_ends[0], 1)), "the handler's packet arrives")
	note("far", far_ends[0].seen)
	note_errors("handler prints")
	done()


## The packet peer of a leaving id can still be found, but is no longer active.
func case_what_a_disconnect_handler_sees() -> void:
	for kind: String in ["server", "client", "mesh"]:
		far_ends.clear()
		var peer := subject_of(kind)
		var link := peer_of(peer, far_id(kind))
		var seen: Array = []
		on(peer, &"peer_disconnected", func(id: int) -> void:
			seen.append_array(_sight(peer, id))
			seen.append(peer_of(peer, id) == link))
		far_ends[0].link.peer_disconnect_now()
		check(drive(signalled(peer, "-%d" % far_id(kind))), "the disconnect is signalled")
		note("%s: handler" % kind, seen)
		differs("%s: handler prints" % kind, take_errors(), "D17", true, false)
		note("%s: afterwards up" % kind, is_up(peer))
		attempt(peer, &"get_peer", [far_id(kind)], "%s: afterwards get_peer" % kind)
		note("%s: the held packet peer is active" % kind, link.call(&"is_active"))
	done()


func case_wrapper_after_the_end() -> void:
	for kind: String in ["server", "client", "mesh"]:
		far_ends.clear()
		var peer := subject_of(kind)
		var link := peer_of(peer, far_id(kind))
		far_ends[0].link.peer_disconnect_now()
		check(drive(signalled(peer, "-%d" % far_id(kind))), "the disconnect is signalled")
		for method: StringName in [&"is_active", &"get_state", &"get_channels", &"get_remote_address", &"get_remote_port"]:
			attempt(link, method, [], "%s: %s" % [kind, method])
		attempt(link, &"send", [0, PackedByteArray([1]), 1], "%s: send" % kind)
	done()


func case_packets_before_the_signal_of_another() -> void:
	var server := server_with([20])
	var journal: Array = []
	on(server, &"peer_connected", func(id: int) -> void:
		journal.append("+%d with %d waiting" % [id, server.get_available_packet_count()]))
	far_ends[0].say("before")
	check(drive(has_packets(server, 1)), "the packet arrives")
	join(server, 30)
	check(drive(signalled(server, "+30")), "30 joins")
	note("journal", journal)
	note("packets", take_packets(server))
	done()


## A packet can arrive only after the connection is established.
func case_first_packet_follows_the_signal() -> void:
	var server := server_with([])
	var journal: Array = []
	on(server, &"peer_connected", func(id: int) -> void:
		journal.append("+%d with %d waiting" % [id, server.get_available_packet_count()]))
	var far := join(server, 20)
	var spoke: Array = []
	var speak_when_up := func() -> bool:
		if spoke.is_empty() and _is_up(far):
			spoke.append(far.say("first"))
		journal.append_array(take_packets(server))
		return journal.size() == 2
	check(drive(speak_when_up), "the signal and the packet arrive")
	note("journal", journal)
	done()


func case_two_leave_at_once() -> void:
	var server := server_with([20, 30, 40])
	for far: FarEnd in [far_ends[1], far_ends[0]]:
		far.link.peer_disconnect_now()
		OS.delay_msec(2)
	check(drive(func() -> bool: return signals(server).size() == 5), "both disconnects are signalled")
	note_signals(server, "server")
	done()


## A client's status depends on its server alone.
func case_status_by_poll() -> void:
	var peer := connecting_client()
	var statuses: Array = [peer.get_connection_status()]
	var watch := func() -> bool:
		if statuses[-1] != peer.get_connection_status():
			statuses.append(peer.get_connection_status())
		return is_up(peer) and far_ends[0].link != null
	check(drive(watch), "the client connects")
	far_ends[0].link.peer_disconnect(7)
	watch = func() -> bool:
		if statuses[-1] != peer.get_connection_status():
			statuses.append(peer.get_connection_status())
		return not is_active(peer)
	check(drive(watch), "the client closes")
	note("statuses", statuses)
	note_signals(peer, "client")
	done()


## The state seen by a handler: status, own id, the packet peer's class and state, waiting packets, and the result
## of sending.
func _sight(peer: MultiplayerPeer, id: int) -> Array:
	var link := peer_of(peer, id)
	var state: int = -1 if link == null else link.call(&"get_state")
	var own := peer.get_unique_id()
	var is_active_link: bool = link != null and link.call(&"is_active")
	return [
		id, peer.get_connection_status(), "random" if own > 1 else str(own), plain(link), state, is_active_link,
		peer.get_available_packet_count(), send(peer, "from the handler", id),
	]
