extends "res://tab/cases.gd"
## Who sends what.

const FakeGame := preload("res://tab/fake_game.gd")
const InstanceCases := preload("res://tab/instance_cases.gd")
const Talkers := preload("res://addons/enet_rs/editor/model/talkers.gd")


func _row(talkers: Talkers, time: float, name: String, direction: String = "out") -> Talkers.RowRs:
	for row in talkers.rows(time):
		if row.name == name and row.direction == direction:
			return row
	return null


func case_rates_by_method() -> void:
	var game := FakeGame.new(4)
	var instance := InstanceCases.played(game, 1)
	for second in 10:
		instance.take("enet_rs:snapshot", game.snapshot(1000.0))
		instance.take("enet_rs:talkers", game.talkers())
	var talkers := instance.hosts[FakeGame.OBJECT].talkers
	equal(talkers.rows(game.time).size(), 7, "rows")
	var row := _row(talkers, game.time, "/root/Main/Arena::show_state")
	equal([row.kind, row.count, row.bytes, row.total_count, row.total_bytes], ["rpc", 1200, 57_600, 2400, 115_200], "a method")
	near(row.count_rate, 240.0, "calls a second")
	near(row.byte_rate, 11_520.0, "bytes a second")
	near(row.mean_size(), 48.0, "mean size")
	check(_row(talkers, game.time, "/root/Main/Arena::move", "in") != null, "what came in")
	# Two seconds after the start: only what was counted until then.
	row = _row(talkers, 3100.0, "/root/Main/Arena::show_state")
	equal(row.count, 480, "of the past")
	near(row.count_rate, 240.0, "the rate of the past")
	equal(talkers.rows(500.0).size(), 0, "before the start")
	done()


func case_names_are_bounded() -> void:
	var talkers := Talkers.new()
	for second in 20:
		for index in 1000:
			talkers.add(second * 1000.0, "out", "rpc", "%d" % (second * 1000 + index), 1, 10)
	var rows := talkers.rows(19_000.0, 1000.0)
	check(rows.size() <= Talkers.MAX_NAMES_A_SECOND + 1, "names of a second: %d" % rows.size())
	var bytes := 0
	for row in rows:
		bytes += row.bytes
	equal(bytes, 10_000, "those without a place are counted as others")
	talkers.add(20_000.0, "out", "rpc", "x", -5, 10)
	equal(talkers.rows(20_000.0, 500.0).size(), 0, "negative counts")
	for second in 2000:
		talkers.add(second * 1000.0 + 1e6, "in", "raw", "", 1, 1)
	equal(_row(talkers, 3e6, "", "in"), null, "of a time without messages")
	equal(talkers.rows(2.999e6, 1e9)[0].count, 600, "ten minutes are kept")
	done()


func case_engine_profiler() -> void:
	var game := FakeGame.new(2)
	var instance := InstanceCases.played(game, 1)
	for tenth in 20:
		instance.take("enet_rs:snapshot", game.snapshot(100.0))
		equal(instance.take("multiplayer:rpc", game.engine_rpcs()), true, "rpc is taken")
		instance.take("multiplayer:syncs", game.engine_syncs())
	var talkers := instance.engine.talkers
	var row := _row(talkers, instance.last_time, "/root/Main/Arena")
	equal([row.kind, row.count, row.bytes], ["node", 240, 11_520], "a node")
	equal(_row(talkers, instance.last_time, "/root/Main/Chat", "in"), null, "nothing came in")
	equal(_row(talkers, instance.last_time, "object 21").bytes, 3840, "a synchronizer without a name yet")
	instance.take("multiplayer:cache", game.engine_names())
	row = _row(talkers, instance.last_time, "/root/Main/Arena/Players/1/Sync")
	equal([row.kind, row.bytes, row.file], ["synchronizer", 3840, "res://player.tscn"], "with its name")
	instance.take("multiplayer:syncs", game.engine_syncs())
	equal(talkers.rows(instance.last_time).size(), 4, "one row, before and after its name was known")
	instance.take("multiplayer:bandwidth", [1234, 5678])
	equal([instance.engine.bandwidth_in, instance.engine.bandwidth_out], [1234, 5678], "bandwidth")
	equal(instance.take("multiplayer:other", []), false, "other messages")
	done()
