extends "res://lib/suite.gd"
## The recipients of a packet.


func case_broadcast_single_and_all_but_one() -> void:
	var ends := connected(3)
	var server := ends[0]
	var clients: Array[End] = ends.slice(1)
	equal(server.send("all".to_utf8_buffer(), 0), OK, "sending to all")
	equal(server.send("one".to_utf8_buffer(), clients[0].id()), OK, "sending to one")
	equal(server.send("but".to_utf8_buffer(), -clients[0].id()), OK, "sending to all but one")
	var arrived := func() -> bool:
		return clients.all(func(end: End) -> bool: return end.packets.size() == 2)
	check(pump(ends, arrived), "two packets each")
	pump_for(ends, 0.05)
	equal(clients[0].texts(), ["all", "one"] as Array[String], "packets of the single target")
	equal(clients[1].texts(), ["all", "but"] as Array[String], "packets of another client")
	equal(clients[2].texts(), ["all", "but"] as Array[String], "packets of a third client")
	done()


func case_targets_of_a_client() -> void:
	var ends := connected(2)
	var client := ends[1]
	for target: int in [0, 1, -1]:
		equal(client.send("x".to_utf8_buffer(), target), OK, "target %d" % target)
	check(pump(ends, func() -> bool: return ends[0].packets.size() == 3), "all packets go to the server")
	for target: int in [client.id(), ends[2].id(), -client.id(), 5, -5]:
		equal(client.send("x".to_utf8_buffer(), target), ERR_INVALID_PARAMETER, "target %d" % target)
		expect_errors(1, client.is_ours, "target %d" % target)
	pump_for(ends, 0.05)
	equal(ends[0].packets.size(), 3, "nothing else was sent")
	done()


func case_targets_of_a_server() -> void:
	var ends := connected(1)
	var server := ends[0]
	for target: int in [1, -1, 77, -77, -2147483648]:
		# Stock negates -2147483648 to itself, which is no valid peer either.
		equal(server.send("x".to_utf8_buffer(), target), ERR_INVALID_PARAMETER, "target %d" % target)
		expect_errors(1, server.is_ours, "target %d" % target)
	equal(server.send("x".to_utf8_buffer(), ends[1].id()), OK, "a valid target")
	check(pump(ends, func() -> bool: return ends[1].packets.size() == 1), "the packet arrives")
	done()


func case_server_without_clients() -> void:
	var server := start_server()
	equal(server.send("x".to_utf8_buffer(), 0), OK, "a broadcast without clients")
	done()


func case_client_not_yet_connected() -> void:
	var server := start_server()
	var client := start_client(server.port)
	equal(client.send("x".to_utf8_buffer(), 1), ERR_UNCONFIGURED, "connecting")
	expect_errors(1, client.is_ours, "connecting")
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	equal(client.send("x".to_utf8_buffer(), 1), OK, "connected")
	done()


func case_target_stays_set() -> void:
	var ends := connected(2)
	ends[0].peer.set_target_peer(ends[2].id())
	ends[0].peer.put_packet("1".to_utf8_buffer())
	ends[0].peer.put_packet("2".to_utf8_buffer())
	check(pump(ends, func() -> bool: return ends[2].packets.size() == 2), "both packets arrive")
	equal(ends[1].packets.size(), 0, "packets of the other client")
	done()
