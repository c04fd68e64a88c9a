extends "res://tab/cases.gd"
## The views, as far as they need no screen.

const FakeGame := preload("res://tab/fake_game.gd")
const InstanceCases := preload("res://tab/instance_cases.gd")
const Tab := preload("res://addons/enet_rs/editor/view/tab.gd")
const Palette := preload("res://addons/enet_rs/editor/view/palette.gd")
const PeerList := preload("res://addons/enet_rs/editor/view/peer_list.gd")
const Selection := preload("res://addons/enet_rs/editor/view/selection.gd")
const SimulatorView := preload("res://addons/enet_rs/editor/view/simulator_view.gd")
const Strip := preload("res://addons/enet_rs/editor/view/timeline_strip.gd")
const Table := preload("res://addons/enet_rs/editor/view/table.gd")
const TalkersView := preload("res://addons/enet_rs/editor/view/talkers_view.gd")
const TimelineView := preload("res://addons/enet_rs/editor/view/timeline_view.gd")
const Units := preload("res://addons/enet_rs/editor/view/units.gd")

const EDITOR := "res://addons/enet_rs/editor"
## Of large texts and graphics, after the Web Content Accessibility Guidelines.
const LEAST_CONTRAST := 3.0
## What Godot's dark and light theme have behind the text, and the text.
const THEMES: Array[Array] = [[Color("292929"), Color("cdcfd2")], [Color("e6e6e6"), Color("222222")]]


func case_all_scripts_of_the_addon_compile() -> void:
	var folders: Array[String] = [EDITOR]
	var count := 0
	while not folders.is_empty():
		var folder: String = folders.pop_back()
		for each in DirAccess.get_directories_at(folder):
			folders.append(folder.path_join(each))
		for each in DirAccess.get_files_at(folder):
			if each.get_extension() == "gd":
				var script: GDScript = load(folder.path_join(each))
				check(script != null and script.can_instantiate(), each)
				count += 1
	check(count > 30, "scripts: %d" % count)
	done()


func case_peers_are_sorted() -> void:
	var game := FakeGame.new(4)
	var list := PeerList.new(Selection.new(InstanceCases.played(game, 30)))
	list.refresh()
	equal(list.shown_keys(), PackedStringArray(["%d" % FakeGame.OBJECT]), "hosts")
	var ids := func() -> Array:
		return list.get_root().get_child(0).get_children().map(func(item: TreeItem) -> String: return item.get_text(0))
	equal(ids.call(), ["1000", "8919", "16838", "24757"], "by id")
	list.sort_by(1, true)
	list.refresh()
	equal(ids.call()[0], "16838", "the slowest first")
	list.sort_by(4, false)
	list.refresh()
	equal(ids.call(), ["1000", "8919", "16838", "24757"], "by bytes out")
	list.sort_by(4, true)
	list.refresh()
	equal(ids.call(), ["24757", "16838", "8919", "1000"], "by bytes out, from the largest")
	var item := list.get_root().get_child(0).get_child(0)
	equal([item.get_text(8), item.get_text(7), item.get_text(3), item.get_text(4)], ["192.168.1.13:40021", "connected", "0.60", "1.30"], "a peer")
	list.free()
	done()


func case_peers_are_listed_in_a_slow_editor() -> void:
	var tab := Tab.new(InstanceCases.played(FakeGame.new(4), 30))
	# A frame in which both the page and the list are due.
	for frame in 2:
		tab._process(1.0)
	equal(tab._peers.shown_keys().size(), 1, "the host with its peers")
	tab.free()
	done()


func case_colours_are_readable_on_both_themes() -> void:
	for theme in THEMES:
		var behind: Color = theme[0]
		var text: Color = theme[1]
		Palette.fit_theme(text)
		for color: Color in [Palette.INCOMING, Palette.OUTGOING, Palette.ROUND_TRIP, Palette.LOSS, Palette.QUEUED, Palette.IN_FLIGHT, Palette.UNREAD,
				Palette.POLL, Palette.SEND, Palette.GOOD, Palette.FAIR, Palette.BAD, Palette.DIM]:
			for ground: Color in [behind, behind.blend(Palette.panel())]:
				var contrast := _contrast(Palette.shown(color), ground)
				check(contrast >= LEAST_CONTRAST, "%s on %s: %.1f" % [color.to_html(), ground.to_html(), contrast])
	var table := Table.new()
	table.set_up(["Name"], [-10], 1)
	var row := Table.RowRs.new()
	row.key = "a"
	row.cells = ["a"]
	row.values = ["a"]
	row.colors[0] = Palette.FAIR
	table.show_rows([row])
	equal(table.get_root().get_child(0).get_custom_color(0), Palette.shown(Palette.FAIR), "a table darkens its colours")
	check(Palette.shown(Palette.FAIR) != Palette.FAIR, "on a light theme")
	Palette.fit_theme(Color.WHITE)
	table.free()
	done()


func case_icons_follow_the_editor() -> void:
	const ICONS := "res://addons/enet_rs/icons"
	var count := 0
	for file in DirAccess.get_files_at(ICONS):
		if file.ends_with(".svg.import"):
			var settings := ConfigFile.new()
			equal(settings.load(ICONS.path_join(file)), OK, file)
			for setting: String in ["editor/scale_with_editor_scale", "editor/convert_colors_with_editor_theme"]:
				equal(settings.get_value("params", setting, false), true, "%s of %s" % [setting, file])
			count += 1
	check(count >= 3, "icons: %d" % count)
	done()


static func _contrast(one: Color, other: Color) -> float:
	var lights := [one.srgb_to_linear().get_luminance() + 0.05, other.srgb_to_linear().get_luminance() + 0.05]
	return lights.max() / lights.min()


func case_rows_come_and_go() -> void:
	var table := Table.new()
	table.set_up(["Name", "Number"], [-10, 10], 1)
	table.sort_by(1, true)
	var rows := func(numbers: Dictionary) -> Array[Table.RowRs]:
		var made: Array[Table.RowRs] = []
		for key: String in numbers:
			var row := Table.RowRs.new()
			row.key = key
			row.cells = [key, str(numbers[key])]
			row.values = [key, numbers[key]]
			made.append(row)
		return made
	var show := func(numbers: Dictionary) -> PackedStringArray:
		var made: Array[Table.RowRs] = rows.call(numbers)
		table.show_rows(made)
		return table.shown_keys()
	equal(show.call({"a": 1, "b": 3, "c": 2}), PackedStringArray(["b", "c", "a"]), "sorted")
	equal(show.call({"a": 9, "c": 2}), PackedStringArray(["a", "c"]), "one went")
	equal(show.call({"d": 2, "a": 2, "c": 2}), PackedStringArray(["a", "c", "d"]), "equal ones by name")
	equal(show.call({}), PackedStringArray(), "all went")
	table.free()
	done()


func case_talkers_by_bytes() -> void:
	var game := FakeGame.new(4)
	var instance := InstanceCases.played(game, 10)
	instance.take("enet_rs:talkers", game.talkers())
	var view := TalkersView.new(Selection.new(instance))
	view.refresh()
	var first := view.table.get_root().get_child(0)
	equal([first.get_text(0), first.get_text(1), first.get_text(2)], ["/root/Main/Arena::show_state", "rpc", "out"], "the largest first")
	equal(first.get_text(5), "74.2 %", "its share of what goes out")
	equal(view.table.get_root().get_child_count(), 7, "rows")
	view.free()
	done()


func case_datagram_under_the_mouse() -> void:
	var game := FakeGame.new(1)
	var instance := InstanceCases.played(game, 1)
	instance.take("enet_rs:timeline", game.timeline(100.0))
	var strip := Strip.new()
	strip.size = Vector2(1000, 100)
	strip.span = 100_000.0
	strip.refresh(instance.hosts[FakeGame.OBJECT].timeline)
	var last := strip.timeline.size() - 1
	equal(strip.nearest(Vector2(1000, 10)), last, "the last one that was sent")
	equal(strip.nearest(Vector2(1000, 90)), last - 1, "the last one that was received")
	equal(strip.nearest(Vector2(900, 10)), -1, "none is near")
	strip.only_peer = 5
	equal(strip.nearest(Vector2(1000, 10)), -1, "none of this peer")
	strip.free()
	done()


func case_the_timeline_follows_again() -> void:
	var game := FakeGame.new(1)
	var instance := InstanceCases.played(game, 1)
	instance.take("enet_rs:timeline", game.timeline(100.0))
	var selection := Selection.new(instance)
	var view := TimelineView.new(selection)
	view.refresh()
	check(view.strip.follows, "it follows the game")
	selection.cursor = 50.0
	view.refresh()
	check(not view.strip.follows, "an earlier time stands still")
	selection.cursor = -1.0
	view.refresh()
	check(view.strip.follows, "it follows again with \"Live\"")
	view.strip.select(0)
	view.refresh()
	check(not view.strip.follows, "a datagram that was picked stands still")
	view.free()
	done()


func case_settings_of_the_simulator() -> void:
	var view := SimulatorView.new(Selection.new(InstanceCases.played(FakeGame.new(1), 1)))
	# Ranges outside of the tree tell nobody of their changes.
	var tree: SceneTree = Engine.get_main_loop()
	tree.root.add_child(view)
	var asked: Array[Array] = []
	view.asked.connect(func(message: String, data: Array, is_for_all: bool) -> void: asked.append([message, data, is_for_all]))
	view._choose_preset(1 + SimulatorView.PRESETS.keys().find("4G"))
	equal(asked, [["enet_rs:simulate", [0, 0, {"preset": "4G"}], true]], "a preset")
	equal([view.settings()["outgoing_latency"], view.settings()["incoming_jitter"], view.settings()["incoming_loss"]], [100.0, 20.0, 4.0],
		"the sliders show it")
	view._slides["outgoing_latency"].set_value(250.0)
	equal(view.settings()["incoming_latency"], 250.0, "the same both ways")
	view._choose_preset(0)
	equal(asked[-1], ["enet_rs:simulate", [0, 0, {}], true], "off")
	equal(view.settings().keys().size(), 17, "each property of ENetSimulationRs")
	view.free()
	done()


func case_figures_as_text() -> void:
	equal([Units.bytes(999.0), Units.bytes(1500.0), Units.bytes(2_500_000.0), Units.bytes(-1.0)], ["999 B", "1.5 kB", "2.50 MB", "-"], "bytes")
	equal([Units.milliseconds(12.34), Units.milliseconds(250.4), Units.milliseconds(12_000.0)], ["12.3 ms", "250 ms", "12.0 s"], "times")
	equal([Units.share(0.0123), Units.share(-1.0), Units.clock(61_500.0)], ["1.2 %", "-", "1:01.5"], "others")
	done()
