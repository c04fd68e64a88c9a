extends "res://lib/mesh_suite.gd"
## SceneMultiplayer on a mesh: all players reach each other without a server.

const MODES: Array[String] = ["reliable", "unreliable_ordered", "unreliable"]


func case_rpcs_between_all() -> void:
	await _players_meshed()
	for mode in MODES:
		for from in _players:
			for to in _players:
				if from != to:
					from.world.rpc_id(to.id(), "say_" + mode, to.id())
	var all_heard := func() -> bool:
		return _players.all(func(player: Player) -> bool: return player.world.heard.size() == 9)
	check(await frames(all_heard), "all players hear each other in every mode")
	for player in _players:
		var heard: Array[String] = []
		for each in player.world.heard:
			equal(each.number, player.id(), "the RPC's argument")
			heard.append("%d %s" % [each.from, each.mode])
		var expected: Array[String] = []
		for from in _players:
			if from != player:
				for mode in MODES:
					expected.append("%d %s" % [from.id(), mode])
		heard.sort()
		expected.sort()
		equal(heard, expected, "senders and modes")
	await end_all()
	done()


func case_rpcs_to_all() -> void:
	await _players_meshed()
	for from in _players:
		from.world.say_reliable.rpc(from.id())
	var all_heard := func() -> bool:
		return _players.all(func(player: Player) -> bool: return player.world.heard.size() == 3)
	check(await frames(all_heard), "all players hear each other")
	for player in _players:
		for each in player.world.heard:
			check(each.from == each.number and each.from != player.id(), "the sender's id")
	await end_all()
	done()


func case_bytes_to_all_but_one() -> void:
	await _players_meshed()
	var without := _players[2]
	equal(_players[0].api.send_bytes("secret".to_utf8_buffer(), -without.id()), OK, "send_bytes")
	var said := "%d: secret" % _players[0].id()
	var heard := func() -> bool:
		return _players[1].events.has(said) and _players[3].events.has(said)
	check(await frames(heard), "the other players receive the bytes")
	await frames_for(0.05)
	check(not without.events.has(said) and not _players[0].events.has(said),
			"neither the sender nor the excluded player receives the bytes")
	await end_all()
	done()


func case_leaving() -> void:
	await _players_meshed()
	var leaver := _players[1]
	var id := leaver.id()
	for player in _players:
		equal(player.api.get_peers().size(), 3, "all players know each other")
	leaver.end.peer.close()
	for player in _players:
		if player != leaver:
			check(await frames(func() -> bool: return player.events.has("-%d" % id)),
					"the others signal the disconnect")
			equal(player.api.get_peers().size(), 2, "the number of remaining players")
	_players[0].world.say_reliable.rpc(4)
	var others_heard := func() -> bool:
		return _players[2].world.heard.size() == 1 and _players[3].world.heard.size() == 1
	check(await frames(others_heard), "the remaining players hear each other")
	await end_all()
	done()


## Four players in a mesh, of both classes.
func _players_meshed() -> void:
	for number in MESH_IDS.size():
		var player := new_player(class_of(number))
		equal(create_mesh(player.end, MESH_IDS[number]), OK, "create_mesh")
		player.api.multiplayer_peer = player.end.peer
	for number in _players.size():
		for other in number:
			join_by_hand(_players[other].end, _players[number].end)
	for player in _players:
		equal(player.events.size(), 3, "the number of signals")
	await frame()
