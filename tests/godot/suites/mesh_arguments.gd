extends "res://lib/mesh_suite.gd"
## Arguments that create_mesh and add_mesh_peer refuse. The mesh must keep working afterwards.

const BAD := ERR_INVALID_PARAMETER


func case_ids() -> void:
	for peer_class: String in [server_class, client_class]:
		var end := new_end(peer_class)
		for id: int in [0, -1, -2147483648]:
			equal(create_mesh(end, id), BAD, "id %d" % id)
			expect_errors(1, end.is_ours, "id %d" % id)
			equal(end.is_active(), false, "the peer stays inactive")
		for id: int in [1, 2, 2147483647]:
			equal(create_mesh(end, id), OK, "id %d" % id)
			equal([end.id(), end.is_up()], [id, true], "id %d" % id)
			equal(create_mesh(end, 5), ERR_ALREADY_IN_USE, "create_mesh while active")
			expect_errors(1, end.is_ours, "create_mesh while active")
			equal(create_mesh(end, 0), BAD, "a wrong id while active")
			expect_errors(1, end.is_ours, "a wrong id while active")
			equal(end.host(free_port()), ERR_ALREADY_IN_USE, "create_server while active")
			expect_errors(1, end.is_ours, "create_server while active")
			equal(end.say("anybody"), OK, "a broadcast to nobody")
			end.peer.poll()
			end.peer.close()
			equal(end.is_active(), false, "closed")
	done()


func case_no_host() -> void:
	for peer_class: String in [server_class, client_class]:
		var end := new_end(peer_class)
		create_mesh(end, 5)
		equal(end.peer.call(&"add_mesh_peer", 9, null), BAD, "null")
		expect_errors(1, end.is_ours, "null")
		var host := new_host(peer_class)
		equal(add(end, 9, host), BAD, "a host that was not created")
		# Stock also asks the host for its peers, which prints another error.
		_expect_error_lines(end, "a host that was not created")
		host.open()
		equal(add(end, 9, host), BAD, "a host without a peer")
		expect_errors(1, end.is_ours, "a host without a peer")
		host.join(free_port())
		equal(add(end, 9, host), BAD, "a host that is connecting")
		expect_errors(1, end.is_ours, "a host that is connecting")
		equal([end.events.size(), end.is_up()], [0, true], "no peer is signalled")
		# A refused host still belongs to the script.
		host.drain()
		equal(host.peers().size(), 1, "the host keeps connecting")
		host.destroy()
	done()


func case_not_a_mesh() -> void:
	var joined := linked()
	var ends: Array[End] = [new_end(server_class), new_end(client_class)]
	for number in 2:
		var end := ends[number]
		equal(add(end, 9, joined.hosts[number]), ERR_UNCONFIGURED, "inactive")
		expect_errors(1, end.is_ours, "inactive")
		end.host(free_port())
		equal(add(end, 9, joined.hosts[number]), ERR_UNCONFIGURED, "adding to a peer that is no mesh")
		expect_errors(1, end.is_ours, "adding to a peer that is no mesh")
		equal(end.events.size(), 0, "no peer is signalled")
	equal(send(joined.peers[0], 0, "still".to_utf8_buffer()), OK, "sending with the refused host")
	check(serve(joined.hosts, func() -> bool: return joined.hosts[1].events.size() == 1), "the packet arrives")
	done()


func case_host_with_two_peers() -> void:
	for peer_class: String in [server_class, client_class]:
		var end := new_end(peer_class)
		create_mesh(end, 5)
		var bound := bound_host(peer_class)
		var first := link(bound, open_host(client_class))
		var second := link(bound, open_host(client_class))
		equal(add(end, 9, bound), BAD, "a host with two peers")
		expect_errors(1, end.is_ours, "a host with two peers")
		first.peers[1].call(&"peer_disconnect_now")
		var alone := func() -> bool: return bound.peers().size() == 1
		check(serve([bound, first.hosts[1], second.hosts[1]], alone), "one peer disconnects")
		equal(add(end, 9, bound), OK, "a host with one peer")
		equal(end.events, ["+9"] as Array[String], "the signal is emitted at once")
	done()


## The other player's id is not checked, because the script that arranges the mesh chooses it.
func case_any_id_for_the_other() -> void:
	for id: int in [1, 2147483647]:
		var joined := linked()
		var ends: Array[End] = [new_end(server_class), new_end(client_class)]
		for number in 2:
			create_mesh(ends[number], 100 + number)
			equal(add(ends[number], id, joined.hosts[number]), OK, "add_mesh_peer")
			equal(ends[number].events, ["+%d" % id] as Array[String], "the signalled id")
		for number in 2:
			equal(ends[number].say("hello", id), OK, "send")
		var heard := func() -> bool: return ends.all(func(end: End) -> bool: return end.packets.size() == 1)
		check(pump(ends, heard), "both players receive a packet")
		equal(ends[0].packets[0].from, id, "sender")
	done()


## A host has one owner. Stock does not check this, and one owner then polls the other's host.
func case_hosts_of_others() -> void:
	for peer_class: String in [server_class, client_class]:
		if not peer_class.ends_with("Rs"):
			check(true, "not tested with stock")
			continue
		var mesh := new_end(peer_class)
		create_mesh(mesh, 5)
		var ends := connected()
		for end in ends:
			if end.is_ours:
				var host: RefCounted = end.peer.get(&"host")
				_expect_refused(mesh, host, "the host of a session")
				equal(end.say("hello"), OK, "the session still works")
		var other := new_end(peer_class)
		create_mesh(other, 6)
		var joined := link(bound_host(peer_class), open_host(client_class))
		equal(add(other, 9, joined.hosts[0]), OK, "add_mesh_peer")
		for end: End in [mesh, other]:
			_expect_refused(end, joined.hosts[0].connection, "a host in a mesh")
		equal(other.say("hello", 9), OK, "the mesh still works")
		var heard := func() -> bool:
			other.poll()
			return joined.hosts[1].events.size() == 1
		check(serve([joined.hosts[1]], heard), "the friend receives the packet")
		equal([mesh.events.size(), other.events], [0, ["+9"] as Array[String]], "no further peer is signalled")
	done()


func _expect_refused(mesh: End, host: RefCounted, what: String) -> void:
	var error: Error = mesh.peer.call(&"add_mesh_peer", 8, host)
	check(error != OK, what + " is refused")
	expect_errors(1, true, what)


## An object of the other class family is not accepted as a host.
func case_hosts_of_the_other_class() -> void:
	if server_class == client_class:
		check(true, "not tested with a single class")
		done()
		return
	var joined := linked()
	for number in 2:
		var end := new_end(class_of(number))
		create_mesh(end, 5)
		equal(add(end, 9, joined.hosts[1 - number]), BAD, "a foreign host")
		expect_errors(1, end.is_ours, "a foreign host")
		equal(end.events.size(), 0, "no peer is signalled")
	done()


## Expects at least one error line, either all of the engine or all of our class.
func _expect_error_lines(end: End, what: String) -> void:
	var lines := _errors.take()
	if not _errors.can_see():
		return
	check(not lines.is_empty(), what + ": expected an error line")
	for line in lines:
		check(line.contains("Rs.") == end.is_ours, "%s: error line of the wrong class: %s" % [what, line])
