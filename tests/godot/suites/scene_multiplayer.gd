extends "res://lib/suite.gd"
## What games use: SceneMultiplayer on top, one instance per player in this one process.

const World := preload("res://scenes/world.gd")
const WORLD := preload("res://scenes/world.tscn")


class Player:
	var api: SceneMultiplayer
	var world: World
	var end: End
	var events: Array[String] = []


var _players: Array[Player] = []


func case_rpcs_in_every_mode() -> void:
	var players := await _connected(1)
	var server := players[0]
	var client := players[1]
	for mode: String in ["reliable", "unreliable_ordered", "unreliable"]:
		for direction in 2:
			var from := players[direction]
			var to := players[1 - direction]
			to.world.heard.clear()
			# ENet's throttle may hold unreliable ones back on a busy machine: those are sent until
			# some have come.
			var wanted := 10 if mode == "reliable" else 3
			var sent := 0
			while to.world.heard.size() < wanted and sent < 500:
				from.world.rpc_id(to.api.get_unique_id(), "say_" + mode, sent)
				sent += 1
				await tree.process_frame
			var all := func() -> bool: return to.world.heard.size() >= (sent if wanted == 10 else wanted)
			check(await _frames(all), "%s: %d of %d" % [mode, to.world.heard.size(), sent])
			var last := -1
			for heard: Array in to.world.heard:
				equal(heard.slice(0, 2), [from.api.get_unique_id(), mode], mode)
				check(heard[2] == last + 1 or (wanted < 10 and heard[2] > last), mode + " is in order")
				last = heard[2]
	equal(server.api.get_peers().size(), 1, "the server's peers")
	equal(client.api.get_peers(), PackedInt32Array([1]), "the client's peers")
	await _end_all()
	done()


func case_signals_of_the_api() -> void:
	var players := await _connected(1)
	var id := players[1].api.get_unique_id()
	equal(players[0].events, ["+%d" % id] as Array[String], "server")
	equal(players[1].events, ["connected_to_server", "+1"] as Array[String], "client")
	players[0].end.peer.close()
	var gone := func() -> bool: return players[1].events.has("server_disconnected")
	check(await _frames(gone), "the client is told")
	await _end_all()
	done()


func case_failed_attempt() -> void:
	var player := _player(client_class, 0)
	equal(player.end.join(free_port()), OK, "create_client")
	player.api.multiplayer_peer = player.end.peer
	await tree.process_frame
	player.end.peer.close()
	var failed := func() -> bool: return player.events.has("connection_failed")
	check(await _frames(failed), "connection_failed")
	await _end_all()
	done()


func case_relay_between_clients() -> void:
	var players := await _connected(2)
	var first := players[1]
	var second := players[2]
	var know_each_other := func() -> bool:
		return first.api.get_peers().size() == 2 and second.api.get_peers().size() == 2
	check(await _frames(know_each_other), "the clients know each other")
	for mode: String in ["reliable", "unreliable_ordered", "unreliable"]:
		second.world.heard.clear()
		# The throttle may hold back an unreliable one.
		for attempt in (1 if mode == "reliable" else 20):
			first.world.rpc_id(second.api.get_unique_id(), "say_" + mode, 7)
			if await _frames(func() -> bool: return not second.world.heard.is_empty(), 1.0):
				break
		check(not second.world.heard.is_empty(), mode + " is relayed")
		for heard: Array in second.world.heard:
			equal(heard, [first.api.get_unique_id(), mode, 7], mode)
	first.world.heard.clear()
	second.world.say_reliable.rpc(9)
	var everybody := func() -> bool:
		return first.world.heard.size() == 1 and players[0].world.heard.size() == 1
	check(await _frames(everybody), "a client's broadcast reaches all")
	var left := second.api.get_unique_id()
	second.end.peer.close()
	check(await _frames(func() -> bool: return first.events.has("-%d" % left)), "leaving is relayed too")
	await _end_all()
	done()


func case_raw_bytes() -> void:
	var players := await _connected(1)
	var got: Array = []
	var record := func(id: int, bytes: PackedByteArray) -> void: got.append([id, bytes])
	players[0].api.peer_packet.connect(record)
	var bytes := pattern(5000)
	equal(players[1].api.send_bytes(bytes, 1), OK, "send_bytes")
	check(await _frames(func() -> bool: return got.size() == 1), "they arrive")
	equal(got, [[players[1].api.get_unique_id(), bytes]], "exactly")
	players[0].api.peer_packet.disconnect(record)
	await _end_all()
	done()


func case_spawning_and_synchronizing() -> void:
	var players := await _connected(1)
	var server := players[0].world
	var client := players[1].world
	var box := server.spawn_box(Vector2(3, 4))
	check(await _frames(func() -> bool: return client.boxes.get_child_count() == 1), "it appears")
	var copy: Node2D = client.boxes.get_child(0)
	equal(copy.position, Vector2(3, 4), "where it was put")
	equal(copy.name, box.name, "under its name")
	box.position = Vector2(50, 60)
	check(await _frames(func() -> bool: return copy.position == Vector2(50, 60)), "it moves along")
	# A late guest gets what is there.
	var late := await _join_later(players)
	check(await _frames(func() -> bool: return late.world.boxes.get_child_count() == 1), "a late guest sees it")
	equal((late.world.boxes.get_child(0) as Node2D).position, Vector2(50, 60), "as it is now")
	box.queue_free()
	var gone := func() -> bool:
		return client.boxes.get_child_count() == 0 and late.world.boxes.get_child_count() == 0
	check(await _frames(gone), "it disappears")
	await _end_all()
	done()


func case_authentication() -> void:
	var port := free_port()
	var server := _player(server_class, 0)
	server.end.host(port)
	server.api.auth_callback = func(id: int, word: PackedByteArray) -> void:
		if word.get_string_from_utf8() == "sesame":
			server.api.complete_auth(id)
		else:
			server.api.disconnect_peer(id)
	server.api.multiplayer_peer = server.end.peer
	for word: String in ["sesame", "wrong"]:
		var client := _player(client_class, _players.size())
		client.end.join(port)
		client.api.auth_callback = func(_id: int, _word: PackedByteArray) -> void: pass
		client.api.peer_authenticating.connect(func(id: int) -> void:
			client.api.send_auth(id, word.to_utf8_buffer())
			client.api.complete_auth(id))
		client.api.multiplayer_peer = client.end.peer
		if word == "sesame":
			check(await _frames(func() -> bool: return client.events.has("+1")), "the right word opens")
			var admitted := func() -> bool: return server.api.get_peers().size() == 1
			check(await _frames(admitted), "the server admits it")
		else:
			check(await _frames(func() -> bool: return not client.end.is_active()), "the wrong one does not")
			check(not client.events.has("connected_to_server"), "it was never in")
		forget_errors()
	for player in _players:
		player.api.auth_callback = Callable()
	await _end_all()
	done()


func case_changing_the_peer() -> void:
	var players := await _connected(1)
	var client := players[1]
	client.api.multiplayer_peer = null
	check(await _frames(func() -> bool: return players[0].events.size() == 1), "frames go on")
	client.end.peer.close()
	var gone := func() -> bool: return players[0].events.size() == 2
	check(await _frames(gone), "the server notices the closing")
	await _end_all()
	done()


## A server and clients, each with an API and a world of its own.
func _connected(clients: int) -> Array[Player]:
	var port := free_port()
	var server := _player(server_class, 0)
	equal(server.end.host(port), OK, "create_server")
	server.api.multiplayer_peer = server.end.peer
	server.world.set_meta("port", port)
	for index in clients:
		await _join(port)
	return _players


func _join_later(players: Array[Player]) -> Player:
	return await _join(players[0].world.get_meta("port"))


func _join(port: int) -> Player:
	var client := _player(client_class, _players.size())
	equal(client.end.join(port), OK, "create_client")
	client.api.multiplayer_peer = client.end.peer
	var id := client.api.get_unique_id()
	var met := func() -> bool:
		return client.events.has("connected_to_server") and _players[0].events.has("+%d" % id)
	check(await _frames(met), "a client joins")
	return client


func _player(peer_class: String, index: int) -> Player:
	var player := Player.new()
	player.end = new_end(peer_class)
	player.world = WORLD.instantiate()
	player.world.name = "World%d" % index
	player.api = SceneMultiplayer.new()
	tree.root.add_child(player.world)
	player.api.root_path = player.world.get_path()
	tree.set_multiplayer(player.api, player.world.get_path())
	var events := player.events
	player.api.peer_connected.connect(func(id: int) -> void: events.append("+%d" % id))
	player.api.peer_disconnected.connect(func(id: int) -> void: events.append("-%d" % id))
	for signal_name: String in ["connected_to_server", "connection_failed", "server_disconnected"]:
		player.api.connect(signal_name, func() -> void: events.append(signal_name))
	_players.append(player)
	return player


func _frames(condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		await tree.process_frame
	return true


func _end_all() -> void:
	for player in _players:
		player.end.peer.close()
		player.api.multiplayer_peer = null
		tree.set_multiplayer(null, player.world.get_path())
		player.world.queue_free()
	await tree.process_frame
	_players.clear()
