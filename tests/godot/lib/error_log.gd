extends RefCounted
## What the engine printed as errors, so that a case can say what it expects.

const CATCHER_SOURCE := """
extends Logger

var mutex := Mutex.new()
var errors: Array[String] = []

func _log_error(_function: String, _file: String, _line: int, code: String, rationale: String,
		_editor_notify: bool, type: int, _backtraces: Array[ScriptBacktrace]) -> void:
	if type == ERROR_TYPE_WARNING:
		return
	mutex.lock()
	errors.append(code if rationale.is_empty() else rationale)
	mutex.unlock()
"""

var _catcher: Object = null


## Godot 4.4 has no Logger class to build on: there, nothing is caught.
static func make() -> RefCounted:
	var log: RefCounted = new()
	if ClassDB.class_exists("Logger"):
		var script := GDScript.new()
		script.source_code = CATCHER_SOURCE
		script.reload()
		log._catcher = script.new()
		OS.call(&"add_logger", log._catcher)
	return log


func can_see() -> bool:
	return _catcher != null


## The errors since the last call.
func take() -> Array[String]:
	var taken: Array[String] = []
	if _catcher != null:
		_catcher.mutex.lock()
		taken.assign(_catcher.errors)
		_catcher.errors.clear()
		_catcher.mutex.unlock()
	return taken
