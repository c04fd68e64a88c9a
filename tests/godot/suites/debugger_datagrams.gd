extends "res://lib/debugger_suite.gd"
## What a debugged game tells of its datagrams, and the bad networks that the editor has it simulate.

const WireTap := preload("res://lib/wire_tap.gd")


var _tap: WireTap


func _pass_on(is_met: Callable, seconds: float) -> bool:
	return await _until(func() -> bool:
		_tap.pass_on()
		return is_met.call(), seconds)


## A relay that counts sizes is the oracle of the wire.
func case_datagrams_are_told_with_size_and_contents() -> void:
	if not await _debugged():
		return
	_editor.send("enet_rs:watch", [50])
	check(await _told("enet_rs:snapshot"), "watched")
	_editor.send("enet_rs:record", [0, true])
	await _wait(0.2)
	var tap := WireTap.new()
	var front := free_port()
	equal(tap.open(front, _port), OK, "the relay")
	var client := new_player(client_class)
	equal(client.end.join(front), OK, "create_client")
	client.api.multiplayer_peer = client.end.peer
	_tap = tap
	check(await _pass_on(_is_joined.bind(client), 10.0), "a client joins")
	_editor.send("game:rpc", [range(30), 0])
	_editor.send("game:bytes", [range(2), 3000])
	check(await _pass_on(func() -> bool: return client.world.heard.size() == 30, 10.0), "the calls arrive")
	_editor.send("enet_rs:record", [0, false])
	# What is on its way, and the last counts.
	await _pass_on(func() -> bool: return false, 0.3)
	var seen := tap.datagrams.size()
	client.end.peer.close()
	await _pass_on(func() -> bool: return false, 2.0)
	var sums := [0, 0]
	for message: DebugServer.Message in _editor.named("enet_rs:sizes"):
		for index in 2:
			var counts: PackedInt32Array = message.data[1 + index]
			equal(counts.size(), 7, "the buckets")
			for count in counts:
				sums[index] += count
	var wire := [0, 0]
	for datagram: WireTap.Datagram in tap.datagrams:
		wire[1 if datagram.is_upward else 0] += 1
	equal(sums, wire, "datagrams out and in")
	_compare_timeline(tap, seen)
	var from := _editor.messages.size()
	await _wait(1.0)
	equal(_editor.count("enet_rs:timeline", from), 0, "nothing is told once the record ended")
	await _quit()
	await end_all()
	done()


## The game may record less than passes, as the record ends first.
func _compare_timeline(tap: WireTap, seen: int) -> void:
	var upward: Array[int] = []
	var downward: Array[int] = []
	var last := 0
	for message: DebugServer.Message in _editor.named("enet_rs:timeline"):
		var times: PackedInt64Array = message.data[1]
		var directions: PackedByteArray = message.data[2]
		for index in times.size():
			var is_upward := directions[index] == 0
			var size: int = message.data[4][index]
			var bytes: PackedByteArray = message.data[5][index]
			check(times[index] >= last or times[index] > 0, "the time")
			last = times[index]
			check(bytes.size() == mini(size, 512), "%d bytes of %d" % [bytes.size(), size])
			var list := upward if is_upward else downward
			# The relay's sizes are without the header.
			list.append(size - (4 if bytes[0] & 0x80 != 0 else 2))
	for is_upward: bool in [true, false]:
		var expected: Array[int] = []
		for datagram: WireTap.Datagram in tap.datagrams.slice(0, seen):
			if datagram.is_upward == is_upward:
				expected.append(datagram.size)
		var got := upward if is_upward else downward
		check(got.size() > 3, "%d datagrams" % got.size())
		equal(got, expected.slice(0, got.size()), "sizes, upward %s" % is_upward)


func case_the_editor_simulates_networks() -> void:
	if not await _debugged():
		return
	_editor.send("enet_rs:watch", [50])
	var client := await _client()
	await _wait(0.5)
	var object: int = _rows("enet_rs:hosts", 0)[0]["object"]
	_editor.send("enet_rs:simulate", [object, 0, {"preset": "Fiber", "outgoing_latency": 150.0}])
	var is_slow := func() -> bool: return _peer_figure("rtt_last") >= 150.0
	check(await _until(is_slow), "the round trip takes longer")
	_editor.send("enet_rs:simulate", [object, 0, {}])
	check(await _until(func() -> bool: return _peer_figure("rtt_last") < 100.0), "and no longer")
	_editor.send("enet_rs:simulate", [object, client.id(), {"incoming_latency": 150}])
	check(await _until(is_slow), "of a peer")
	# None of these is a command.
	_editor.send("enet_rs:simulate", [object, 77, {"incoming_latency": 150}])
	_editor.send("enet_rs:simulate", [object + 1, 0, {"incoming_latency": 150}])
	_editor.send("enet_rs:simulate", [object, 0, {"incoming_latency": -1}])
	_editor.send("enet_rs:simulate", [object, 0, {"incoming_latency,seed:1": 1}])
	_editor.send("enet_rs:spike", [object, 100])
	_editor.send("enet_rs:cut", [0, 0.1])
	await _wait(1.0)
	var kinds := []
	for message: DebugServer.Message in _editor.named("enet_rs:events"):
		for event: Array in message.data[0]:
			var text: String = event[4]
			if event[2] == "simulation":
				kinds.append(event[3])
			elif event[2] == "spike" and text.begins_with("simulated"):
				kinds.append("spike")
	equal(kinds, [0, 0, client.id(), "spike", "spike"], "the events")
	await _quit()
	await end_all()
	done()


## A number of the only peer in the last snapshot; -1 without a peer.
func _peer_figure(column: String) -> float:
	var hello: Dictionary = _last("enet_rs:hello")[0]
	var columns: PackedStringArray = hello["peer_columns"]
	var row: PackedFloat64Array = _last("enet_rs:snapshot")[1][0][3]
	return row[columns.find(column)] if not row.is_empty() else -1.0
