extends SceneTree
## Checks the logic of the debugger's tab, addons/enet_rs/editor: messages in, rows out.
##   --script res://tab.gd
## The output has a line per case and a last line `N passed, M failed`; the exit status agrees with it.

const ErrorLog := preload("res://lib/error_log.gd")
const CASES: Array[GDScript] = [
	preload("res://tab/series_cases.gd"), preload("res://tab/instance_cases.gd"), preload("res://tab/talker_cases.gd"),
	preload("res://tab/decode_cases.gd"), preload("res://tab/hostile_cases.gd"), preload("res://tab/file_cases.gd"),
	preload("res://tab/view_cases.gd"),
]
const Cases := preload("res://tab/cases.gd")

var _passed := 0
var _failed := 0


func _initialize() -> void:
	await process_frame
	var errors := ErrorLog.make()
	for script in CASES:
		var names: Array[StringName] = []
		for method: Dictionary in script.get_script_method_list():
			var name: StringName = method["name"]
			if name.begins_with("case_"):
				names.append(name)
		for name in names:
			var cases: Cases = script.new()
			cases.call(name)
			_tell(String(name).trim_prefix("case_"), cases.verdict(errors.take()))
	print("%d error lines were seen" % errors.count)
	errors.stop()
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


func _tell(label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok tab %s" % label)
	else:
		_failed += 1
		print("FAIL tab %s: %s" % [label, reason.replace("\n", " ")])
