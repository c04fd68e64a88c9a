extends "res://lib/suite.gd"
## Wrong arguments: each gives the documented error and one clear line, and the object stays usable.

const BAD := ERR_INVALID_PARAMETER


func case_server_numbers() -> void:
	var end := new_end(server_class)
	var port := free_port()
	for bad: Array in [
		["negative port", [-1]],
		["port too large", [65536]],
		["no clients", [port, 0]],
		["negative clients", [port, -5]],
		["too many clients", [port, 4096]],
		["outgoing bandwidth", [port, 32, 0, 0, -1]],
	]:
		var what: String = bad[0]
		var arguments: Array = bad[1]
		equal(end.peer.callv(&"create_server", arguments), BAD, what)
		expect_errors(1, end.is_ours, what)
		equal(end.is_active(), false, what + " leaves the peer inactive")
	equal(end.peer.call(&"create_server", port, 4095), OK, "the largest number of clients")
	done()


## Stock passes max_channels on as the incoming bandwidth and never checks the bandwidth.
func case_server_incoming_bandwidth() -> void:
	var end := new_end(server_class)
	var error: Error = end.peer.call(&"create_server", free_port(), 32, 0, -1, 0)
	equal(error, BAD if end.is_ours else OK, "negative incoming bandwidth")
	expect_errors(1 if end.is_ours else 0, end.is_ours, "negative incoming bandwidth")
	done()


func case_client_numbers() -> void:
	var end := new_end(client_class)
	for bad: Array in [
		["incoming bandwidth", ["127.0.0.1", 5000, 0, -1], BAD],
		["outgoing bandwidth", ["127.0.0.1", 5000, 0, 0, -1], BAD],
		["negative local port", ["127.0.0.1", 5000, 0, 0, 0, -1], BAD],
		["large local port", ["127.0.0.1", 5000, 0, 0, 0, 65536], BAD],
		["port zero", ["127.0.0.1", 0], ERR_CANT_CREATE],
		["negative port", ["127.0.0.1", -1], ERR_CANT_CREATE],
		["large port", ["127.0.0.1", 65536], ERR_CANT_CREATE],
		["unknown name", ["no-such-host.invalid", 5000], ERR_CANT_CREATE],
		["no name", ["", 5000], ERR_CANT_CREATE],
	]:
		var what: String = bad[0]
		var arguments: Array = bad[1]
		equal(end.peer.callv(&"create_client", arguments), bad[2], what)
		expect_errors(1, end.is_ours, what)
		equal(end.is_active(), false, what + " leaves the peer inactive")
	equal(end.peer.call(&"create_client", "127.0.0.1", 5000, 300), OK, "too many channels are limited")
	done()


func case_port_in_use() -> void:
	var server := start_server()
	var second := new_end(client_class)
	equal(second.host(server.port), ERR_CANT_CREATE, "a port in use")
	expect_errors(1, second.is_ours, "port in use")
	equal(second.host(free_port()), OK, "the object is usable after the failure")
	done()


func case_already_active() -> void:
	var ends := connected(1)
	for end in ends:
		equal(end.host(free_port()), ERR_ALREADY_IN_USE, "create_server")
		expect_errors(1, end.is_ours, "create_server while active")
		equal(end.join(5000), ERR_ALREADY_IN_USE, "create_client")
		expect_errors(1, end.is_ours, "create_client while active")
		check(end.is_up(), "still up")
	done()


func case_inactive_calls() -> void:
	for peer_class: String in [server_class, client_class]:
		var end := new_end(peer_class)
		var peer := end.peer
		peer.close()
		expect_errors(0, end.is_ours, "close")
		peer.poll()
		expect_errors(1, end.is_ours, "poll")
		peer.disconnect_peer(5)
		expect_errors(1, end.is_ours, "disconnect_peer")
		equal(peer.put_packet("x".to_utf8_buffer()), ERR_UNCONFIGURED, "put_packet")
		expect_errors(1, end.is_ours, "put_packet")
		equal(peer.get_packet(), PackedByteArray(), "get_packet")
		equal(peer.get_packet_error(), ERR_UNAVAILABLE, "get_packet_error")
		expect_errors(1, end.is_ours, "get_packet")
		equal(peer.get_packet_peer(), 1, "get_packet_peer")
		equal(peer.get_packet_channel(), 1, "get_packet_channel")
		equal(peer.get_packet_mode(), MultiplayerPeer.TRANSFER_MODE_RELIABLE, "get_packet_mode")
		expect_errors(3, end.is_ours, "packet properties")
	done()


func case_reuse_after_every_ending() -> void:
	var server := new_end(server_class)
	var client := new_end(client_class)
	for round in 5:
		var port := free_port()
		equal(server.host(port), OK, "create_server")
		equal(client.join(port), OK, "create_client")
		var met := func() -> bool: return client.is_up() and server.events.size() == round + 1
		check(pump([server, client], met), "connects")
		if round % 2 == 0:
			client.peer.close()
			server.peer.close()
		else:
			server.peer.close()
			check(pump([client], func() -> bool: return not client.is_active()), "the client closes")
	# An object may also change its role.
	var port := free_port()
	equal(client.host(port), OK, "the client becomes a server")
	equal(server.join(port), OK, "the server becomes a client")
	check(pump([server, client], func() -> bool: return server.is_up()), "connects")
	done()
