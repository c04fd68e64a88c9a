extends "res://lib/debugger_suite.gd"
## The messages of a debugged game, with the engine's own messages and the game's script as oracles.

const RPC_NAME := "/root/World::say_reliable"


func case_nothing_is_told_unless_an_editor_watches() -> void:
	if not await _debugged():
		return
	await _client()
	await _wait(1.5)
	for message: DebugServer.Message in _editor.messages:
		check(not message.name.begins_with("enet_rs:"), "%s before the editor watches" % message.name)
	_editor.send("enet_rs:watch", [50])
	check(await _told("enet_rs:snapshot"), "a snapshot follows")
	var names: Array = _editor.messages.map(func(message: DebugServer.Message) -> String: return message.name)
	names = names.filter(func(name: String) -> bool: return name.begins_with("enet_rs:"))
	equal(names[0], "enet_rs:hello", "hello comes first")
	_editor.send("enet_rs:watch", [0])
	await _wait(0.5)
	var from := _editor.messages.size()
	await _wait(1.5)
	for message: DebugServer.Message in _editor.messages.slice(from):
		check(not message.name.begins_with("enet_rs:"), "%s after the editor stopped" % message.name)
	await _quit()
	await end_all()
	done()


func case_the_editor_learns_of_hosts_and_peers() -> void:
	if not await _debugged():
		return
	_editor.send("enet_rs:watch", [100])
	check(await _told("enet_rs:hosts"), "the hosts")
	var hello: Dictionary = _last("enet_rs:hello")[0]
	equal(hello["protocol"], 1, "the protocol")
	equal(hello["pid"], _process, "the process")
	equal(hello["headless"], true, "headless")
	equal(hello["arguments"], PackedStringArray([server_class, str(_port), "true"]), "the arguments")
	equal(hello["engine"], Engine.get_version_info()["string"], "the engine")
	var hosts: Array = _last("enet_rs:hosts")[0]
	equal(hosts.size(), 1, "one host")
	var host: Dictionary = hosts[0]
	var object: int = host["object"]
	host.erase("object")
	var expected := {"class": OURS, "role": "server", "address": "*", "port": _port, "encrypted": false,
			"compression": "none", "channels": 255, "threaded": true, "name": "/root/World"}
	equal(host, expected, "the host")
	var client := await _client()
	check(await _until(func() -> bool: return _rows("enet_rs:peers", 1).size() == 1), "the peers")
	var peers: Array = _last("enet_rs:peers")
	equal(peers[0], object, "of the host")
	var peer: Dictionary = peers[1][0]
	equal([peer["id"], peer["state"]], [client.id(), "connected"], "the peer")
	var address: String = peer["address"]
	check(address.contains("127.0.0.1:"), "its address: %s" % address)
	var from := _editor.messages.size()
	check(await _told("enet_rs:snapshot", from), "a snapshot")
	var snapshot: Array = _last("enet_rs:snapshot")
	var row: Array = snapshot[1][0]
	equal(row[0], object, "of the host")
	var numbers: PackedFloat64Array = row[1]
	var columns: PackedStringArray = hello["host_columns"]
	equal(numbers.size(), columns.size(), "a number a column")
	equal(row[2], PackedInt32Array([client.id()]), "the peers of a snapshot")
	numbers = row[3]
	columns = hello["peer_columns"]
	equal(numbers.size(), columns.size(), "a number a column of the peer")
	client.end.peer.close()
	check(await _until(func() -> bool: return _rows("enet_rs:peers", 1).is_empty()), "the peer is gone")
	check(await _until(func() -> bool: return _kinds().has("leave")), "the peer leaves")
	equal(_kinds(), ["host", "join", "leave"], "the events")
	_editor.send("game:close", [])
	check(await _until(func() -> bool: return _rows("enet_rs:hosts", 0).is_empty()), "no host is left")
	check(await _until(func() -> bool: return _kinds()[-1] == "closed"), "the host is closed")
	await _quit()
	await end_all()
	done()


## Kinds of all events but those of a slow machine.
func _kinds() -> Array:
	var kinds := []
	for message: DebugServer.Message in _editor.named("enet_rs:events"):
		for event: Array in message.data[0]:
			check(event[0] is int and event[4] is String, "an event's shape")
			if event[2] != "spike":
				kinds.append(event[2])
	return kinds


## Without the thread nothing is sent or received between a snapshot and the script of the same frame.
func case_snapshots_have_the_figures_of_the_moment() -> void:
	if not await _debugged(false):
		return
	_editor.send("enet_rs:watch", [20])
	var client := await _client()
	_editor.send("game:figures", [true])
	check(await _told("game:figures"), "the game tells its figures")
	_editor.send("game:rpc", [range(50), 0])
	client.world.say_reliable.rpc_id(1, 1)
	await _wait(1.0)
	var hello: Dictionary = _last("enet_rs:hello")[0]
	var host_columns: PackedStringArray = hello["host_columns"]
	var peer_columns: PackedStringArray = hello["peer_columns"]
	var compared := 0
	var last: DebugServer.Message = null
	for message: DebugServer.Message in _editor.messages:
		if message.name == "enet_rs:snapshot":
			last = message
		elif message.name == "game:figures" and last != null:
			var row: Array = last.data[1][0]
			var of_host: Dictionary = message.data[0]
			var of_peers: Dictionary = message.data[1]
			last = null
			var numbers: PackedFloat64Array = row[1]
			# Behind the snapshot, the API reads what has arrived, and may answer.
			if numbers[host_columns.find("unread_packets")] > 0.0:
				continue
			_compare(host_columns, numbers, 0, of_host)
			var ids: PackedInt32Array = row[2]
			equal(Array(ids), of_peers.keys(), "the peers")
			for index in ids.size():
				var of_peer: Dictionary = of_peers[ids[index]]
				var peer_numbers: PackedFloat64Array = row[3]
				_compare(peer_columns, peer_numbers, index * peer_columns.size(), of_peer)
			compared += 1
	check(compared >= 10, "%d snapshots" % compared)
	var sent: float = _host_figures()["packets_out"]
	check(sent >= 50.0, "the calls are counted: %f" % sent)
	await _quit()
	await end_all()
	done()


## Gaps are counted from one question to the next, and a question is none for others.
func _compare(columns: PackedStringArray, row: PackedFloat64Array, at: int, figures: Dictionary) -> void:
	for index in columns.size():
		var column := columns[index]
		check(figures.has(column), "%s is one of the statistics" % column)
		if not column.contains("_gap"):
			var expected: float = figures[column]
			equal(row[at + index], expected, column)
	for key: String in figures:
		check(columns.has(key) or key in ["drops", "channels"], "%s is a column" % key)


## What the talkers of all messages add up to: "direction kind name" to [count, bytes].
func _talk() -> Dictionary:
	var sums := {}
	for message: DebugServer.Message in _editor.named("enet_rs:talkers"):
		for row: Array in message.data[1]:
			var key := "%s %s %s" % [row[0], row[1], row[2]]
			var before: Array = sums.get(key, [0, 0])
			sums[key] = [before[0] + row[3], before[1] + row[4]]
	return sums


func case_talkers_count_calls_by_method() -> void:
	if not await _debugged():
		return
	# The paths of nodes are told before the editor watches.
	var client := await _client()
	_editor.send("game:rpc", [range(1), 0])
	check(await _until(func() -> bool: return client.world.heard.size() == 1), "a first call")
	client.world.say_reliable.rpc_id(1, 1)
	await _wait(0.5)
	_editor.send("enet_rs:watch", [100])
	check(await _told("enet_rs:snapshot"), "watched")
	_editor.send("profiler:multiplayer:rpc", [true, []])
	await _wait(0.2)
	_editor.send("game:rpc", [range(40), 0])
	_editor.send("game:bytes", [range(3), 100])
	_editor.send("game:box", [])
	check(await _until(func() -> bool: return client.world.heard.size() == 41), "the calls arrive")
	for number in 10:
		client.world.say_reliable.rpc_id(1, number)
	client.world.say_unreliable_ordered.rpc_id(1, 5)
	await _wait(2.5)
	var talk := _talk()
	equal(talk.get("out rpc " + RPC_NAME, [0])[0], 40, "calls out")
	equal(talk.get("in rpc " + RPC_NAME, [0])[0], 10, "calls in")
	equal(talk.get("in rpc /root/World::say_unreliable_ordered", [0])[0], 1, "another method")
	equal(talk.get("out raw ", []), [3, 303], "bytes")
	equal(talk.get("out spawn /root/World/Spawner", [0])[0], 1, "a spawned node: %s" % [talk.keys()])
	var states: int = talk.get("out sync /root/World/Boxes/Box", [0])[0]
	check(states > 0, "its state: %s" % [talk.keys()])
	_compare_with_engine(talk)
	await _quit()
	await end_all()
	done()


## The engine counts calls by node, without the paths of those that the other end does not know yet.
func _compare_with_engine(talk: Dictionary) -> void:
	var engine := [0, 0, 0, 0]
	for message: DebugServer.Message in _editor.named("multiplayer:rpc"):
		# The first number is how many follow.
		for at in range(1, message.data.size(), 6):
			for index in 4:
				engine[index] += message.data[at + 2 + index]
	var ours := [0, 0, 0, 0]
	for key: String in talk:
		if key.contains(" rpc "):
			var first := 0 if key.begins_with("in") else 2
			ours[first] += talk[key][0]
			ours[first + 1] += talk[key][1]
	equal(ours, engine, "calls in, their bytes, calls out, their bytes")


func case_calls_count_for_each_peer() -> void:
	if not await _debugged():
		return
	var clients: Array[Player] = [await _client(), await _client(), await _client()]
	_editor.send("game:rpc", [range(1), 0])
	var is_heard := func(count: int) -> bool:
		return clients.all(func(client: Player) -> bool: return client.world.heard.size() == count)
	check(await _until(is_heard.bind(1)), "a first call")
	await _wait(0.5)
	_editor.send("enet_rs:watch", [100])
	check(await _told("enet_rs:snapshot"), "watched")
	_editor.send("game:rpc", [range(20), 0])
	_editor.send("game:rpc", [range(5), clients[0].id()])
	check(await _until(func() -> bool: return clients[0].world.heard.size() == 26), "the calls arrive")
	await _wait(1.5)
	equal(_talk().get("out rpc " + RPC_NAME, [0])[0], 65, "three peers, and one of them")
	await _quit()
	await end_all()
	done()


func case_a_game_that_stands_still_is_noted() -> void:
	if not await _debugged():
		return
	_editor.send("enet_rs:watch", [100])
	check(await _told("enet_rs:snapshot"), "watched")
	_editor.send("game:pause", [600])
	var spikes := func() -> bool:
		for message: DebugServer.Message in _editor.named("enet_rs:events"):
			for event: Array in message.data[0]:
				var text: String = event[4]
				if event[2] == "spike" and text.contains("did not poll"):
					return true
		return false
	check(await _until(spikes), "a spike")
	await _quit()
	done()


func case_a_failed_attempt_is_noted_with_its_reason() -> void:
	if not await _debugged():
		return
	_editor.send("enet_rs:watch", [100])
	check(await _told("enet_rs:snapshot"), "watched")
	var refusing := start_server()
	refusing.peer.refuse_new_connections = true
	_editor.send("game:join", [refusing.port])
	check(await _until(func() -> bool:
		refusing.poll()
		return _kinds().has("refused")), "the attempt fails")
	var texts: Array[String] = []
	for message: DebugServer.Message in _editor.named("enet_rs:events"):
		for event: Array in message.data[0]:
			if event[2] == "refused":
				texts.append(event[4])
	equal(texts, ["the connection failed: the server refused the connection"] as Array[String], "the text")
	refusing.peer.close()
	await _quit()
	done()


func case_wrong_messages_are_ignored() -> void:
	if not await _debugged():
		return
	_editor.send("enet_rs:watch", [100])
	check(await _told("enet_rs:snapshot"), "watched")
	var wrong: Array = [null, "text", -1, NAN, INF, -INF, [], {}, 1 << 62, 1e300, Vector2.ONE, PackedByteArray([1])]
	for name: String in ["record", "simulate", "spike", "cut", "unknown", "", ":", "watch:"]:
		_editor.send("enet_rs:" + name, [])
		for value: Variant in wrong:
			_editor.send("enet_rs:" + name, [value])
			_editor.send("enet_rs:" + name, [value, value])
			_editor.send("enet_rs:" + name, [0, value])
			_editor.send("enet_rs:" + name, [value, 0, value])
			_editor.send("enet_rs:" + name, [0, 0, {"outgoing_latency": value, "preset": value, "nothing": value, 5: value}])
	for value: Variant in [null, "text", NAN, [], {}, Vector2.ONE]:
		_editor.send("enet_rs:watch", [value])
	await _wait(0.5)
	var from := _editor.messages.size()
	check(await _told("enet_rs:snapshot", from), "snapshots go on")
	for huge: Variant in [1 << 62, 1e300]:
		_editor.send("enet_rs:watch", [huge])
	await _wait(0.5)
	_editor.send("enet_rs:watch", [50])
	from = _editor.messages.size()
	check(await _told("enet_rs:snapshot", from), "and come again")
	await _quit()
	done()
