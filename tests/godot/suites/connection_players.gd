extends "res://lib/connection_suite.gd"
## SceneMultiplayer on an ENetConnectionRs.

const MODES: Array[String] = ["reliable", "unreliable_ordered", "unreliable"]


func case_signals_of_the_api() -> void:
	var players := await players_on_connections()
	var id := players[1].id()
	equal(players[0].events, ["+%d" % id] as Array[String], "the server's signals")
	equal(players[1].events, ["connected_to_server", "+1"] as Array[String], "the client's signals")
	equal(players[0].api.is_server(), true, "is_server")
	equal(players[1].api.is_server(), false, "is_server of the client")
	players[0].end.peer.close()
	check(await frames(func() -> bool: return players[1].events.has("server_disconnected")),
			"the client signals the end of the server")
	await end_all()
	done()


func case_rpcs_both_ways() -> void:
	var players := await players_on_connections()
	for mode in MODES:
		for direction in 2:
			var from := players[direction]
			var to := players[1 - direction]
			to.world.heard.clear()
			# The throttle may drop unreliable packets, so these are repeated.
			for attempt in (1 if mode == "reliable" else 20):
				from.world.rpc_id(to.id(), "say_" + mode, 7)
				if await frames(func() -> bool: return not to.world.heard.is_empty(), 1.0):
					break
			check(not to.world.heard.is_empty(), mode + " arrives")
			for each in to.world.heard:
				equal([each.from, each.mode, each.number], [from.id(), mode, 7], mode)
	await end_all()
	done()


## The server relays broadcasts of clients.
func case_rpcs_to_all() -> void:
	var players := await players_on_connections(3)
	var all_know := func() -> bool:
		return players.all(func(player: Player) -> bool: return player.api.get_peers().size() == 3)
	check(await frames(all_know), "all players know each other")
	for from in players:
		from.world.say_reliable.rpc(from.id())
	var all_heard := func() -> bool:
		return players.all(func(player: Player) -> bool: return player.world.heard.size() == 3)
	check(await frames(all_heard), "all players hear each other")
	for player in players:
		for each in player.world.heard:
			check(each.from == each.number and each.from != player.id(), "the sender's id")
	var left := players[3].id()
	players[3].end.peer.close()
	for player: Player in players.slice(0, 3):
		check(await frames(func() -> bool: return player.events.has("-%d" % left)), "all players signal the disconnect")
	await end_all()
	done()


func case_spawning() -> void:
	var players := await players_on_connections()
	var box := players[0].world.spawn_box(Vector2(3, 4))
	var boxes := players[1].world.boxes
	check(await frames(func() -> bool: return boxes.get_child_count() == 1), "the box is spawned")
	equal((boxes.get_child(0) as Node2D).position, Vector2(3, 4), "the position of the spawned box")
	box.queue_free()
	check(await frames(func() -> bool: return boxes.get_child_count() == 0), "the box is despawned")
	await end_all()
	done()


func case_disconnecting_by_the_api() -> void:
	var players := await players_on_connections(2)
	var id := players[1].id()
	players[0].api.disconnect_peer(id)
	check(await frames(func() -> bool: return players[1].events.has("server_disconnected")),
			"the client signals server_disconnected")
	# The API has removed the peer itself, and emits no signal.
	equal(players[0].api.get_peers(), PackedInt32Array([players[2].id()]), "the server's peers")
	equal(players[2].end.is_up(), true, "the other client stays connected")
	await end_all()
	done()


func case_failed_attempt() -> void:
	var player := new_player(CONNECTION)
	begin_client(player.end, free_port())
	player.api.multiplayer_peer = player.end.peer
	await frame()
	player.end.peer.close()
	check(await frames(func() -> bool: return player.events.has("connection_failed")), "the attempt fails")
	await end_all()
	done()
