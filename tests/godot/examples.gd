extends SceneTree
## Compiles each script of a folder, as `cargo xtask test --godot` writes it for the examples of the help:
##   --script res://examples.gd -- FOLDER
## The output has a line per script and a last line `N passed, M failed`; the exit status agrees with it.

const ErrorLog := preload("res://lib/error_log.gd")
const WARNINGS := "debug/gdscript/warnings/"


func _initialize() -> void:
	_ignore_warnings()
	# The engine reads changed settings in the next frame.
	await process_frame
	await process_frame
	var folder: String = OS.get_cmdline_user_args()[0]
	var errors := ErrorLog.make()
	var passed := 0
	var failed := 0
	for file in DirAccess.get_files_at(folder):
		var script := GDScript.new()
		script.source_code = FileAccess.get_file_as_string(folder.path_join(file))
		if script.reload() == OK:
			passed += 1
			print("ok example %s" % file)
		else:
			failed += 1
			print("FAIL example %s: %s" % [file, "; ".join(errors.take())])
	# With this count the reader of the output (xtask) can tell expected errors from others.
	print("%d error lines were seen" % errors.count)
	print("%d passed, %d failed" % [passed, failed])
	errors.stop()
	quit(0 if failed == 0 and passed > 0 else 1)


## This project makes errors of warnings that a new project ignores. The settings are not saved.
func _ignore_warnings() -> void:
	for property in ProjectSettings.get_property_list():
		var name: String = property["name"]
		if name.begins_with(WARNINGS) and property["type"] == TYPE_INT:
			ProjectSettings.set_setting(name, 0)
