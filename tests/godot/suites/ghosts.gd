extends "res://lib/player_suite.gd"
## Peers that nobody polls, although a variable still holds them, and main threads that load.
##
## A main thread that loads lets no frame go by, and keeps its connections. Frames that go by without a poll mean that
## the game has left the peer.

## Ours answers for 3 to 4 seconds, and the remote of these cases times out 1 to 4 seconds later.
const NOTICE_SECONDS := 15.0
const LOAD_MSEC := 8000


func case_an_abandoned_server() -> void:
	var players := await players_connected(1)
	var client := players[1]
	_hurry(client, 1)
	players[0].api.multiplayer_peer = null
	# A newcomer that the last poll has answered is no concern of this case.
	await frames_for(1.0)
	var newcomer := new_player(client_class)
	equal(newcomer.end.join(players[0].end.port), OK, "create_client")
	newcomer.api.multiplayer_peer = newcomer.end.peer
	var attempt: PacketPeer = newcomer.end.peer.call(&"get_peer", 1)
	# It gives up at its third request.
	attempt.call(&"set_timeout", 32, 1000, 1000)
	var both_know := func() -> bool:
		return client.events.has("server_disconnected") and newcomer.events.has("connection_failed")
	check(await frames(both_know, NOTICE_SECONDS), "both clients notice")
	check(client.events.has("server_disconnected"), "the client's signals: %s" % [client.events])
	equal(newcomer.events, ["connection_failed"] as Array[String], "the newcomer's signals")
	await end_all()
	done()


func case_an_abandoned_client() -> void:
	var players := await players_connected(1)
	var goodbye := "-%d" % players[1].id()
	_hurry(players[0], players[1].id())
	players[1].api.multiplayer_peer = null
	var knows := func() -> bool: return players[0].events.has(goodbye)
	check(await frames(knows, NOTICE_SECONDS), "the server notices")
	await end_all()
	done()


## One client counts all the time, and another one starts while the main thread is busy.
func case_a_server_that_loads() -> void:
	var server := start_server()
	var children: Array[int] = [_start_counting(server.port)]
	check(await _polls(server, func() -> bool: return server.packets.size() >= 3, 30.0), "the first client counts")
	children.append(_start_counting(server.port))
	OS.delay_msec(LOAD_MSEC)
	var joins := func() -> bool:
		return server.events.filter(func(event: String) -> bool: return event.begins_with("+")).size() == 2
	check(await _polls(server, joins, 30.0), "the second client is in: %s" % [server.events])
	# Stock loses the first client.
	if server.peer.get(&"threaded") == true:
		await _polls(server, func() -> bool: return false, 1.0)
		equal(server.events.size(), 2, "signals %s" % [server.events])
		var first := server.packets[0].from
		var expected: Array[String] = [str(first)]
		var heard: Array[String] = []
		for packet in server.packets:
			if packet.from == first:
				heard.append(packet.bytes.get_string_from_ascii())
		for number in heard.size() - 1:
			expected.append(str(number))
		equal(heard, expected, "the first client's packets")
	for child in children:
		if child > 0:
			OS.kill(child)
	done()


## A remote that knows no round trip well yet would take up to half a minute.
func _hurry(player: Player, id: int) -> void:
	var link: PacketPeer = player.end.peer.call(&"get_peer", id)
	link.call(&"set_timeout", 1, 1000, 2000)
	link.call(&"ping_interval", 100)


func _start_counting(port: int) -> int:
	return start_godot("res://child.gd", ["count", client_class, str(port)])


## Polls once a frame.
func _polls(end: End, condition: Callable, seconds: float) -> bool:
	var poll := func() -> bool:
		end.poll()
		return condition.call()
	return await frames(poll, seconds)
