@tool
extends RefCounted
## One running instance in the editor: its debugger session, what is known of it, its tab.

const FinderRs := preload("finder.gd")
const InstanceRs := preload("model/instance.gd")
const TabRs := preload("view/tab.gd")

const INTERVAL_MSEC := 100
const PROFILERS: PackedStringArray = ["multiplayer:rpc", "multiplayer:replication", "multiplayer:bandwidth"]

signal wish_changed
signal asked_all(message: String, data: Array)

var tab: TabRs

var _session: EditorDebuggerSession
var _instance: InstanceRs = InstanceRs.new()
var _is_watching := false


func _init(session: EditorDebuggerSession) -> void:
	_session = session
	tab = TabRs.new(_instance)
	tab.asked.connect(func(message: String, data: Array, is_for_all: bool) -> void:
		if is_for_all:
			asked_all.emit(message, data)
		else:
			send(message, data))
	tab.wish_changed.connect(func() -> void: wish_changed.emit())
	tab.opened.connect(FinderRs.open)
	session.started.connect(_started)
	session.stopped.connect(_stopped)
	session.add_session_tab(tab)


## Frees the tab.
func end() -> void:
	watch(false)
	_session.remove_session_tab(tab)
	tab.queue_free()


## Asks the game for its figures, or no longer.
func watch(is_wanted: bool) -> void:
	var wants := is_wanted and _session.is_active()
	if wants == _is_watching:
		return
	_is_watching = wants
	tab.forget_requests()
	if not _session.is_active():
		return
	send("enet_rs:watch", [INTERVAL_MSEC if wants else 0])
	# The engine's page "Network Profiler" uses the same profilers, and would stand still.
	if wants or not _is_engine_page_running():
		for profiler in PROFILERS:
			_session.toggle_profiler(profiler, wants, [])


func send(message: String, data: Array) -> void:
	if _session.is_active():
		_session.send_message(message, data)


## Takes a message of the game. Returns whether it was for us.
func take(message: String, data: Array) -> bool:
	return _instance.take(message, data)


func _started() -> void:
	_instance.clear()
	tab.selection.cursor = -1.0
	tab.state = ""
	_is_watching = false
	wish_changed.emit()


func _stopped() -> void:
	# What was recorded stays.
	_is_watching = false
	tab.forget_requests()
	tab.state = "(ended)"


## Whether somebody pressed "Start" on the engine's page beside this tab.
func _is_engine_page_running() -> bool:
	if tab.get_parent() == null:
		return false
	for page in tab.get_parent().get_children():
		if page.is_class("EditorNetworkProfiler"):
			for button: Button in page.find_children("*", "Button", true, false):
				if button.get_class() == "Button" and button.toggle_mode:
					return button.button_pressed
	return false
