@tool
extends EditorPlugin
## Plays the game of the page "Getting started" twice under the debugger, and saves pictures of the games and of the editor. `cargo xtask
## docs --pictures` makes the project. The last line of the output is `N pictures`.

const Tab := preload("res://addons/enet_rs/editor/view/tab.gd")

const SCENE := "res://main.tscn"
const PATIENCE_MSEC := 90_000
const PORT_SETTING := "network/debug/remote_port"
const GAP := 12

var _other := -1
var _saved := 0


func _enter_tree() -> void:
	_run.call_deferred()


func _run() -> void:
	var settings := EditorInterface.get_editor_settings()
	settings.set_setting(PORT_SETTING, 6107)
	# A window of its own, as the page describes.
	settings.set_setting("run/window_placement/game_embed_mode", -1)
	while EditorInterface.get_resource_filesystem().is_scanning():
		await get_tree().process_frame
	await _seconds(3.0)
	EditorInterface.open_scene_from_path(SCENE)
	EditorInterface.set_main_screen_editor("Script")
	EditorInterface.edit_script(load("res://main.gd") as Script)
	OS.set_environment("PICTURE_ROLE", "host")
	EditorInterface.play_custom_scene(SCENE)
	if await _until(func() -> bool: return FileAccess.file_exists("res://host.started")):
		OS.set_environment("PICTURE_ROLE", "join")
		_other = OS.create_process(OS.get_executable_path(), ["--rendering-driver", "opengl3", "--path",
			ProjectSettings.globalize_path("res://"), "--remote-debug", "tcp://127.0.0.1:6107", SCENE])
	if await _until(func() -> bool: return FileAccess.file_exists("res://host.png") and FileAccess.file_exists("res://join.png")):
		_side_by_side()
	await _tab()
	EditorInterface.stop_playing_scene()
	if _other > 0:
		OS.kill(_other)
	print("%d pictures" % _saved)
	get_tree().quit()


func _side_by_side() -> void:
	var left := Image.load_from_file("res://host.png")
	var right := Image.load_from_file("res://join.png")
	var both := Image.create_empty(left.get_width() + GAP + right.get_width(), left.get_height(), false, Image.FORMAT_RGB8)
	both.fill(Color.WHITE)
	for picture: Image in [left, right]:
		picture.convert(Image.FORMAT_RGB8)
	both.blit_rect(left, Rect2i(Vector2i.ZERO, left.get_size()), Vector2i.ZERO)
	both.blit_rect(right, Rect2i(Vector2i.ZERO, right.get_size()), Vector2i(left.get_width() + GAP, 0))
	_save(both, "two_windows")


func _tab() -> void:
	# A game sends its figures only to a tab that is visible.
	var shown := 0
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	while _server_tab() == null:
		var tabs := _tabs()
		if Time.get_ticks_msec() > deadline:
			return
		if not tabs.is_empty():
			_reveal(tabs[shown % tabs.size()])
			shown += 1
		await _seconds(2.0)
	var tab := _server_tab()
	_reveal(tab)
	tab.show_page("Graphs")
	await _seconds(12.0)
	await RenderingServer.frame_post_draw
	_save(get_tree().root.get_texture().get_image(), "tab")


## Makes all containers above a control show it.
func _reveal(control: Control) -> void:
	var child: Node = control
	while child != null:
		var parent := child.get_parent()
		if parent is TabContainer and child is Control:
			(parent as TabContainer).current_tab = (parent as TabContainer).get_tab_idx_from_control(child as Control)
		elif child is Control and not (child as Control).visible:
			(child as Control).show()
		child = parent


## The tabs of sessions that have a game.
func _tabs() -> Array[Tab]:
	var found: Array[Tab] = []
	for node in get_tree().root.find_children("*", "VBoxContainer", true, false):
		if node is Tab and not String(node.get_parent().get_parent().name).is_empty():
			found.append(node)
	return found


## The tab of the game that has a client.
func _server_tab() -> Tab:
	for tab in _tabs():
		var host := tab.selection.host()
		if host != null and host.role == "server" and host.peers.size() > 0:
			return tab
	return null


func _save(picture: Image, name: String) -> void:
	if picture.save_png("res://%s.picture.png" % name) == OK:
		_saved += 1


func _seconds(count: float) -> void:
	await get_tree().create_timer(count).timeout


func _until(condition: Callable) -> bool:
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		await get_tree().process_frame
	return true
