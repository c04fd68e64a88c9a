extends "res://tab/cases.gd"
## Messages of a game become hosts, peers and figures.

const FakeGame := preload("res://tab/fake_game.gd")
const Figures := preload("res://addons/enet_rs/editor/model/figures.gd")
const Host := preload("res://addons/enet_rs/editor/model/host.gd")
const Instance := preload("res://addons/enet_rs/editor/model/instance.gd")


static func played(game: FakeGame, snapshots: int) -> Instance:
	var instance := Instance.new()
	instance.take("enet_rs:hello", game.hello())
	instance.take("enet_rs:hosts", game.hosts())
	instance.take("enet_rs:peers", game.peers())
	for index in snapshots:
		instance.take("enet_rs:snapshot", game.snapshot(100.0))
	return instance


func case_hosts_and_peers() -> void:
	var game := FakeGame.new(3)
	var instance := played(game, 30)
	equal(instance.hosts.keys(), [FakeGame.OBJECT], "hosts")
	var host := instance.hosts[FakeGame.OBJECT]
	equal([host.role, host.port, host.is_encrypted, host.compression, host.channels, host.is_threaded, host.name],
		["server", 24565, true, "zstd", 3, true, "/root/Main"], "the host's facts")
	equal(host.title(), "server :24565 /root/Main", "title")
	var peer := host.peers[1000]
	equal([host.peers.size(), peer.address, peer.state], [3, "192.168.1.10:40000", "connected"], "peers")
	equal([instance.first_time, instance.last_time, host.series.size(), peer.series.size()], [1100.0, 4000.0, 30, 30], "snapshots")
	var row := peer.series.row_at(29)
	near(row[Figures.WIRE_OUT], 1000.0, "wire out")
	near(row[Figures.PAYLOAD_OUT], 700.0, "payload out")
	near(row[Figures.WIRE_IN], 600.0, "wire in")
	near(row[Figures.DATAGRAMS_IN], 60.0, "datagrams in")
	near(host.series.row_at(29)[Figures.WIRE_OUT], 3300.0, "wire out of the host")
	near(host.series.row_at(29)[Figures.SEND_GAP], host.series.row_at(29)[Figures.POLL_GAP] + 0.4, "send gap")
	done()


func case_peers_leave_and_hosts_close() -> void:
	var game := FakeGame.new(3)
	var instance := played(game, 10)
	var host := instance.hosts[FakeGame.OBJECT]
	var left: Array = game.peers()[1]
	left.remove_at(1)
	instance.take("enet_rs:peers", [FakeGame.OBJECT, left])
	game.peer_count = 1
	for index in 40:
		instance.take("enet_rs:snapshot", game.snapshot(100.0))
	var ids := func(peers: Array) -> Array: return peers.map(func(peer: Host.PeerRs) -> int: return peer.id)
	equal(ids.call(host.peers_at(instance.last_time, true)), [1000, 1000 + 2 * 7919], "peers of now")
	equal(ids.call(host.peers_at(1500.0, false)), [1000, 8919, 16838], "peers of then")
	equal(ids.call(host.peers_at(instance.last_time, false)), [1000], "peers with figures at the end")
	instance.take("enet_rs:hosts", [[]])
	check(host.is_closed and instance.hosts.has(FakeGame.OBJECT), "a closed host stays")
	equal(host.title(), "server :24565 /root/Main (closed)", "title")
	done()


func case_greeting_again_keeps_the_past() -> void:
	var game := FakeGame.new(2)
	var instance := played(game, 10)
	instance.take("enet_rs:hello", game.hello())
	instance.take("enet_rs:hosts", game.hosts())
	instance.take("enet_rs:snapshot", game.snapshot(5000.0))
	equal(instance.hosts[FakeGame.OBJECT].series.size(), 11, "snapshots")
	instance.clear_history()
	equal(instance.hosts[FakeGame.OBJECT].series.size(), 0, "snapshots after the history was cleared")
	equal(instance.hosts[FakeGame.OBJECT].peers.size(), 2, "peers after the history was cleared")
	instance.take("enet_rs:snapshot", game.snapshot(100.0))
	equal(instance.hosts[FakeGame.OBJECT].series.size(), 1, "it goes on")
	instance.clear()
	equal([instance.hosts.size(), instance.last_time], [0, -1.0], "cleared")
	done()


func case_columns_in_any_order() -> void:
	var instance := Instance.new()
	instance.take("enet_rs:hello", [{"protocol": 1, "host_columns": ["x", "poll_gap"], "peer_columns": PackedStringArray(["rtt_smoothed", "y", "loss"])}])
	instance.take("enet_rs:hosts", [[{"object": 5, "role": "mesh"}]])
	instance.take("enet_rs:snapshot", [1000, [[5, PackedFloat64Array([1, 17]), PackedInt32Array([3]), PackedFloat64Array([80, 9, 0.5])]]])
	var host := instance.hosts[5]
	equal(host.series.row_at(0)[Figures.POLL_GAP], 17.0, "poll gap")
	var row := host.peers[3].series.row_at(0)
	equal([row[Figures.ROUND_TRIP], row[Figures.LOSS], row[Figures.QUEUED]], [80.0, 0.5, -1.0], "a peer that no list told")
	instance.take("enet_rs:hello", [{"protocol": 2}])
	check(instance.trouble.contains("version 2"), "another version is told")
	done()


func case_many_peers_are_recorded_less_often() -> void:
	var game := FakeGame.new(640)
	var instance := played(game, 100)
	var rows := 0
	for id: int in instance.hosts[FakeGame.OBJECT].peers:
		rows += instance.hosts[FakeGame.OBJECT].peers[id].series.size()
	equal(rows, 6400, "64 rows a snapshot")
	equal(instance.hosts[FakeGame.OBJECT].peers_at(instance.last_time, false).size(), 640, "each is shown")
	done()


func case_events() -> void:
	var game := FakeGame.new(2)
	var instance := played(game, 1)
	instance.take("enet_rs:events", game.events())
	var texts := func(word: String, until: float) -> Array:
		return instance.events.matching(word, until).map(func(event: Instance.EventLogRs.EventRs) -> String: return event.kind)
	equal(texts.call("", 1e9), ["spike", "leave", "refused", "join"], "newest first")
	equal(texts.call("FULL", 1e9), ["refused"], "filtered by text")
	equal(texts.call("8919", 1e9), ["leave"], "filtered by peer")
	equal(texts.call("", 1000.0), [], "before they were")
	for index in 3000:
		instance.events.add(index, 1, "join", index, "")
	equal(instance.events.events.size(), 2000, "events are bounded")
	done()


func case_datagrams() -> void:
	var game := FakeGame.new(1)
	var instance := played(game, 1)
	instance.take("enet_rs:timeline", game.timeline(100.0))
	var timeline := instance.hosts[FakeGame.OBJECT].timeline
	equal(timeline.size(), 12, "datagrams")
	equal(timeline.first_at(timeline.times[4]), 4, "by time")
	equal(timeline.contents[0], FakeGame.datagram(false, 0), "contents")
	for index in 4000:
		game.time += 100.0
		instance.take("enet_rs:timeline", game.timeline(100.0))
	check(timeline.size() <= 20_000 and timeline.size() >= 17_000, "datagrams are bounded: %d" % timeline.size())
	equal(timeline.size() + timeline.dropped, 4001 * 12, "none is lost silently")
	equal([timeline.directions.size(), timeline.sizes.size(), timeline.contents.size()],
		[timeline.size(), timeline.size(), timeline.size()], "all columns have the same length")
	done()
