extends "res://tab/cases.gd"
## Figures over time.

const Figures := preload("res://addons/enet_rs/editor/model/figures.gd")
const Series := preload("res://addons/enet_rs/editor/model/series.gd")
const Sizes := preload("res://addons/enet_rs/editor/model/sizes.gd")


func _filled(rows: int, interval: float) -> Series:
	var series := Series.new(2)
	for index in rows:
		series.add(index * interval, PackedFloat32Array([float(index), -float(index)]))
	return series


func case_rows_by_time() -> void:
	var series := _filled(10, 100.0)
	equal(series.size(), 10, "size")
	var expected: Dictionary[float, int] = {-1.0: -1, 0.0: 0, 99.0: 0, 100.0: 1, 350.0: 3, 9000.0: 9}
	for time in expected:
		equal(series.find(time), expected[time], "row at %s" % time)
	equal(series.row_at(3), PackedFloat32Array([3.0, -3.0]), "row")
	equal(series.add(899.0, PackedFloat32Array([1.0, 1.0])), false, "an earlier row")
	equal(series.add(901.0, PackedFloat32Array([1.0])), false, "a row of another width")
	equal(series.add(NAN, PackedFloat32Array([1.0, 1.0])), false, "no time")
	equal(series.size(), 10, "size after refused rows")
	done()


func case_memory_is_bounded() -> void:
	var series := _filled(20_000, 1.0)
	equal(series.size(), Series.MAX_ROWS, "rows at a kilohertz")
	equal(series.first_time(), 14_000.0, "the first row")
	equal(series.row_at(5999), PackedFloat32Array([19_999.0, -19_999.0]), "the last row")
	equal(series.find(14_001.0), 1, "a row is found after the others moved")
	series = _filled(2000, 1000.0)
	equal(series.size(), 601, "rows of ten minutes")
	equal(series.first_time(), 1_399_000.0, "ten minutes ago")
	done()


func case_points_of_a_graph() -> void:
	var series := _filled(1000, 100.0)
	var points := series.points(0, 0.0, 99_900.0, 100)
	equal(points.size(), 100, "points")
	equal(points[0], Vector2(-99_900.0, 9.0), "the largest of ten rows")
	equal(points[99], Vector2(-900.0, 999.0), "the last point")
	points = series.points(0, 50_000.0, 50_400.0, 100)
	equal(points, PackedVector2Array([Vector2(-400, 500), Vector2(-300, 501), Vector2(-200, 502), Vector2(-100, 503), Vector2(0, 504)]), "part")
	equal(Series.new(2).points(0, 0.0, 1.0, 10).size(), 0, "points of nothing")
	done()


func case_totals_become_rates() -> void:
	var columns := Figures.places(["loss", "bytes_out", "rtt_mean", "bytes_in", "retransmissions"])
	var figures := Figures.new(columns)
	var row := PackedFloat32Array()
	for step in 31:
		row = figures.take(step * 100.0, PackedFloat64Array([9, 9, 0.25, step * 500.0, 42.0, step * step * 10.0, 0.0]), 2)
		if step == 0:
			equal(row[Figures.WIRE_OUT], 0.0, "a rate of one snapshot")
	near(row[Figures.WIRE_OUT], 5000.0, "bytes a second")
	# From 2 to 3 seconds: 10 * (30 * 30 - 20 * 20).
	near(row[Figures.WIRE_IN], 5000.0, "the last second only")
	near(row[Figures.LOSS], 0.25, "loss")
	near(row[Figures.ROUND_TRIP], 42.0, "the mean round trip of a host")
	equal(row[Figures.POLL_GAP], -1.0, "what the game does not tell")
	row = figures.take(3100.0, PackedFloat64Array([9, 9, NAN, 0.0, INF, 0.0, 0.0]), 2)
	equal([row[Figures.WIRE_OUT], row[Figures.LOSS], row[Figures.ROUND_TRIP]], [0.0, -1.0, -1.0], "totals that fall, no numbers")
	done()


func case_sizes_of_datagrams() -> void:
	var sizes := Sizes.new()
	for second in 700:
		sizes.add(second * 1000.0, PackedInt32Array([1, 0, 0, 0, 0, 0, 2]), PackedInt32Array([0, 5, 0, 0, 0, 0, 0]))
	var sums := sizes.sums(690_000.0, 695_000.0)
	equal(sums, PackedInt64Array([5, 0, 0, 0, 0, 0, 10, 0, 25, 0, 0, 0, 0, 0]), "five seconds")
	equal(sizes.sums(-1.0, 1e9)[0], 600, "ten minutes are kept")
	sizes.add(1e9, PackedInt32Array([1]), PackedInt32Array())
	equal(sizes.sums(0.0, 2e9)[0], 600, "numbers that do not fit are refused")
	done()
