extends "res://tab/cases.gd"
## Messages and contents that do not follow the contract make no error lines and no errors of scripts.

const Datagram := preload("res://addons/enet_rs/editor/decode/datagram.gd")
const FakeGame := preload("res://tab/fake_game.gd")
const Figures := preload("res://addons/enet_rs/editor/model/figures.gd")
const Finder := preload("res://addons/enet_rs/editor/finder.gd")
const Host := preload("res://addons/enet_rs/editor/model/host.gd")
const Instance := preload("res://addons/enet_rs/editor/model/instance.gd")
const InstanceCases := preload("res://tab/instance_cases.gd")
const Talkers := preload("res://addons/enet_rs/editor/model/talkers.gd")

const ODD: Array = [
	null, true, -1, 0, 1 << 62, NAN, INF, -INF, 1e300, "", "text", [], [[]], [[[]]], {}, {"object": {}}, [null, null], [{"id": []}],
	[["", "", "", "", ""]], [[1, 2, 3, 4, 5]],
]


func _messages(game: FakeGame) -> Dictionary[String, Array]:
	return {
		"enet_rs:hello": game.hello(), "enet_rs:hosts": game.hosts(), "enet_rs:peers": game.peers(), "enet_rs:snapshot": game.snapshot(100.0),
		"enet_rs:talkers": game.talkers(), "enet_rs:sizes": game.sizes(), "enet_rs:events": game.events(),
		"enet_rs:timeline": game.timeline(100.0), "multiplayer:rpc": game.engine_rpcs(), "multiplayer:syncs": game.engine_syncs(),
		"multiplayer:cache": game.engine_names(), "multiplayer:bandwidth": [1, 2],
	}


## Replaces each value in turn, one level down as well.
func _bent(data: Array) -> Array[Array]:
	var found: Array[Array] = []
	for length in data.size():
		found.append(data.slice(0, length))
	for odd: Variant in ODD:
		for index in data.size():
			var copy := data.duplicate(true)
			copy[index] = odd
			found.append(copy)
			if data[index] is Array:
				var list: Array = data[index]
				for below in mini(list.size(), 2):
					copy = data.duplicate(true)
					var inner := []
					inner.append_array(list)
					inner[below] = odd
					copy[index] = inner
					found.append(copy)
			elif data[index] is Dictionary:
				for key: Variant in data[index]:
					copy = data.duplicate(true)
					var table: Dictionary = copy[index]
					table[key] = odd
					found.append(copy)
	return found


func case_messages_that_are_bent() -> void:
	var game := FakeGame.new(2)
	var messages := _messages(game)
	var count := 0
	for message: String in messages:
		for data in _bent(messages[message]):
			var instance := InstanceCases.played(game, 1)
			instance.take(message, data)
			# The right ones are understood behind it.
			for other: String in messages:
				instance.take(other, messages[other])
			instance.title()
			for object: int in instance.hosts:
				instance.hosts[object].peers_at(instance.last_time, false)
				instance.hosts[object].talkers.rows(instance.last_time)
			count += 1
	check(count > 500, "messages: %d" % count)
	equal(Instance.new().take("enet_rs:unknown", []), false, "unknown messages")
	done()


func case_snapshots_of_a_wrong_size_are_refused() -> void:
	var game := FakeGame.new(2)
	var instance := InstanceCases.played(game, 3)
	var snapshot := game.snapshot(100.0)
	var entry: Array = snapshot[1][0]
	entry[3] = PackedFloat64Array([1, 2, 3])
	instance.take("enet_rs:snapshot", snapshot)
	equal(instance.hosts[FakeGame.OBJECT].series.size(), 3, "too few values of peers")
	snapshot = game.snapshot(100.0)
	entry = snapshot[1][0]
	entry[1] = PackedFloat64Array()
	instance.take("enet_rs:snapshot", snapshot)
	equal(instance.hosts[FakeGame.OBJECT].series.size(), 3, "too few values of the host")
	snapshot = game.snapshot(100.0)
	snapshot[0] = 5
	instance.take("enet_rs:snapshot", snapshot)
	equal(instance.hosts[FakeGame.OBJECT].series.size(), 3, "a time of the past")
	equal(Instance.new().take("enet_rs:snapshot", snapshot), true, "before the greeting")
	done()


func case_hosts_are_bounded() -> void:
	var instance := InstanceCases.played(FakeGame.new(1), 1)
	for round_number in 10:
		var list: Array[Dictionary] = []
		for index in 400:
			list.append({"object": round_number * 1000 + index + 1, "role": "mesh"})
		instance.take("enet_rs:hosts", [list])
	check(instance.hosts.size() <= Instance.MAX_HOSTS, "hosts: %d" % instance.hosts.size())
	done()


func case_made_up_peers_are_bounded() -> void:
	var instance := InstanceCases.played(FakeGame.new(0), 1)
	var host := instance.hosts[FakeGame.OBJECT]
	var row := PackedFloat64Array()
	row.resize(FakeGame.HOST_COLUMNS.size())
	var rows := PackedFloat64Array()
	rows.resize(FakeGame.PEER_COLUMNS.size() * Host.MAX_FULL_RATE)
	for turn in 100:
		var ids := PackedInt32Array(range(turn * Host.MAX_FULL_RATE, (turn + 1) * Host.MAX_FULL_RATE))
		instance.take("enet_rs:snapshot", [2000 + turn, [[FakeGame.OBJECT, row, ids, rows]]])
	equal(host.series.size(), 101, "snapshots that were taken")
	equal(host.peers.size(), Host.MAX_PEERS + Host.MAX_GONE, "peers")
	equal(host.peers[5].series.size(), 1, "the first ones are there")
	instance.take("enet_rs:peers", [FakeGame.OBJECT, [{"id": 77_777, "state": "connected"}]])
	equal(host.peers.size(), 1 + Host.MAX_GONE, "peers after a list")
	check(host.peers.has(77_777), "a list is believed also then")
	done()


func case_made_up_kinds_are_bounded() -> void:
	var talkers := Talkers.new()
	for turn in 20_000:
		talkers.add(floorf(turn / 400.0) * 1000.0, "out", "kind %d" % turn, "", 1, 10)
	var rows := talkers.rows(49_000.0, 1e9)
	check(rows.size() <= Talkers.MAX_NAMES + 2, "rows: %d" % rows.size())
	var bytes := 0
	for row in rows:
		bytes += row.bytes
	equal(bytes, 200_000, "those without a place are counted as others")
	talkers.clear()
	for turn in 5000:
		talkers.add(0.0, "in", "kind %d" % turn, "", 1, 10)
	rows = talkers.rows(0.0)
	check(rows.size() <= Talkers.MAX_NAMES_A_SECOND + 1, "rows of a second: %d" % rows.size())
	done()


func case_other_columns_in_a_second_greeting() -> void:
	var game := FakeGame.new(2)
	var instance := InstanceCases.played(game, 3)
	instance.take("enet_rs:hello", [{"protocol": 1, "host_columns": ["loss"], "peer_columns": ["loss"]}])
	instance.take("enet_rs:snapshot", [5000, [[FakeGame.OBJECT, PackedFloat64Array([0.5]), PackedInt32Array([1000]), PackedFloat64Array([0.25])]]])
	equal(instance.hosts.size(), 0, "hosts of the former columns")
	instance.take("enet_rs:hosts", game.hosts())
	instance.take("enet_rs:snapshot", [5100, [[FakeGame.OBJECT, PackedFloat64Array([0.5]), PackedInt32Array([1000]), PackedFloat64Array([0.25])]]])
	var host := instance.hosts[FakeGame.OBJECT]
	equal([host.series.row_at(0)[Figures.LOSS], host.peers[1000].series.row_at(0)[Figures.LOSS]], [0.5, 0.25], "the new columns")
	done()


func case_figures_that_single_precision_cannot_hold() -> void:
	var figures := Figures.new(Figures.places(["bytes_in", "loss", "rtt_mean", "queued_bytes"]))
	figures.take(0.0, PackedFloat64Array([0.0, 0.0, 0.0, 0.0]), 0)
	var row := figures.take(100.0, PackedFloat64Array([1e300, 1e300, -1e300, 1e20]), 0)
	equal([row[Figures.WIRE_IN], row[Figures.LOSS], row[Figures.ROUND_TRIP]], [-1.0, -1.0, -1.0], "too large")
	near(row[Figures.QUEUED], 1e20, "a large one")
	done()


func case_times_of_the_far_future() -> void:
	var game := FakeGame.new(2)
	var instance := InstanceCases.played(game, 3)
	var snapshot := game.snapshot(100.0)
	snapshot[0] = 1e300
	instance.take("enet_rs:snapshot", snapshot)
	equal(instance.last_time, 1300.0, "a time that no game reaches")
	snapshot[0] = 1e12
	instance.take("enet_rs:snapshot", snapshot)
	instance.take("enet_rs:timeline", [FakeGame.OBJECT, [1 << 62], PackedByteArray([0]), [1], [1], [PackedByteArray()]])
	instance.take("enet_rs:timeline", game.timeline(100.0))
	equal(instance.hosts[FakeGame.OBJECT].timeline.size(), 12, "datagrams after one of the far future")
	instance.take("enet_rs:snapshot", game.snapshot(100.0))
	instance.take("enet_rs:snapshot", game.snapshot(100.0))
	var host := instance.hosts[FakeGame.OBJECT]
	equal([instance.last_time, host.series.size(), host.peers.size()], [1600.0, 2, 2], "it goes on with the true time")
	done()


func case_directions_of_files() -> void:
	var talkers := Talkers.new()
	talkers.restore([["up", "rpc", "a", ""]], [[0, [[0, 1, 10]]]])
	equal(talkers.rows(0.0)[0].direction, "out", "a direction")
	done()


func case_names_of_methods_are_no_patterns() -> void:
	for name: String in ["((((", ".*", "a|b", "a b", "", "1a", "[", "move\n"]:
		# Without folders: a name that is refused is not looked for.
		equal(Finder.find_method(null, name), {}, "\"%s\"" % name)
	done()


func case_names_stay_on_their_line() -> void:
	# A remote of the game names nodes: a line break makes a row high, and a mark of direction turns the words of others around.
	var name := "/root/a\nb\u202etxt.exe\u2029\u009bé漢😀"
	var shown := "/root/a.b.txt.exe..é漢😀"
	var instance := InstanceCases.played(FakeGame.new(1), 1)
	instance.take("enet_rs:talkers", [FakeGame.OBJECT, [["in", "rpc", name, 1, 10]]])
	equal(instance.hosts[FakeGame.OBJECT].talkers.rows(instance.last_time)[0].name, shown, "who sends")
	instance.take("enet_rs:events", [[[1.0, FakeGame.OBJECT, "join", 5, name]]])
	equal(instance.events.events[-1].text, shown, "an event")
	equal(Datagram.ReaderRs.printable(name.to_utf8_buffer()), shown, "in a datagram")
	done()


func case_only_files_of_the_project_are_opened() -> void:
	equal(Finder.is_of_project("res://tab/game.tscn"), true, "a scene of the project")
	var outside := "user://outside.tres"
	equal(ResourceSaver.save(Resource.new(), outside), OK, "a resource elsewhere")
	for file: String in [outside, ProjectSettings.globalize_path(outside), "res://../godot/tab/game.tscn", "res://none.tres", ""]:
		equal(Finder.is_of_project(file), false, file)
	DirAccess.remove_absolute(outside)
	done()


func case_random_datagrams() -> void:
	var random := RandomNumberGenerator.new()
	random.seed = 7
	var lines := 0
	for turn in 3000:
		var bytes := PackedByteArray([random.randi() & 0xBF, random.randi(), 0, 0])
		while bytes.size() < random.randi() % 120:
			bytes.append(random.randi() & (0xFF if random.randi() % 2 else 0x07))
		if turn % 3 == 0:
			# A whole command whose packet is random.
			bytes = PackedByteArray([0, 1, 0x86, 0, 0, 1, 0, bytes.size()]) + bytes
		lines += Datagram.decode(bytes, bytes.size()).below.size()
	check(lines > 3000, "lines: %d" % lines)
	done()
