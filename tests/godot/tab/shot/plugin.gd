@tool
extends EditorPlugin
## Plays two games and more under the debugger, opens their tabs, checks what they show, and saves pictures:
##   xvfb-run -a -s "-screen 0 1600x900x24" godot --editor --rendering-driver opengl3 --path tests/godot -- tab-shot FOLDER PEERS
## Without a screen (--headless) it checks and saves no pictures. The output has a last line `N passed, M failed`; the exit
## status agrees with it.

const Figures := preload("res://addons/enet_rs/editor/model/figures.gd")
const Talkers := preload("res://addons/enet_rs/editor/model/talkers.gd")
const Tab := preload("res://addons/enet_rs/editor/view/tab.gd")

const PAGES: PackedStringArray = ["Graphs", "Who sends this", "Sizes", "Events", "Timeline", "Simulator"]
## Four games over our extension instead.
const REAL_SCENE := "res://tab/real_game.tscn"
const REAL_CLIENTS := 3
const Ports := preload("res://lib/ports.gd")
const PATIENCE_MSEC := 30_000
const SCENE := "res://tab/game.tscn"

var _folder := ""
var _passed := 0
var _failed := 0
var _children: Array[int] = []


func _enter_tree() -> void:
	var arguments := OS.get_cmdline_user_args()
	if arguments.size() >= 3 and arguments[0] == "tab-shot":
		_folder = arguments[1]
		_run.call_deferred(arguments[2])


func _run(peers: String) -> void:
	if peers == "real":
		await _run_real()
	else:
		await _run_fake(peers)
	print("%d passed, %d failed" % [_passed, _failed])
	get_tree().quit(0 if _failed == 0 and _passed > 0 else 1)


## A server and three clients; the tab gives one of them a bad network, and shows who it is.
func _run_real() -> void:
	OS.set_environment("ENET_TAB_PORT", str(Ports.find_free()))
	await _begin(REAL_SCENE)
	for client in REAL_CLIENTS:
		_start(REAL_SCENE, "client")
	_check(await _until(func() -> bool: return _tabs().size() == REAL_CLIENTS + 1), "each of four games has a tab")
	var tabs := _tabs()
	for tab in tabs:
		_reveal(tab)
		await _seconds(0.3)
	_check(await _until(func() -> bool: return tabs.any(func(tab: Tab) -> bool: return _peers(tab) == REAL_CLIENTS)),
		"the server's tab has all clients")
	tabs.sort_custom(func(a: Tab, b: Tab) -> bool: return _peers(a) > _peers(b))
	var tab := tabs[0]
	await _show(tab)
	var host := tab.selection.host()
	var slow: int = host.peers.keys()[1]
	tab.asked.emit("enet_rs:simulate", [host.object, slow, {"preset": "4G"}], false)
	var round_trip := func(id: int) -> float:
		var series := host.peers[id].series
		return series.value_at(series.size() - 1, Figures.ROUND_TRIP) if series.size() > 0 else -1.0
	_check(await _until(func() -> bool:
		var risen: float = round_trip.call(slow)
		return risen > 150.0), "the round trip of the slow one rises")
	for id: int in host.peers:
		if id != slow:
			var other: float = round_trip.call(id)
			_check(other < 100.0, "that of the others does not: %f" % other)
	_check(await _until(func() -> bool: return _senders(tab).has("out /root/Arena::show_state")), "who sends: %s" % [_senders(tab)])
	_check(_senders(tab).has("in /root/Arena::move"), "what comes in, by method")
	_check(await _until(func() -> bool: return tab.instance.engine.talkers.rows(tab.instance.last_time).size() > 0), "the engine's own counts")
	_check(host.sizes.sums(-1.0, 1e12)[0] + host.sizes.sums(-1.0, 1e12)[3] > 0, "sizes of datagrams")
	await _seconds(0.5 if _is_headless() else 25.0)
	await _save_pages(tab)
	_end_games()


func _senders(tab: Tab) -> PackedStringArray:
	var found := PackedStringArray()
	for row in tab.selection.host().talkers.rows(tab.instance.last_time):
		found.append("%s %s" % [row.direction, row.name])
	return found


func _begin(scene: String) -> void:
	while EditorInterface.get_resource_filesystem().is_scanning():
		await get_tree().process_frame
	await _seconds(1.0)
	EditorInterface.set_main_screen_editor("Script")
	EditorInterface.play_custom_scene(scene)
	await _seconds(2.0)


## A game that the editor did not start, such as a server elsewhere.
func _start(scene: String, argument: String) -> void:
	var port: int = EditorInterface.get_editor_settings().get_setting("network/debug/remote_port")
	_children.append(OS.create_process(OS.get_executable_path(), ["--headless", "--path", ProjectSettings.globalize_path("res://"),
		"--remote-debug", "tcp://127.0.0.1:%d" % port, scene, "--", argument]))


func _show(tab: Tab) -> void:
	EditorInterface.distraction_free_mode = OS.get_cmdline_user_args().has("wide")
	_reveal(tab)
	_grow(tab)
	await _seconds(1.0)


## Messages of games that follow a script.
func _run_fake(peers: String) -> void:
	await _begin(SCENE)
	for count: String in [peers, "1"]:
		_start(SCENE, count)
	_check(await _until(func() -> bool: return _tabs().size() >= 3), "each of three games has a tab")
	await _until(func() -> bool: return false, 1500)
	var tabs := _tabs()
	for tab in tabs:
		_reveal(tab)
		await _seconds(0.5)
	_check(await _until(func() -> bool:
		return _tabs().all(func(tab: Tab) -> bool: return not tab.instance.hosts.is_empty())), "each tab has the host of its game")
	tabs.sort_custom(func(a: Tab, b: Tab) -> bool: return _peers(a) > _peers(b))
	_check(_peers(tabs[0]) == peers.to_int() and _peers(tabs[2]) == 1, "each tab has the peers of its own game")
	await _show(tabs[0])
	await _seconds(1.5 if _is_headless() else 12.0)
	await _save_pages(tabs[0])
	_check_pages(tabs[0])
	_check(_errors(tabs[0]).is_empty(), "the games report no errors: %s" % [_errors(tabs[0])])
	if not _is_headless():
		await _measure(tabs[0])
	_end_games()
	_check(await _until(func() -> bool: return tabs[0].state == "(ended)"), "the tab is told of the end")
	_check(_peers(tabs[0]) == peers.to_int(), "the figures survive the end")


func _save_pages(tab: Tab) -> void:
	for page in PAGES:
		tab.show_page(page)
		await _seconds(0.5 if _is_headless() else 2.0)
		if page == "Timeline":
			await _until(func() -> bool: return tab.selection.host().timeline.size() > 1)
			_pick(tab)
			await _seconds(0.4)
		await _save(page.to_snake_case().replace(" ", "_"), tab)


func _end_games() -> void:
	EditorInterface.stop_playing_scene()
	for child in _children:
		if child > 0:
			OS.kill(child)


func _pick(tab: Tab) -> void:
	for node in tab.find_children("*", "Control", true, false):
		if node is Tab.TimelineViewRs:
			var view: Tab.TimelineViewRs = node
			_check(view.strip.timeline != null and view.strip.timeline.size() > 0, "datagrams are recorded while the page is open")
			if view.strip.timeline != null and view.strip.timeline.size() > 1:
				view.strip.select(view.strip.timeline.size() - 2)
				_check(view.tree.get_root().get_child_count() > 2, "a datagram is decoded")


## Time of the editor's frames with the tab open, by page.
func _measure(tab: Tab) -> void:
	for page in PAGES:
		tab.show_page(page)
		await _seconds(0.5)
		var longest := 0.0
		var frames := 0
		var start := Time.get_ticks_usec()
		var before := start
		var scripts := 0.0
		while Time.get_ticks_usec() - start < 2_000_000:
			await get_tree().process_frame
			longest = maxf(longest, (Time.get_ticks_usec() - before) / 1000.0)
			before = Time.get_ticks_usec()
			scripts += Performance.get_monitor(Performance.TIME_PROCESS) * 1000.0
			frames += 1
		var used := 0
		for turn in 50:
			var begun := Time.get_ticks_usec()
			tab._refresh()
			used += Time.get_ticks_usec() - begun
		print("measured %s: %d frames/s, longest %.1f ms, a refresh %.2f ms" % [page, roundi(frames / 2.0), longest, used / 50_000.0])


func _peers(tab: Tab) -> int:
	var host := tab.selection.host()
	return host.peers.size() if host != null else 0


## The tabs of sessions that have a game.
func _tabs() -> Array[Tab]:
	var found: Array[Tab] = []
	for node in EditorInterface.get_base_control().get_tree().root.find_children("*", "VBoxContainer", true, false):
		if node is Tab and _is_active(node as Tab):
			found.append(node)
	return found


func _is_active(tab: Tab) -> bool:
	var session: Node = tab.get_parent().get_parent()
	return not String(session.name).is_empty()


## Makes all containers above a control show it.
func _reveal(control: Control) -> void:
	var child: Node = control
	while child != null:
		var parent := child.get_parent()
		if parent is TabContainer and child is Control:
			var index := (parent as TabContainer).get_tab_idx_from_control(child as Control)
			if index >= 0:
				(parent as TabContainer).current_tab = index
		elif child is Control and not (child as Control).visible:
			(child as Control).show()
		child = parent


## Gives the debugger's panel all of the window.
func _grow(control: Control) -> void:
	if not OS.get_cmdline_user_args().has("wide"):
		return
	for node in EditorInterface.get_base_control().find_children("*", "Button", true, false):
		var button: Button = node
		if button.tooltip_text.contains("Pin Bottom Panel"):
			# The button that expands the panel is the one behind it.
			var expand: Button = button.get_parent().get_child(button.get_index() + 1)
			expand.button_pressed = true


## What the debugger's page "Errors" lists.
func _errors(tab: Tab) -> PackedStringArray:
	var found := PackedStringArray()
	for node in tab.get_parent().find_children("*", "Tree", true, false):
		if String(node.get_path()).contains("Errors"):
			var tree: Tree = node
			var root := tree.get_root()
			for item: TreeItem in root.get_children() if root != null else []:
				found.append(item.get_text(1))
	return found


## The engine's own messages and names arrive beside ours.
func _check_pages(tab: Tab) -> void:
	var names := tab.instance.engine.talkers.rows(tab.instance.last_time).map(func(row: Talkers.RowRs) -> String: return row.name)
	_check(names.has("/root/Main/Arena"), "the engine's counts by node")
	var senders := tab.selection.host().talkers.rows(tab.instance.last_time).map(func(row: Talkers.RowRs) -> String: return row.name)
	_check(senders.has("/root/Main/Arena::show_state"), "counts by RPC method")
	_check(tab.instance.events.events.size() > 0 or _is_headless(), "events")


func _save(page: String, tab: Tab) -> void:
	if _is_headless():
		return
	await RenderingServer.frame_post_draw
	var picture := get_tree().root.get_texture().get_image()
	if OS.get_cmdline_user_args().has("wide"):
		var panel: Control = tab.get_parent()
		picture = picture.get_region(Rect2i(panel.get_global_rect()))
	var error := picture.save_png(_folder.path_join(page + ".png"))
	_check(error == OK, "the picture of %s is saved" % page)


func _is_headless() -> bool:
	return DisplayServer.get_name() == "headless"


func _check(holds: bool, what: String) -> void:
	if holds:
		_passed += 1
	else:
		_failed += 1
	print("%s tab_shot %s" % ["ok" if holds else "FAIL", what])


func _seconds(count: float) -> void:
	await get_tree().create_timer(count).timeout


func _until(condition: Callable, patience: int = PATIENCE_MSEC) -> bool:
	var deadline := Time.get_ticks_msec() + patience
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		await get_tree().process_frame
	return true
