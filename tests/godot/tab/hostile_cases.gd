extends "res://tab/cases.gd"
## Messages and contents that do not follow the contract make no error lines and no errors of scripts.

const Datagram := preload("res://addons/enet_rs/editor/decode/datagram.gd")
const FakeGame := preload("res://tab/fake_game.gd")
const Instance := preload("res://addons/enet_rs/editor/model/instance.gd")
const InstanceCases := preload("res://tab/instance_cases.gd")

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
