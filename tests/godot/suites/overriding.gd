extends "res://lib/suite.gd"
## Scripts whose methods have the names of the engine's virtual methods. Stock has no such methods. Our classes warn
## once for each script.

const CREATIONS: Dictionary[String, Array] = {
	"ENetMultiplayerPeer": [&"create_mesh", 1],
	"ENetConnection": [&"create_host"],
}
const TWO := "
extends %s

func _close() -> void:
	pass

func _poll() -> void:
	pass
"
const NONE := "
extends %s

func _own_close() -> void:
	pass
"


func case_a_warning_names_the_methods_once_for_each_script() -> void:
	for stock: String in CREATIONS:
		for name: String in [stock, stock + "Rs"]:
			for round in 2:
				var script := _script(TWO, name)
				for attempt in 2:
					var warnings := _warnings_of(script, stock)
					var is_due := name.ends_with("Rs") and attempt == 0 and _errors.can_see()
					equal(warnings.size(), 1 if is_due else 0, "%s: warnings %s" % [name, warnings])
					for warning in warnings:
						var method: StringName = CREATIONS[stock][0]
						check(warning.begins_with("%s.%s: " % [name, method]), warning)
						check(warning.contains("methods _close(), _poll()"), warning)
						check(warning.contains("_own_close()"), warning)
	done()


func case_other_scripts_are_quiet() -> void:
	for stock: String in CREATIONS:
		for name: String in [stock, stock + "Rs"]:
			var warnings := _warnings_of(_script(NONE, name), stock)
			check(warnings.is_empty(), "%s: warnings %s" % [name, warnings])
	done()


func _script(source: String, name: String) -> GDScript:
	var script := GDScript.new()
	script.source_code = source % name
	equal(script.reload(), OK, "the script compiles")
	return script


func _warnings_of(script: GDScript, stock: String) -> Array[String]:
	var object: Object = script.new()
	_errors.take_warnings()
	var method: StringName = CREATIONS[stock][0]
	equal(object.callv(method, CREATIONS[stock].slice(1)), OK, "the creation")
	return _errors.take_warnings()
