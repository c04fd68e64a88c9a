extends SceneTree
## Checks the overlay without a display: figures in, texts out.
##   --script res://overlay.gd
## The output has a line per case and a last line `N passed, M failed`; the exit status agrees with it.

const Case := preload("res://lib/overlay_case.gd")
const ErrorLog := preload("res://lib/error_log.gd")
const Watchdog := preload("res://lib/watchdog.gd")

const TABLES: Array[String] = [
	"overlay_figures", "overlay_names", "overlay_node", "overlay_peers", "overlay_report", "overlay_simulator",
]
const CASE_SECONDS := 30.0

var _passed := 0
var _failed := 0


func _initialize() -> void:
	var errors := ErrorLog.make()
	var watchdog := Watchdog.new()
	watchdog.start()
	await process_frame
	for table in TABLES:
		var script: GDScript = load("res://overlay/%s.gd" % table)
		if script == null or not script.can_instantiate():
			_tell(table, "loading", "the table could not be loaded")
			continue
		for method in script.get_script_method_list():
			var method_name: String = method["name"]
			if not method_name.begins_with("case_"):
				continue
			var label := method_name.trim_prefix("case_")
			watchdog.expect_within(CASE_SECONDS, "%s %s" % [table, label])
			var case: Case = script.new()
			case.prepare(self)
			await case.call(method_name)
			await case.finish()
			for error in errors.take():
				case.failures.append("Godot printed: %s" % error)
			_tell(table, label, "; ".join(case.failures))
	watchdog.stop()
	errors.stop()
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


func _tell(table: String, label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok %s %s" % [table, label])
	else:
		_failed += 1
		print("FAIL %s %s: %s" % [table, label, reason.replace("\n", " ")])
