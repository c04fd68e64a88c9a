extends SceneTree
## Unpacks the package as the editor does, with Godot's own reader, and makes errors of GDScript's warnings.

const FOLDER := "addons/enet_rs/"
const WARNINGS := "debug/gdscript/warnings/"


func _initialize() -> void:
	var zip := ZIPReader.new()
	var error := zip.open(OS.get_cmdline_user_args()[0])
	if error != OK:
		print("the zip does not open: ", error_string(error))
		quit(1)
		return
	for file in zip.get_files():
		if not file.begins_with(FOLDER):
			print("a file outside of the addon: ", file)
			quit(1)
			return
		DirAccess.make_dir_recursive_absolute("res://".path_join(file.get_base_dir()))
		var out := FileAccess.open("res://".path_join(file), FileAccess.WRITE)
		out.store_buffer(zip.read_file(file))
		out.close()
	for property in ProjectSettings.get_property_list():
		var name: String = property["name"]
		if name.begins_with(WARNINGS) and typeof(ProjectSettings.get_setting(name)) == TYPE_INT and ProjectSettings.get_setting(name) == 1:
			ProjectSettings.set_setting(name, 2)
	ProjectSettings.save()
	print("unpacked")
	quit()
