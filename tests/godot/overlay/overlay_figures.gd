extends "res://lib/overlay_case.gd"
## From figures to texts.

const Events := preload("res://addons/enet_rs/overlay/events.gd")
const Graph := preload("res://addons/enet_rs/overlay/graph.gd")
const History := preload("res://addons/enet_rs/overlay/history.gd")
const Lines := preload("res://addons/enet_rs/overlay/lines.gd")
const Rates := preload("res://addons/enet_rs/overlay/rates.gd")
const Reading := preload("res://addons/enet_rs/overlay/reading.gd")
const Texts := preload("res://addons/enet_rs/overlay/texts.gd")


func case_numbers_have_units_and_unknown_ones_are_dashes() -> void:
	equal(Texts.milliseconds(17.24), "17.2 ms", "a short time")
	equal(Texts.milliseconds(431.7), "432 ms", "a time")
	equal(Texts.milliseconds(-1.0), "–", "an unknown time")
	equal(Texts.percent(0.0123), "1.2 %", "a share")
	equal(Texts.rate(12_345.0), "12.3 kB/s", "a rate")
	equal(Texts.rate(2_500_000.0), "2.5 MB/s", "a high rate")
	equal(Texts.size(420), "420 B", "a size")
	equal(Texts.queue({"queued_packets": 3, "queued_bytes": 1280}, "queued"), "3, 1.3 kB", "a queue")
	equal(Texts.queue({}, "queued"), "–", "an unknown queue")


func case_totals_become_rates() -> void:
	var rates := Rates.new()
	equal(rates.update({"bytes_in": 5000}, 1_000_000), {}, "the rates of a first reading")
	equal(rates.update({"bytes_in": 6000, "bytes_out": 9}, 3_000_000), {"bytes_in": 500.0}, "the rates of a second one")
	equal(rates.update({"bytes_in": 10}, 4_000_000), {"bytes_in": 0.0}, "the rate of a host that began anew")


func case_the_history_keeps_ten_seconds() -> void:
	var history := History.new()
	for index in 1000:
		history.add(index * 0.25, {"bytes_in": float(index)})
		check(history.points("bytes_in").size() <= 82, "at most twenty seconds are kept")
		var first := history.points("bytes_in")[0].x
		check(first <= maxf(history.latest - 10.0, 0.0), "the line reaches the graph's edge")
	equal(history.points("bytes_in")[-1], Vector2(history.latest, 999.0), "the last point")
	equal(history.points("round_trip").size(), 0, "the number of points of what is unknown")
	equal(history.highest(["bytes_in"]), 999.0, "the highest value")
	history.add(1000.0, {"bytes_in": 5.0})
	equal(history.highest(["bytes_in"]), 5.0, "the highest value of the last seconds")


func case_the_graph_ends_at_a_round_number() -> void:
	var graph := Graph.new()
	var history := History.new()
	history.add(0.0, {"bytes_in": 12_300.0, "round_trip": 431.0})
	graph.show_history(history)
	equal(graph.scale_text(), "20.0 kB/s", "the end of the scale")
	graph.shows_round_trip = true
	equal(graph.scale_text(), "500 ms", "the end of the scale")
	graph.free()


func case_marks_tell_good_from_bad() -> void:
	var reading := Reading.new()
	reading.role = "client"
	for pair: Array in [[40.0, 1], [200.0, 2], [900.0, 3], [-1.0, 0]]:
		reading.server = {"rtt_smoothed": pair[0]}
		var lines := Lines.new()
		lines.tell_quality(reading)
		equal(lines.levels[0], pair[1], "the mark of %s ms" % pair[0])
		equal(lines.names.size(), lines.levels.size(), "the number of marks")


func case_a_gap_that_nobody_saw_is_kept() -> void:
	var unseen := Reading.new()
	unseen.host = {"poll_gap": 300.0, "send_gap": 5.0}
	unseen.frame_gap = 40.0
	var reading := Reading.new()
	reading.host = {"poll_gap": 16.0, "send_gap": 33.0}
	reading.keep_gaps(unseen)
	equal(reading.host, {"poll_gap": 300.0, "send_gap": 33.0}, "the gaps")
	equal(reading.frame_gap, 40.0, "the gap between frames")


func case_missing_figures_have_a_reason() -> void:
	show()
	var reading := Reading.new()
	reading.role = "client"
	for peer_class: String in ["ENetMultiplayerPeer", "WebSocketMultiplayerPeer"]:
		reading.peer_class = peer_class
		overlay._view.show_figures(reading, true)
		contains(shown(), peer_class + " tells no more")
		contains(shown(), "need ENetMultiplayerPeerRs")
	for peer_class: String in ["ENetMultiplayerPeerRs", "ENetConnectionRs"]:
		reading.peer_class = peer_class
		overlay._view.show_figures(reading, true)
		contains(shown(), "This build of the extension is older")
		lacks(shown(), "need ENetMultiplayerPeerRs")
	reading.is_full = true
	overlay._view.show_figures(reading, true)
	lacks(shown(), "older")


func case_events_are_bounded() -> void:
	var events := Events.new()
	for index in 1000:
		events.add("event %d" % index)
	equal(events.lines.size(), Events.LIMIT, "the number of events")
	contains(events.lines[-1], "event 999")
