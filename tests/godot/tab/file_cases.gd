extends "res://tab/cases.gd"
## Sessions in files.

const Csv := preload("res://addons/enet_rs/editor/model/csv.gd")
const FakeGame := preload("res://tab/fake_game.gd")
const Figures := preload("res://addons/enet_rs/editor/model/figures.gd")
const Instance := preload("res://addons/enet_rs/editor/model/instance.gd")
const InstanceCases := preload("res://tab/instance_cases.gd")
const SessionFile := preload("res://addons/enet_rs/editor/model/session_file.gd")


func _session() -> Instance:
	var game := FakeGame.new(3)
	var instance := InstanceCases.played(game, 25)
	instance.take("enet_rs:talkers", game.talkers())
	instance.take("enet_rs:sizes", game.sizes())
	instance.take("enet_rs:events", game.events())
	instance.take("enet_rs:timeline", game.timeline(100.0))
	instance.take("multiplayer:rpc", game.engine_rpcs())
	instance.take("multiplayer:syncs", game.engine_syncs())
	instance.take("multiplayer:cache", game.engine_names())
	return instance


func case_a_session_is_saved_and_loaded() -> void:
	var saved := _session()
	var loaded := Instance.new()
	equal(SessionFile.from_text(SessionFile.to_text(saved), loaded), "", "it loads")
	equal([loaded.first_time, loaded.last_time, loaded.title()], [saved.first_time, saved.last_time, saved.title()], "times")
	equal(loaded.hosts.keys(), saved.hosts.keys(), "hosts")
	var before := saved.hosts[FakeGame.OBJECT]
	var after := loaded.hosts[FakeGame.OBJECT]
	equal(after.facts(), before.facts(), "facts")
	equal(after.series.values_bytes(), before.series.values_bytes(), "figures of the host")
	equal(after.peers.keys(), before.peers.keys(), "peers")
	equal(after.peers[8919].series.times_bytes(), before.peers[8919].series.times_bytes(), "times of a peer")
	equal(after.peers[8919].series.row_at(24)[Figures.LOSS], before.peers[8919].series.row_at(24)[Figures.LOSS], "a figure")
	equal(after.sizes.sums(0.0, 1e9), before.sizes.sums(0.0, 1e9), "sizes")
	equal([after.timeline.times, after.timeline.directions, after.timeline.contents],
		[before.timeline.times, before.timeline.directions, before.timeline.contents], "datagrams")
	var rows := func(instance: Instance) -> Array:
		return instance.engine.talkers.rows(3500.0).map(func(row: Instance.EngineProfileRs.TalkersRs.RowRs) -> Array:
			return [row.direction, row.kind, row.name, row.file, row.count, row.bytes])
	equal(rows.call(loaded), rows.call(saved), "the engine's counts")
	equal(after.talkers.rows(3500.0).size(), 7, "talkers")
	equal(loaded.events.save(), saved.events.save(), "events")
	done()


func case_files_that_are_no_sessions() -> void:
	var instance := _session()
	for text: String in ["", "{", "[]", "null", "{\"format\": \"enet_rs session\"}", "{\"format\": 5}"]:
		check(not SessionFile.from_text(text, instance).is_empty(), "refused: %s" % text)
	equal(instance.hosts.size(), 1, "what was there stays")
	# Parts that do not fit are left out, and nothing else happens.
	var whole: Dictionary = JSON.parse_string(SessionFile.to_text(instance))
	for odd: Variant in [null, 5, "x", "=", "AAAA", [], {}, [[]], [5, 5, 5, 5, 5], [{}], [["a", [["b"]]]]]:
		for key: String in whole:
			var bent := whole.duplicate(true)
			bent[key] = odd
			SessionFile.from_text(JSON.stringify(bent), Instance.new())
		for key: String in whole["hosts"][0]:
			var bent := whole.duplicate(true)
			bent["hosts"][0][key] = odd
			SessionFile.from_text(JSON.stringify(bent), Instance.new())
		for key: String in whole["hosts"][0]["peers"][0]:
			var bent := whole.duplicate(true)
			bent["hosts"][0]["peers"][0][key] = odd
			SessionFile.from_text(JSON.stringify(bent), Instance.new())
	done()


func case_csv() -> void:
	var instance := InstanceCases.played(FakeGame.new(2), 3)
	var lines := Csv.to_text(instance).split("\n", false)
	equal(lines.size(), 1 + 3 * 3, "lines")
	equal(lines[0], "time_ms,host,peer," + ",".join(Figures.NAMES), "head")
	check(lines[1].begins_with("1100,%d,,0,0,0,0," % FakeGame.OBJECT), lines[1])
	check(lines[6].begins_with("1300,%d,1000,600,1000,400,700,60,60,0," % FakeGame.OBJECT), lines[6])
	check(lines[6].ends_with(",,"), "a peer has no gaps: %s" % lines[6])
	done()
