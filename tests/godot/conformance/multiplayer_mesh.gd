extends "res://lib/multiplayer_case.gd"
## add_mesh_peer: the order of its checks, and the life of a mesh.


func case_no_host() -> void:
	attempt(new_subject(), &"add_mesh_peer", [20, null], "inactive")
	for kind: String in ["server", "client", "mesh"]:
		attempt(subject_of(kind), &"add_mesh_peer", [20, null], kind)
	done()


func case_no_mesh() -> void:
	attempt(new_subject(), &"add_mesh_peer", [20, mesh_host()], "inactive")
	for kind: String in ["server", "client"]:
		var peer := subject_of(kind)
		attempt(peer, &"add_mesh_peer", [20, mesh_host()], kind)
		note_signals(peer, kind)
	# An unusable host does not change the error.
	attempt(new_subject(), &"add_mesh_peer", [20, kit.connection()], "inactive, with an inactive host")
	done()


func case_unusable_hosts() -> void:
	var mesh := mesh_with([])
	attempt(mesh, &"add_mesh_peer", [20, kit.connection()], "inactive host")
	attempt(mesh, &"add_mesh_peer", [20, new_host()], "host without a peer")
	var listening := kit.connection()
	listen(listening)
	attempt(mesh, &"add_mesh_peer", [20, listening], "listening host without a peer")
	var connecting := new_host()
	connecting.call(&"connect_to_host", LOCALHOST, free_port())
	attempt(mesh, &"add_mesh_peer", [20, connecting], "connecting host")
	var crowded := kit.connection()
	var port := listen(crowded)
	for id: int in [20, 30]:
		join_port(port, 0, 3)
	var is_crowded := func() -> bool:
		serve_once(crowded)
		for far in far_ends:
			far.serve()
		return events(crowded).size() == 2
	check(wait_until(is_crowded), "two partners join")
	attempt(mesh, &"add_mesh_peer", [20, crowded], "host with two peers")
	note_signals(mesh, "mesh")
	note_state(mesh, "mesh")
	done()


func case_host_whose_peer_is_leaving() -> void:
	for method: StringName in [&"peer_disconnect", &"peer_disconnect_now", &"reset"]:
		var mesh := mesh_with([])
		var host := mesh_host()
		var peers: Array = host.call(&"get_peers")
		var link: PacketPeer = peers[0]
		attempt(link, method)
		attempt(mesh, &"add_mesh_peer", [20, host], "after %s" % method)
	done()


func case_adding() -> void:
	var mesh := mesh_with([])
	var host := mesh_host()
	attempt(mesh, &"add_mesh_peer", [20, host])
	note_signals(mesh, "at once")
	note_state(mesh, "mesh")
	var peers: Array = host.call(&"get_peers")
	note("get_peer is the host's", peer_of(mesh, 20) == peers[0])
	attempt(mesh, &"get_host")
	note("the host is usable", host.call(&"get_local_port") > 0)
	done()


## A host that accepted the connection works like one that initiated it.
func case_adding_a_host_that_accepted() -> void:
	var mesh := mesh_with([])
	var host := kit.connection()
	var far := join_port(listen(host), 0)
	var is_over := func() -> bool:
		serve_once(host)
		far.serve()
		return not events(host).is_empty() and _is_up(far)
	check(wait_until(is_over), "the far end joins")
	attempt(mesh, &"add_mesh_peer", [20, host])
	try_send(mesh, "hello", 20)
	check(drive(saw(far, 2)), "the far end receives the packet")
	note("far", far.seen)
	far.say("back", 4)
	check(drive(has_packets(mesh, 1)), "the mesh receives the answer")
	note("packets", take_packets(mesh))
	done()


## add_mesh_peer accepts any id.
func case_odd_ids() -> void:
	var mesh := mesh_with([])
	for id: int in [0, -1, -20, 1, 2147483647]:
		attempt(mesh, &"add_mesh_peer", [id, mesh_host()], "adding %d" % id)
		attempt(mesh, &"get_peer", [id])
	note_signals(mesh, "mesh")
	for id: int in [-20, 1, 2147483647]:
		try_send(mesh, "x", id)
	done()


## The new host replaces the old one.
func case_adding_an_id_again() -> void:
	var mesh := mesh_with([20])
	var first := peer_of(mesh, 20)
	attempt(mesh, &"add_mesh_peer", [20, mesh_host()])
	note("a different packet peer", peer_of(mesh, 20) != first)
	note_signals(mesh, "mesh")
	try_send(mesh, "to the new one", 20)
	check(drive(saw(far_ends[1], 1)), "the far end receives the packet")
	note("new", far_ends[1].seen)
	note("the old far end receives the disconnect", far_ends[0].seen.has("disconnect 0"))
	far_ends[1].say("from the new one")
	check(drive(has_packets(mesh, 1)), "the mesh receives the answer")
	note("packets", take_packets(mesh))
	done()


func case_one_host_under_two_ids() -> void:
	var mesh := mesh_with([20])
	var host := mesh_host()
	attempt(mesh, &"add_mesh_peer", [30, host])
	var error: Error = mesh.call(&"add_mesh_peer", 40, host)
	differs("a second id", error, "D16", OK, ERR_ALREADY_IN_USE)
	differs("a second id prints", take_errors(), "D16", false, true)
	differs("signals", signals(mesh), "D16", ["+20", "+30", "+40"], ["+20", "+30"])
	mesh.close()
	# Stock prints an error for the second disconnect.
	take_errors()
	done()


func case_sending_and_receiving() -> void:
	var mesh := mesh_with([20, 30])
	for far in far_ends:
		far.say("from %d" % far.id, 2)
		check(drive(has_packets(mesh, 1)), "the packet arrives")
		note("packets", take_packets(mesh))
	for mode in MODES:
		send(mesh, "mode %d" % mode, 30, mode, mode)
	check(drive(saw(far_ends[1], 3)), "the packets arrive")
	note("20", far_ends[0].seen)
	note("30", far_ends[1].seen)
	done()


func case_remote_leaves() -> void:
	var mesh := mesh_with([20, 30])
	var link := peer_of(mesh, 20)
	far_ends[0].link.peer_disconnect_now()
	check(drive(signalled(mesh, "-20")), "the disconnect is signalled")
	note_signals(mesh, "mesh")
	note("active", link.call(&"is_active"))
	attempt(mesh, &"get_peer", [20])
	try_send(mesh, "lost", 20)
	try_send(mesh, "to the rest", 0)
	check(drive(saw(far_ends[1], 1)), "the others receive the packet")
	note("30", far_ends[1].seen)
	must(mesh, &"add_mesh_peer", [20, mesh_host()])
	note_signals(mesh, "after add_mesh_peer returned")
	done()


func case_held_host_is_destroyed() -> void:
	var mesh := mesh_with([])
	var hosts: Array[RefCounted] = [mesh_host(), mesh_host()]
	must(mesh, &"add_mesh_peer", [20, hosts[0]])
	must(mesh, &"add_mesh_peer", [30, hosts[1]])
	attempt(hosts[0], &"destroy")
	note("known before the poll", peer_of(mesh, 20) != null)
	mesh.poll()
	take_errors()
	note_signals(mesh, "mesh")
	attempt(mesh, &"get_peer", [20])
	try_send(mesh, "to the rest", 0)
	check(drive(saw(far_ends[1], 1)), "the others receive the packet")
	note("30", far_ends[1].seen)
	done()


## The state of the hosts that were passed to the mesh.
func case_held_hosts_after_the_end() -> void:
	for ending: String in ["close", "remote leaves", "disconnect", "force"]:
		far_ends.clear()
		var mesh := mesh_with([])
		var host := mesh_host()
		must(mesh, &"add_mesh_peer", [20, host])
		match ending:
			"close":
				mesh.close()
			"remote leaves":
				far_ends[0].link.peer_disconnect_now()
				check(drive(signalled(mesh, "-20")), "the disconnect is signalled")
			"disconnect":
				mesh.disconnect_peer(20)
				check(drive(signalled(mesh, "-20")), "the disconnect is signalled")
			"force":
				mesh.disconnect_peer(20, true)
		note("%s: port" % ending, host.call(&"get_local_port") > 0)
		note_errors("%s: port prints" % ending)
		note("%s: peers" % ending, host.call(&"get_peers"))
		note_errors("%s: peers prints" % ending)
	done()


## A mesh's hosts admit no newcomers.
func case_newcomer_to_a_mesh_host() -> void:
	var mesh := mesh_with([])
	var host := kit.connection()
	var port := listen(host)
	var far := join_port(port, 0)
	var is_over := func() -> bool:
		serve_once(host)
		far.serve()
		return not events(host).is_empty() and _is_up(far)
	check(wait_until(is_over), "the far end joins")
	must(mesh, &"add_mesh_peer", [20, host])
	var newcomer := join_port(port, 30)
	drive(func() -> bool: return _is_up(newcomer), 1.0)
	settle()
	note_signals(mesh, "mesh")
	try_send(mesh, "to all", 0)
	check(drive(saw(far, 2)), "the first far end receives the packet")
	settle()
	note("first", far.seen)
	note("packets of the newcomer", newcomer.packets())
	# The newcomer gets no disconnect, so it would keep running.
	far_ends.erase(newcomer)
	done()


func case_two_meshes_of_the_kit() -> void:
	var one := new_subject()
	var other := new_subject()
	must(one, &"create_mesh", [5])
	must(other, &"create_mesh", [6])
	var pair := connect_pair(kit.connection(), kit.connection())
	must(one, &"add_mesh_peer", [6, pair.subject])
	must(other, &"add_mesh_peer", [5, pair.partner])
	send(one, "from five", 6)
	send(other, "from six", 5, UNRELIABLE, 3)
	check(drive(func() -> bool: return (
		one.get_available_packet_count() == 1 and other.get_available_packet_count() == 1)),
				"both meshes receive a packet")
	note("five", take_packets(one))
	note("six", take_packets(other))
	one.disconnect_peer(6)
	check(drive(func() -> bool: return signals(one).size() == 2 and signals(other).size() == 2),
			"both signal the disconnect")
	note_signals(one, "five")
	note_signals(other, "six")
	done()


func case_refusing_changes_nothing() -> void:
	var mesh := mesh_with([20])
	mesh.refuse_new_connections = true
	note("refuses", mesh.refuse_new_connections)
	attempt(mesh, &"add_mesh_peer", [30, mesh_host()])
	# Stock built with the system's ENet prints an error for each of its hosts.
	take_errors()
	note_signals(mesh, "mesh")
	done()
