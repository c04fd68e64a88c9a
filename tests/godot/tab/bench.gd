extends SceneTree
## Times the debugger's tab with 64 peers at 10 snapshots a second and a history of ten minutes:
##   --script res://tab/bench.gd

const FakeGame := preload("res://tab/fake_game.gd")
const Instance := preload("res://addons/enet_rs/editor/model/instance.gd")
const InstanceCases := preload("res://tab/instance_cases.gd")
const SessionFile := preload("res://addons/enet_rs/editor/model/session_file.gd")
const Tab := preload("res://addons/enet_rs/editor/view/tab.gd")

const SNAPSHOTS := 6200
const TURNS := 50


func _initialize() -> void:
	await process_frame
	var game := FakeGame.new(64)
	var instance := InstanceCases.played(game, 1)
	var before := OS.get_static_memory_usage()
	var spent := 0
	for index in SNAPSHOTS:
		var snapshot := game.snapshot(100.0)
		var start := Time.get_ticks_usec()
		instance.take("enet_rs:snapshot", snapshot)
		if index % 10 == 0:
			instance.take("enet_rs:talkers", game.talkers())
			instance.take("enet_rs:sizes", game.sizes())
		instance.take("multiplayer:rpc", game.engine_rpcs())
		spent += Time.get_ticks_usec() - start
	for second in 30:
		game.time += 100.0
		instance.take("enet_rs:timeline", game.timeline(100.0))
	print("a snapshot of 64 peers: %.3f ms" % (spent / 1000.0 / SNAPSHOTS))
	print("memory of ten minutes: %.1f MB" % ((OS.get_static_memory_usage() - before) / 1e6))
	var tab := Tab.new(instance)
	root.size = Vector2i(1280, 400)
	root.add_child(tab)
	tab.set_anchors_preset(Control.PRESET_FULL_RECT)
	await process_frame
	for window: float in [60_000.0, 600_000.0]:
		tab.selection.window = window
		for page: String in ["Graphs", "Who sends this", "Sizes", "Events", "Timeline", "Simulator"]:
			tab.show_page(page)
			await process_frame
			var refresh := func() -> void:
				for child in tab.find_children("*", "VBoxContainer", true, false):
					if &"_drawn_at" in child:
						child.set(&"_drawn_at", -10_000)
				tab._refresh_page()
			_time("a refresh of %s, window %d s" % [page, int(window / 1000.0)], instance, game, refresh)
	_time("a refresh of the list of peers", instance, game, tab._peers.refresh)
	var start_saving := Time.get_ticks_usec()
	var text := SessionFile.to_text(instance)
	print("saved: %.1f MB in %.0f ms" % [text.length() / 1e6, (Time.get_ticks_usec() - start_saving) / 1000.0])
	quit()


## The fastest turn is what the work takes while nothing else runs.
func _time(label: String, instance: Instance, game: FakeGame, action: Callable) -> void:
	var times: Array[int] = []
	for turn in TURNS:
		instance.take("enet_rs:snapshot", game.snapshot(100.0))
		var begun := Time.get_ticks_usec()
		action.call()
		times.append(Time.get_ticks_usec() - begun)
	times.sort()
	@warning_ignore("integer_division")
	print("%s: fastest %.2f ms, median %.2f ms" % [label, times[0] / 1000.0, times[TURNS / 2] / 1000.0])
