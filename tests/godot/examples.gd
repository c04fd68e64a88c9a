extends SceneTree
## Compiles each script of a folder, as `cargo xtask test --godot` writes it for the examples of the help:
##   --script res://examples.gd -- FOLDER
## The output has a line per script and a last line `N passed, M failed`; the exit status agrees with it.

const ErrorLog := preload("res://lib/error_log.gd")
## As in a new project.
const WARNINGS := "debug/gdscript/warnings/enable"


func _initialize() -> void:
	ProjectSettings.set_setting(WARNINGS, false)
	var folder: String = OS.get_cmdline_user_args()[0]
	var errors := ErrorLog.new()
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
	print("%d passed, %d failed" % [passed, failed])
	quit(0 if failed == 0 and passed > 0 else 1)
