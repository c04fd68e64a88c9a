extends "res://lib/suite.gd"
## Features that only our classes have: the property, LZ4, dictionaries, the recorder, and a warning for modes that do
## not match. Both ends are ours.

const Threaded := preload("res://lib/threaded.gd")
const OURS := "ENetMultiplayerPeerRs"
const NONE := 0
const ZSTD := 4
const LZ4 := 5
const ZSTD_DICT := 6
const DATAGRAMS := 300


func reason_to_skip() -> String:
	return "" if server_class == OURS and client_class == OURS else "both ends must be of our class"


func case_property() -> void:
	var server := new_end(OURS)
	equal(server.peer.get(&"compression_mode"), NONE, "the default mode")
	for mode in 6:
		server.peer.set(&"compression_mode", mode)
		equal(server.peer.get(&"compression_mode"), mode, "the mode after setting it")
	for wrong: int in [-1, 7, 1 << 40]:
		server.peer.set(&"compression_mode", wrong)
		equal(server.peer.get(&"compression_mode"), LZ4, "the mode after setting a wrong number")
	server.peer.set(&"compression_mode", ZSTD_DICT)
	expect_errors(1, true, "without a dictionary")
	equal(server.peer.get(&"compression_mode"), LZ4, "the mode after a failure")
	equal(server.host(free_port()), OK, "create_server")
	server.peer.close()
	equal(server.peer.get(&"compression_mode"), LZ4, "the mode after close")
	done()


## The mode may be set before or after the host is created.
func case_modes_carry_packets() -> void:
	for mode: int in [ZSTD, LZ4]:
		for is_late: bool in [false, true]:
			var ends := _ends_with(mode, mode, PackedByteArray(), is_late)
			_exchange(ends)
			var host: Object = ends[0].peer.call(&"get_host")
			host.call(&"pop_statistic", 2)
			var bytes := 0
			for index in 50:
				var text := "position %d of player %d, position %d of player %d" % [index, 5, index, 6]
				bytes += text.length()
				ends[1].say(text)
			check(pump(ends, func() -> bool: return ends[0].packets.size() == 50), "all packets arrive")
			var received: float = host.call(&"pop_statistic", 2)
			check(received < bytes + 50 * 14, "%d bytes for %d" % [received, bytes])
	done()


func case_dictionary() -> void:
	var samples := _recorded_samples()
	var dictionary: PackedByteArray = ClassDB.class_call_static(&"ENetConnectionRs", &"train_dictionary", samples, 2048)
	check(dictionary.size() > 100 and dictionary.size() <= 2048, "%d bytes" % dictionary.size())
	var sizes: Array[float] = []
	for mode: int in [ZSTD, ZSTD_DICT]:
		var ends := _ends_with(mode, mode, dictionary)
		_exchange(ends)
		var host: Object = ends[1].peer.call(&"get_host")
		host.call(&"pop_statistic", 0)
		for index in 100:
			ends[1].send(_snapshot(index))
			ends[1].poll()
		check(pump(ends, func() -> bool: return ends[0].packets.size() == 100), "all packets arrive")
		var sent: float = host.call(&"pop_statistic", 0)
		sizes.append(sent)
	check(sizes[1] < 0.8 * sizes[0], "the dictionary makes datagrams smaller: %s" % [sizes])
	done()


func case_invalid_dictionaries() -> void:
	var peer := new_end(OURS).peer
	for wrong: PackedByteArray in [PackedByteArray(), pattern(500)]:
		equal(peer.call(&"set_compression_dictionary", wrong), ERR_INVALID_DATA, "setting a wrong dictionary")
		expect_errors(1, true, "the failure prints an error")
	for size: int in [-1, 100, 1 << 40]:
		var few: Array[PackedByteArray] = [pattern(10)]
		var trained: PackedByteArray = ClassDB.class_call_static(&"ENetConnectionRs", &"train_dictionary", few, size)
		equal(trained.size(), 0, "training with too few samples")
		expect_errors(1, true, "the failure prints an error")
	done()


## Ends whose modes do not match: the end that can detect it warns once.
func case_warning() -> void:
	_errors.take_warnings()
	var other: PackedByteArray = ClassDB.class_call_static(
		&"ENetConnectionRs", &"train_dictionary", _recorded_samples(40), 1024)
	var ours: PackedByteArray = ClassDB.class_call_static(
		&"ENetConnectionRs", &"train_dictionary", _recorded_samples(), 2048)
	var pairs: Array[Array] = [
		[NONE, ZSTD, "no mode is set"], [LZ4, ZSTD, "with COMPRESS_ZSTD,"], [ZSTD, LZ4, "with COMPRESS_ZSTD,"],
		[ZSTD_DICT, ZSTD_DICT, "dictionary"],
	]
	for pair in pairs:
		var server := new_end(OURS)
		var client := new_end(OURS)
		for end: End in [server, client]:
			end.peer.call(&"set_compression_dictionary", ours if end == server else other)
			end.peer.set(&"compression_mode", pair[0] if end == server else pair[1])
		equal(server.host(free_port()), OK, "create_server")
		equal(client.join(server.port), OK, "create_client")
		var ends: Array[End] = [server, client]
		pump_for(ends, 0.1)
		if client.is_up():
			for index in 20:
				client.send(_snapshot(index))
		pump_for(ends, 0.2)
		var warnings := _errors.take_warnings().filter(func(text: String) -> bool: return text.contains("Rs.poll"))
		if _errors.can_see():
			check(warnings.size() >= 1 and warnings.size() <= 2, "one or both ends warn: %s" % [warnings])
			var cause: String = pair[2]
			check(warnings.any(func(text: String) -> bool: return text.contains(cause)), "%s: %s" % [pair, warnings])
		for end in ends:
			end.peer.close()
	done()


func _ends_with(server_mode: int, client_mode: int, dictionary: PackedByteArray, is_late: bool = false) -> Array[End]:
	var ends: Array[End] = [new_end(OURS), new_end(OURS)]
	for index in 2:
		var end := ends[index]
		if not dictionary.is_empty():
			equal(end.peer.call(&"set_compression_dictionary", dictionary), OK, "setting a dictionary")
		if is_late:
			_open(ends, index)
		end.peer.set(&"compression_mode", [server_mode, client_mode][index])
		if not is_late:
			_open(ends, index)
	check(pump(ends, func() -> bool: return ends[1].is_up() and ends[0].events.size() == 1), "connects")
	return ends


func _open(ends: Array[End], index: int) -> void:
	if index == 0:
		equal(ends[0].host(free_port()), OK, "create_server")
	else:
		equal(ends[1].join(ends[0].port), OK, "create_client")


func _exchange(ends: Array[End]) -> void:
	var sizes: Array[int] = [1, 20, 100, 803, 1300, 1392, 5000]
	for size in sizes:
		ends[0].send(pattern(size))
		ends[1].send(pattern(size))
	var both := func() -> bool: return ends.all(func(end: End) -> bool: return end.packets.size() == sizes.size())
	check(pump(ends, both), "all packets arrive")
	for end in ends:
		for index in mini(sizes.size(), end.packets.size()):
			check(end.packets[index].bytes == pattern(sizes[index]), "%d bytes" % sizes[index])
		end.packets.clear()


## The datagrams of a server in a running game, taken with the recorder.
func _recorded_samples(first: int = 0) -> Array[PackedByteArray]:
	var ends := _ends_with(NONE, NONE, PackedByteArray())
	var host: Object = ends[1].peer.call(&"get_host")
	host.call(&"record_datagrams", DATAGRAMS)
	# The network thread would send fewer, fuller datagrams.
	Threaded.end(ends[1].peer)
	for index in DATAGRAMS + 100:
		ends[1].send(_snapshot(first * 7 + index))
		ends[1].poll()
		ends[0].poll()
	var samples: Array[PackedByteArray] = host.call(&"take_recorded_datagrams")
	equal(samples.size(), DATAGRAMS, "the number of recorded datagrams")
	var again: Array[PackedByteArray] = host.call(&"take_recorded_datagrams")
	equal(again.size(), 0, "recorded datagrams are returned once")
	for end in ends:
		end.peer.close()
	return samples


func _snapshot(tick: int) -> PackedByteArray:
	var state := {"tick": tick, "players": []}
	for player in 3:
		var list: Array = state["players"]
		list.append({"id": player, "position": Vector2(tick + player * 10.0, 64.0), "health": 100 - tick % 7})
	return var_to_bytes(state)
