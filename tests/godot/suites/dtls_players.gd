extends "res://lib/dtls_player_suite.gd"
## SceneMultiplayer on encrypted peers, with each way to set up encryption, and compression below the encryption.

const NONE := ENetConnection.COMPRESS_NONE
## Stock supports this mode and the lower ones.
const ZSTD := ENetConnection.COMPRESS_ZSTD
const ZSTD_DICT := 6
const SIZES: Array[int] = [1, 20, 100, 480, 803, 1200, 1300, 1364, 1365, 5000]


func case_rpcs() -> void:
	for kind: String in [RSA, P256, P384]:
		for way: Way in [Way.HOST, Way.PROPERTIES]:
			var players := await players_encrypted(way, identity(kind), 2)
			await say_in_every_mode(players[0], players[1])
			await say_in_every_mode(players[1], players[0])
			# The server relays between the clients.
			await say_in_every_mode(players[1], players[2])
			await end_encrypted()
	done()


func case_spawning_and_leaving() -> void:
	for way: Way in [Way.HOST, Way.PROPERTIES]:
		var players := await players_encrypted(way, identity(P256), 2)
		var box := players[0].world.spawn_box(Vector2(3, 4))
		for client: Player in players.slice(1):
			var boxes := client.world.boxes
			check(await frames(func() -> bool: return boxes.get_child_count() == 1), "the box is spawned")
			equal((boxes.get_child(0) as Node2D).position, Vector2(3, 4), "the position of the spawned box")
		box.position = Vector2(50, 60)
		var copy: Node2D = players[1].world.boxes.get_child(0)
		check(await frames(func() -> bool: return copy.position == Vector2(50, 60)), "the position is synchronized")
		box.queue_free()
		for client: Player in players.slice(1):
			var boxes := client.world.boxes
			check(await frames(func() -> bool: return boxes.get_child_count() == 0), "the box is despawned")
		var left := "-%d" % players[2].id()
		players[2].end.peer.close()
		for player: Player in players.slice(0, 2):
			check(await frames(func() -> bool: return player.events.has(left)),
					"the other players signal the disconnect")
		players[0].end.peer.close()
		check(await frames(func() -> bool: return players[1].events.has("server_disconnected")),
				"the client signals the end of the server")
		await end_encrypted()
	done()


## Each mode that both classes have, and the additional modes of ours.
func case_compression() -> void:
	var last := ZSTD_DICT if are_both_ours() else ZSTD
	for mode in last + 1:
		var who := identity(P256)
		var server := encrypted_server(who)
		_compress(server, mode)
		var client := encrypted_client(server.port, trusting(who))
		_compress(client, mode)
		var ends: Array[End] = [server, client]
		check(pump(ends, func() -> bool: return have_met(ends), PATIENCE), "mode %d: the ends connect" % mode)
		if have_met(ends):
			_exchange(ends, mode)
		await clean_up()
	done()


func _compress(end: End, mode: int) -> void:
	if mode == ZSTD_DICT:
		var samples: Array[PackedByteArray] = []
		for index in 300:
			samples.append(_text(100 + index, index))
		var dictionary: PackedByteArray = ClassDB.class_call_static(
			&"ENetConnectionRs", &"train_dictionary", samples, 2048)
		equal(host_of(end).call(&"set_compression_dictionary", dictionary), OK, "set_compression_dictionary")
	host_of(end).call(&"compress", mode)


## Data that compresses well, and data that does not.
func _exchange(ends: Array[End], mode: int) -> void:
	for end in ends:
		host_of(end).call(&"pop_statistic", ENetConnection.HOST_TOTAL_RECEIVED_DATA)
	var payloads: Array[PackedByteArray] = []
	var bytes := 0
	for size in SIZES:
		for payload: PackedByteArray in [pattern(size), _text(size, 1), _text(size, 2), _text(size, 3)]:
			payloads.append(payload)
			bytes += size
	# One packet at a time, because retransmissions of many packets would distort the count.
	for index in payloads.size():
		for number in 2:
			equal(ends[number].send(payloads[index], ends[1 - number].id()), OK, "put_packet")
		var has_come := func() -> bool:
			return ends.all(func(end: End) -> bool: return end.packets.size() > index)
		if not pump(ends, has_come, PATIENCE):
			check(false, "mode %d: packet %d does not arrive" % [mode, index])
			break
	for end in ends:
		for index in mini(end.packets.size(), payloads.size()):
			check(end.packets[index].bytes == payloads[index], "mode %d: packet %d" % [mode, index])
		var travelled: float = host_of(end).call(&"pop_statistic", ENetConnection.HOST_TOTAL_RECEIVED_DATA)
		equal(travelled < 0.7 * bytes, mode != NONE, "mode %d: %d bytes for %d" % [mode, travelled, bytes])


func _text(size: int, number: int) -> PackedByteArray:
	var text := "player %d is at %d; " % [number, number * 3]
	return text.repeat(size / text.length() + 1).left(size).to_ascii_buffer()
