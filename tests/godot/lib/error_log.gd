extends RefCounted
## Captures the engine's error lines, so that a case can state which ones it expects.

const ErrorLog := preload("res://lib/error_log.gd")

const CATCHER_SOURCE := """
extends Logger

var mutex := Mutex.new()
var errors: Array[String] = []
var warnings: Array[String] = []

func _log_error(function: String, _file: String, _line: int, code: String, rationale: String,
		_editor_notify: bool, type: int, _backtraces: Array[ScriptBacktrace]) -> void:
	mutex.lock()
	var list := warnings if type == ERROR_TYPE_WARNING else errors
	list.append(code if rationale.is_empty() else rationale)
	# A path of Rust's tells a script's author nothing.
	if function.contains("enet_godot::"):
		errors.append("a line at %s" % function)
	mutex.unlock()

func take() -> Array[String]:
	mutex.lock()
	var taken := errors
	errors = []
	mutex.unlock()
	return taken

func take_warnings() -> Array[String]:
	mutex.lock()
	var taken := warnings
	warnings = []
	mutex.unlock()
	return taken
"""

## Number of errors taken so far.
var count := 0

var _catcher: Object = null


## Godot 4.4 has no Logger class, so nothing is captured there.
static func make() -> ErrorLog:
	var log_of_errors := ErrorLog.new()
	if ClassDB.class_exists("Logger"):
		var script := GDScript.new()
		script.source_code = CATCHER_SOURCE
		script.reload()
		log_of_errors._catcher = script.new()
		OS.call(&"add_logger", log_of_errors._catcher)
	return log_of_errors


func can_see() -> bool:
	return _catcher != null


## Errors since the previous call.
func take() -> Array[String]:
	var taken: Array[String] = []
	if _catcher != null:
		taken = _catcher.call(&"take")
	count += taken.size()
	return taken


## Warnings since the previous call. A warning alone fails no case.
func take_warnings() -> Array[String]:
	var taken: Array[String] = []
	if _catcher != null:
		taken = _catcher.call(&"take_warnings")
	return taken


## The engine would keep the logger until its shutdown and report it as a leak.
func stop() -> void:
	if _catcher != null:
		OS.call(&"remove_logger", _catcher)
		_catcher = null
