extends "res://lib/player_suite.gd"
## Sending a packet and disconnecting immediately. With either class at the sending end the packet is sent at once. Our
## class reads it before the disconnect; stock drops packets that arrive together with a disconnect. disconnect_peer of
## our class waits until the packet is acknowledged. No end may print an error: an unexpected error line fails a case.

const WORDS := "last words"


func case_close_at_once() -> void:
	for leaver in 2:
		var ends := connected(1)
		var id := ends[1].id()
		equal(ends[leaver].say(WORDS), OK, "sending")
		ends[leaver].peer.close()
		equal(ends[leaver].is_active(), false, "closed")
		_expect_end(ends, 1 - leaver, id)
	done()


func case_disconnect_at_once() -> void:
	for leaver in 2:
		for force: bool in [false, true]:
			var ends := connected(1)
			var ids: Array[int] = [1, ends[1].id()]
			var other := ids[1 - leaver]
			equal(ends[leaver].say(WORDS, other), OK, "sending")
			ends[leaver].peer.disconnect_peer(other, force)
			# A client that disconnects by force closes immediately.
			var waits := ends[leaver].is_ours and (leaver == 0 or not force)
			_expect_end(ends, 1 - leaver, ids[1], waits)
			if not force:
				var told := func() -> bool: return ends[leaver].journal.has("-%d" % other)
				check(pump(ends, told), "the end that disconnects signals it")
	done()


## If the other end polls before the disconnect arrives, it receives the packet with either class.
func case_close_after_the_packet_is_read() -> void:
	for leaver in 2:
		var ends := connected(1)
		var id := ends[1].id()
		var stays := ends[1 - leaver]
		equal(ends[leaver].say(WORDS), OK, "sending")
		check(pump(ends, func() -> bool: return stays.packets.size() == 1), "the packet arrives")
		ends[leaver].peer.close()
		_expect_end(ends, 1 - leaver, id, true)
	done()


## Many packets: a poll sends as many as the connection allows, and the disconnect drops the rest.
func case_close_while_sending() -> void:
	const MANY := 500
	for leaver in 2:
		var ends := connected(1)
		var stays := ends[1 - leaver]
		var goodbye := "-%d" % ends[leaver].id()
		for index in MANY:
			ends[leaver].send(("%d" % index).to_utf8_buffer())
			if index == MANY / 2:
				ends[leaver].poll()
		ends[leaver].peer.close()
		check(pump([stays], func() -> bool: return stays.journal.has(goodbye)), "the other end receives the disconnect")
		equal(stays.journal[-1], goodbye, "the disconnect is the last event")
		for index in stays.packets.size():
			equal(stays.packets[index].bytes.get_string_from_ascii(), str(index),
					"packets from the first on, without gaps")
	done()


## Expects the packet, or not, at the end that stays, and then the disconnect. `id` is the client's.
func _expect_end(ends: Array[End], stays: int, id: int, has_read: bool = false) -> void:
	var other := id if stays == 0 else 1
	var goodbye := "-%d" % other
	check(pump(ends, func() -> bool: return ends[stays].journal.has(goodbye)), "the other end receives the disconnect")
	pump_for(ends, 0.05)
	var expected: Array[String] = ["+%d" % other]
	if has_read or ends[stays].keeps_last_words:
		expected.append("%d: %s" % [other, WORDS])
	expected.append(goodbye)
	equal(ends[stays].journal, expected, "server" if stays == 0 else "client")
	equal(ends[stays].is_active(), stays == 0, "only a server stays active")


func case_players_close_at_once() -> void:
	for leaver in 2:
		var players := await players_connected(1)
		var other := players[leaver].id()
		_speak(players[leaver], players[1 - leaver])
		players[leaver].end.peer.close()
		await _expect_players_end(players[1 - leaver], other)
		await end_all()
	done()


func case_players_disconnect_at_once() -> void:
	for leaver in 2:
		var players := await players_connected(1)
		var other := players[leaver].id()
		_speak(players[leaver], players[1 - leaver])
		players[leaver].api.disconnect_peer(players[1 - leaver].id())
		await _expect_players_end(players[1 - leaver], other, players[leaver].end.is_ours)
		await end_all()
	done()


## The API releases its peer before the peer closes.
func case_players_release_the_peer_and_close() -> void:
	for leaver in 2:
		var players := await players_connected(1)
		var other := players[leaver].id()
		_speak(players[leaver], players[1 - leaver])
		players[leaver].api.multiplayer_peer = null
		players[leaver].end.peer.close()
		await _expect_players_end(players[1 - leaver], other)
		await end_all()
	done()


func _speak(from: Player, to: Player) -> void:
	from.world.say_reliable.rpc_id(to.id(), 5)
	equal(from.api.send_bytes(WORDS.to_utf8_buffer(), to.id()), OK, "sending")


func _expect_players_end(stays: Player, other: int, has_read: bool = false) -> void:
	var goodbye := "-%d" % other if other != 1 else "server_disconnected"
	check(await frames(func() -> bool: return stays.events.has(goodbye)), "the other end receives the disconnect")
	await frames_for(0.05)
	var reads := has_read or stays.end.keeps_last_words
	equal(stays.events.has("%d: %s" % [other, WORDS]), reads, "the last packet of %d" % other)
	equal(stays.world.heard.size(), 1 if reads else 0, "the last RPC of %d" % other)
	equal(stays.events[-1], goodbye, "the disconnect is the last event")
