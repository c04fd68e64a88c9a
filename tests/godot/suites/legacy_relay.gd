extends "res://lib/player_suite.gd"
## The peer's server_relay, as SceneMultiplayer sees it. The client's class is under test.


func reason_to_skip() -> String:
	return "" if client_class.ends_with("Rs") else "the built-in class has no such property"


## A server of the tested class, with two clients of the other class.
func _served(relays: bool) -> Array[Player]:
	var server := new_player(client_class)
	server.end.peer.set(&"server_relay", relays)
	equal(server.end.host(free_port()), OK, "create_server")
	server.api.multiplayer_peer = server.end.peer
	for index in 2:
		var client := new_player(server_class)
		equal(client.end.join(server.end.port), OK, "create_client")
		client.api.multiplayer_peer = client.end.peer
		var id := client.id()
		var met := func() -> bool:
			return client.events.has("connected_to_server") and server.events.has("+%d" % id)
		check(await frames(met), "a client joins")
	return _players


func case_is_server_relay_supported() -> void:
	for relays: bool in [true, false]:
		var peer: MultiplayerPeer = ClassDB.instantiate(client_class)
		equal(peer.is_server_relay_supported(), false, "inactive")
		peer.set(&"server_relay", relays)
		equal(peer.call(&"create_server", free_port()), OK, "create_server")
		equal(peer.is_server_relay_supported(), relays, "server_relay %s" % relays)
		peer.close()
	done()


func case_relay_off() -> void:
	var players := await _served(false)
	var first := players[1]
	var second := players[2]
	# A later packet of the server arrives after everything that the server could have said about other clients.
	players[0].world.say_reliable.rpc(1)
	var both := func() -> bool: return first.world.heard.size() == 1 and second.world.heard.size() == 1
	check(await frames(both), "the server reaches both")
	for client: Player in [first, second]:
		equal(client.api.get_peers(), PackedInt32Array([1]), "a client knows only the server")
		equal(client.events, ["connected_to_server", "+1"] as Array[String], "a client's signals")
	first.world.say_reliable.rpc(2)
	check(await frames(func() -> bool: return players[0].world.heard.size() == 1), "the server receives the RPC")
	players[0].world.say_reliable.rpc(3)
	check(await frames(func() -> bool: return second.world.heard.size() == 2),
			"the other client receives the server's RPC")
	equal(second.world.heard[1].from, 1, "the sender of that RPC")
	first.end.peer.close()
	check(await frames(func() -> bool: return players[0].events.size() == 3), "the server signals the disconnect")
	players[0].world.say_reliable.rpc(4)
	check(await frames(func() -> bool: return second.world.heard.size() == 3), "the other client receives another RPC")
	equal(second.events, ["connected_to_server", "+1"] as Array[String], "the other client's signals")
	await end_all()
	done()


func case_relay_on() -> void:
	var players := await _served(true)
	var know := func() -> bool:
		return players[1].api.get_peers().size() == 2 and players[2].api.get_peers().size() == 2
	check(await frames(know), "the clients know each other")
	players[1].world.rpc_id(players[2].id(), "say_reliable", 5)
	check(await frames(func() -> bool: return players[2].world.heard.size() == 1),
			"a client receives another client's RPC")
	equal(players[2].world.heard[0].from, players[1].id(), "the sender's id")
	await end_all()
	done()
