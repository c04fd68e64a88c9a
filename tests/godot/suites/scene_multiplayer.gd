extends "res://lib/player_suite.gd"
## SceneMultiplayer, which games use, on top of the peers.

const MODES: Array[String] = ["reliable", "unreliable_ordered", "unreliable"]


func case_rpcs_in_every_mode() -> void:
	var players := await players_connected(1)
	for mode in MODES:
		for direction in 2:
			await _send_rpcs(players[direction], players[1 - direction], mode)
	equal(players[0].api.get_peers().size(), 1, "the server's peers")
	equal(players[1].api.get_peers(), PackedInt32Array([1]), "the client's peers")
	await end_all()
	done()


## Sends ten RPCs, one per frame. On a busy machine ENet's throttle may drop unreliable ones after a late
## acknowledgement, so some more of those may be sent.
func _send_rpcs(from: Player, to: Player, mode: String) -> void:
	const WANTED := 10
	const MOST := 60
	to.world.heard.clear()
	var sent := 0
	while sent < WANTED or (mode != "reliable" and to.world.heard.size() < WANTED and sent < MOST):
		from.world.rpc_id(to.id(), "say_" + mode, sent)
		sent += 1
		await frame()
	await frames(func() -> bool: return to.world.heard.size() >= WANTED)
	var heard := to.world.heard
	check(heard.size() >= WANTED, "%s: %d of %d" % [mode, heard.size(), sent])
	var last := -1
	for each in heard:
		equal([each.from, each.mode], [from.id(), mode], mode)
		check(each.number == last + 1 or (mode != "reliable" and each.number > last), mode + " is in order")
		last = each.number


func case_signals_of_the_api() -> void:
	var players := await players_connected(1)
	var id := players[1].id()
	equal(players[0].events, ["+%d" % id] as Array[String], "server")
	equal(players[1].events, ["connected_to_server", "+1"] as Array[String], "client")
	players[0].end.peer.close()
	var gone := func() -> bool: return players[1].events.has("server_disconnected")
	check(await frames(gone), "the client signals the disconnect")
	await end_all()
	done()


func case_failed_attempt() -> void:
	var player := new_player(client_class)
	equal(player.end.join(free_port()), OK, "create_client")
	player.api.multiplayer_peer = player.end.peer
	await tree.process_frame
	player.end.peer.close()
	var failed := func() -> bool: return player.events.has("connection_failed")
	check(await frames(failed), "connection_failed")
	await end_all()
	done()


func case_relay_between_clients() -> void:
	var players := await players_connected(2)
	var first := players[1]
	var second := players[2]
	check(await frames(_all_know_each_other), "the clients know each other")
	for mode in MODES:
		second.world.heard.clear()
		# The throttle may drop an unreliable packet, so it is repeated.
		for attempt in (1 if mode == "reliable" else 20):
			first.world.rpc_id(second.id(), "say_" + mode, 7)
			if await frames(func() -> bool: return not second.world.heard.is_empty(), 1.0):
				break
		check(not second.world.heard.is_empty(), mode + " is relayed")
		for each in second.world.heard:
			equal([each.from, each.mode, each.number], [first.id(), mode, 7], mode)
	first.world.heard.clear()
	second.world.say_reliable.rpc(9)
	var everybody := func() -> bool:
		return first.world.heard.size() == 1 and players[0].world.heard.size() == 1
	check(await frames(everybody), "a client's broadcast reaches all others")
	var left := second.id()
	second.end.peer.close()
	check(await frames(func() -> bool: return first.events.has("-%d" % left)), "a disconnect is relayed, too")
	await end_all()
	done()


## Targets of clients, relayed by the server: all, one, and all but one.
func case_relay_targets() -> void:
	var players := await players_connected(3)
	check(await frames(_all_know_each_other), "the clients know each other")
	var sender := players[1]
	var id := sender.id()
	# The recipients of each text, by number of the player.
	var plan: Array[Dictionary] = [
		{"target": 0, "text": "all", "hear": [0, 2, 3]},
		{"target": 1, "text": "server", "hear": [0]},
		{"target": -1, "text": "clients", "hear": [2, 3]},
		{"target": players[2].id(), "text": "one", "hear": [2]},
		{"target": -players[2].id(), "text": "all but one", "hear": [0, 3]},
	]
	for step in plan:
		var target: int = step["target"]
		var text: String = step["text"]
		var bytes := text.to_utf8_buffer()
		equal(sender.api.send_bytes(bytes, target), OK, text)
	equal(sender.api.send_bytes("last".to_utf8_buffer(), 0), OK, "last")
	for number: int in [0, 2, 3]:
		var player := players[number]
		var expected: Array[String] = []
		for step in plan:
			var hear: Array = step["hear"]
			if hear.has(number):
				expected.append("%d: %s" % [id, step["text"]])
		expected.append("%d: last" % id)
		var heard := func() -> Array[String]:
			return player.events.filter(func(event: String) -> bool: return event.contains(": "))
		check(await frames(func() -> bool: return player.events.has("%d: last" % id)), "player %d" % number)
		equal(heard.call(), expected, "player %d" % number)
	check(not sender.events.any(func(event: String) -> bool: return event.contains(": ")),
			"the sender receives no packet")
	await end_all()
	done()


func _all_know_each_other() -> bool:
	return _players.all(func(player: Player) -> bool:
		return player.api.get_peers().size() == _players.size() - 1)


func case_raw_bytes() -> void:
	var players := await players_connected(1)
	var got: Array[Array] = []
	var record := func(id: int, bytes: PackedByteArray) -> void: got.append([id, bytes])
	players[0].api.peer_packet.connect(record)
	var bytes := pattern(5000)
	equal(players[1].api.send_bytes(bytes, 1), OK, "send_bytes")
	check(await frames(func() -> bool: return got.size() == 1), "the bytes arrive")
	equal(got, [[players[1].id(), bytes]] as Array[Array], "exactly")
	players[0].api.peer_packet.disconnect(record)
	await end_all()
	done()


func case_spawning_and_synchronizing() -> void:
	var players := await players_connected(1)
	var server := players[0].world
	var client := players[1].world
	var box := server.spawn_box(Vector2(3, 4))
	check(await frames(func() -> bool: return client.boxes.get_child_count() == 1), "the box is spawned")
	var copy: Node2D = client.boxes.get_child(0)
	equal(copy.position, Vector2(3, 4), "the position of the spawned box")
	equal(copy.name, box.name, "the name of the spawned box")
	box.position = Vector2(50, 60)
	check(await frames(func() -> bool: return copy.position == Vector2(50, 60)), "the position is synchronized")
	# A client that joins late receives the existing state.
	var late := await join_later()
	check(await frames(func() -> bool: return late.world.boxes.get_child_count() == 1), "a late client gets the box")
	equal((late.world.boxes.get_child(0) as Node2D).position, Vector2(50, 60), "the current position of the box")
	box.queue_free()
	var gone := func() -> bool:
		return client.boxes.get_child_count() == 0 and late.world.boxes.get_child_count() == 0
	check(await frames(gone), "the box is despawned")
	await end_all()
	done()


func case_authentication() -> void:
	var server := new_player(server_class)
	equal(server.end.host(free_port()), OK, "create_server")
	# A callback that held its API would leak it, so the callback is a method of the suite.
	server.api.auth_callback = _judge
	server.api.multiplayer_peer = server.end.peer
	for word: String in ["sesame", "wrong"]:
		var client := new_player(client_class)
		equal(client.end.join(server.end.port), OK, "create_client")
		client.api.auth_callback = func(_id: int, _word: PackedByteArray) -> void: pass
		var authenticate := func(id: int) -> void:
			equal(client.api.send_auth(id, word.to_utf8_buffer()), OK, "send_auth")
			# A client with the wrong word waits for the verdict: its other packets would come from an unknown peer.
			if word == "sesame":
				equal(client.api.complete_auth(id), OK, "complete_auth")
		client.api.peer_authenticating.connect(authenticate)
		client.api.multiplayer_peer = client.end.peer
		if word == "sesame":
			check(await frames(func() -> bool: return client.events.has("+1")),
					"the client with the right word connects")
			var admitted := func() -> bool: return server.api.get_peers().size() == 1
			check(await frames(admitted), "the server signals the client")
		else:
			check(await frames(func() -> bool: return not client.end.is_active()),
					"the client with the wrong word is rejected")
			check(not client.events.has("connected_to_server"), "the rejected client never connected")
		client.api.peer_authenticating.disconnect(authenticate)
	for player in _players:
		player.api.auth_callback = Callable()
	await end_all()
	done()


func _judge(id: int, word: PackedByteArray) -> void:
	var api := _players[0].api
	if word.get_string_from_utf8() == "sesame":
		equal(api.complete_auth(id), OK, "complete_auth")
	else:
		api.disconnect_peer(id)


func case_changing_the_peer() -> void:
	var players := await players_connected(1)
	var client := players[1]
	client.api.multiplayer_peer = null
	check(await frames(func() -> bool: return players[0].events.size() == 1), "frames continue")
	client.end.peer.close()
	var gone := func() -> bool: return players[0].events.size() == 2
	check(await frames(gone), "the server signals the disconnect")
	await end_all()
	done()
