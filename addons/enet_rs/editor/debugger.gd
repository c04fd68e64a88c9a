@tool
extends EditorDebuggerPlugin
## Gives each debugger session a tab "ENet", and the messages of its game to it.

const SessionRs := preload("session.gd")

var _sessions: Dictionary[int, SessionRs] = {}
var _is_watch_due := false


func _setup_session(id: int) -> void:
	var session := SessionRs.new(get_session(id))
	session.wish_changed.connect(_watch_soon)
	session.asked_all.connect(func(message: String, data: Array) -> void:
		for each: int in _sessions:
			_sessions[each].send(message, data))
	_sessions[id] = session


## The engine gives its own messages to its own tab as well.
func _has_capture(prefix: String) -> bool:
	return prefix == "enet_rs" or prefix == "multiplayer"


func _capture(message: String, data: Array, id: int) -> bool:
	return _sessions.has(id) and _sessions[id].take(message, data)


func end() -> void:
	for id: int in _sessions:
		_sessions[id].end()
	_sessions.clear()


## Between two tabs there is a moment when none is visible, which is no reason to stop.
func _watch_soon() -> void:
	if not _is_watch_due:
		_is_watch_due = true
		_watch.call_deferred()


## While one tab is visible all games are recorded, so that one can go from one to the other.
func _watch() -> void:
	_is_watch_due = false
	var is_one_visible := _sessions.values().any(func(session: SessionRs) -> bool: return session.tab.is_visible_in_tree())
	for id: int in _sessions:
		var tab := _sessions[id].tab
		_sessions[id].watch(tab.is_recording() and (is_one_visible or tab.is_always()))
