extends SceneTree
## What the addon does where its library is missing, does not load, or is of another version:
##   --script res://first_minute.gd
## in a project with the library, and in one without. The output has a line per case and a last line `N passed, M failed`; the
## exit status agrees with it.

const Library := preload("res://addons/enet_rs/editor/library.gd")
const ADDON := "res://addons/enet_rs"
## Copies of the addon's two descriptions, changed.
const COPY := "user://enet_rs_first_minute"
const FRAMES := 5
const LEAST_SCRIPTS := 50

var _passed := 0
var _failed := 0


func _initialize() -> void:
	await process_frame
	_versions_compare_by_number()
	_the_library_is_found_like_the_engine_does()
	_a_second_copy_is_found()
	_scripts_do_not_name_the_folder()
	_an_export_says_what_it_lacks()
	if ClassDB.class_exists(Library.CLASS):
		_with_the_library()
	else:
		_without_the_library()
		await _scripts_work_without_the_library()
	if DirAccess.dir_exists_absolute(COPY):
		_remove(COPY)
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


func _versions_compare_by_number() -> void:
	for pair: PackedStringArray in [["4.3.0", "4.4"], ["4.9.2", "4.10"], ["3.6.1", "4.4"], ["4.4", "4.4.1"]]:
		var holds := Library.is_older(pair[0], pair[1]) and not Library.is_older(pair[1], pair[0])
		_check(holds, "%s is older than %s" % [pair[0], pair[1]])
	_check(not Library.is_older("4.4.0", "4.4") and not Library.is_older("4.6.3", ""), "a version is not older than itself or none")


func _the_library_is_found_like_the_engine_does() -> void:
	var manifest := ConfigFile.new()
	_check(manifest.load(ADDON + "/enet_rs.gdextension") == OK, "the manifest is read")
	for case: Array in [
			[["linux", "x86_64", "debug", "editor"], "bin/libenet_godot.linux.x86_64.so"],
			[["windows", "arm64", "release"], "bin/enet_godot.windows.arm64.dll"],
			[["macos", "arm64"], "bin/libenet_godot.macos.dylib"],
			[["web", "wasm32"], ""],
			[["linux", "loongarch64"], ""]]:
		var features: Array = case[0]
		var file := Library.library_file(manifest, func(tag: String) -> bool: return features.has(tag))
		var wanted: String = case[1]
		_check(file == wanted, "library of %s: %s" % [features, file])
	manifest.set_value("libraries", "linux", "less")
	manifest.set_value("libraries", "linux.x86_64.editor", "more")
	_check(Library.library_file(manifest, func(tag: String) -> bool: return tag in ["linux", "x86_64", "editor"]) == "more",
		"the key with the most tags counts")


func _a_second_copy_is_found() -> void:
	var loaded: PackedStringArray = ["res://addons/enet_rs/enet_rs.gdextension", "res://addons/other/other.gdextension"]
	_check(Library.copies_among(loaded) == PackedStringArray(["addons/enet_rs"]), "another extension is no copy")
	loaded.append("res://addons/enet_rs-0.1.0/addons/enet_rs/enet_rs.gdextension")
	_check(Library.copies_among(loaded).size() == 2, "a zip that was unpacked into a folder of its own is a copy")


func _an_export_says_what_it_lacks() -> void:
	var exporter: GDScript = load(ADDON + "/editor/export.gd")
	for case: Array in [
			[false, true, false, ""],
			[true, false, false, "browsers have no UDP"],
			[false, false, false, "leaves out addons/enet_rs/enet_rs.gdextension"],
			[false, true, true, "Take addons/enet_rs/bin out of them"]]:
		var text: String = exporter.call(&"warning", ADDON, case[0], case[1], case[2])
		var part: String = case[3]
		_check(text.is_empty() if part.is_empty() else text.contains(part), "an export says: %s" % text)


## A game may keep the addon in a folder of another name.
func _scripts_do_not_name_the_folder() -> void:
	var naming := _scripts_below(ADDON).filter(func(path: String) -> bool:
		return FileAccess.get_file_as_string(path).contains("res://addons") and path != ADDON + "/editor/library.gd")
	_check(naming.is_empty(), "the scripts find each other below any folder: %s" % [naming])
	var plugin := FileAccess.get_file_as_string(ADDON + "/editor/plugin.gd")
	_check(plugin.contains("LibraryRs.new(") and not plugin.contains("LibraryRs.new()"), "the plugin tells its folder")


func _with_the_library() -> void:
	_expect(ADDON, [])
	_copy("version=\"%s\"" % Library.version_of_scripts(), "version=\"99.0.1\"", "plugin.cfg")
	_expect(COPY, ["The library has the version %s, and the scripts of the addon have the version 99.0.1" % Library.version_of_library(),
		"Copy the whole folder addons/enet_rs from the release zip", "Close the editor"])


func _without_the_library() -> void:
	var manifest := ConfigFile.new()
	manifest.load(ADDON + "/enet_rs.gdextension")
	var file := Library.library_file(manifest, OS.has_feature)
	_expect(ADDON, ["addons/enet_rs/%s is missing" % file, "Copy the whole folder addons/enet_rs from the release zip", "cargo xtask build"])
	_copy("", "", "")
	DirAccess.make_dir_recursive_absolute(COPY.path_join(file).get_base_dir())
	FileAccess.open(COPY.path_join(file), FileAccess.WRITE).store_string("no library")
	_expect(COPY, [file + " is there, but Godot did not load it", "Can't open dynamic library"])
	_copy("compatibility_minimum = \"4.4\"", "compatibility_minimum = \"4.99\"", "enet_rs.gdextension")
	_expect(COPY, ["This Godot has the version %s, and the addon needs Godot 4.99 or later" % Library.engine_version()])
	_check(Library.new(COPY).is_engine_too_old() and not Library.new().is_engine_too_old(), "the engine is too old for one of them")
	_copy("[libraries]", "[others]", "enet_rs.gdextension")
	_expect(COPY, ["There is no library for this platform (%s, %s)" % [OS.get_name(), Engine.get_architecture_name()]])
	_remove(COPY)
	_expect(COPY, ["enet_rs.gdextension is missing"])


## A script that names a class of the extension as a type would not compile.
func _scripts_work_without_the_library() -> void:
	var scripts := _scripts_below(ADDON)
	_check(scripts.size() >= LEAST_SCRIPTS, "the addon has %d scripts" % scripts.size())
	var broken := scripts.filter(func(path: String) -> bool:
		var script: GDScript = load(path)
		return script == null or not (script.can_instantiate() or script.is_abstract() or path.contains("/editor/")))
	_check(broken.is_empty(), "all scripts of the addon compile: %s" % [broken])
	var overlay_script: GDScript = load(ADDON + "/overlay/overlay.gd")
	var overlay: CanvasLayer = overlay_script.new()
	root.add_child(overlay)
	overlay.visible = true
	for frame in FRAMES:
		await process_frame
	_check(overlay.is_inside_tree(), "the overlay is shown")
	overlay.queue_free()
	await process_frame


## Copies the descriptions, one of them with another text.
func _copy(text: String, other: String, in_file: String) -> void:
	DirAccess.make_dir_recursive_absolute(COPY)
	for file: String in ["plugin.cfg", "enet_rs.gdextension"]:
		var content := FileAccess.get_file_as_string(ADDON.path_join(file))
		if file == in_file:
			_check(content.contains(text), "%s has %s" % [file, text])
			content = content.replace(text, other)
		FileAccess.open(COPY.path_join(file), FileAccess.WRITE).store_string(content)


func _expect(folder: String, parts: Array) -> void:
	var problem := Library.new(folder).problem()
	var missing := parts.filter(func(part: String) -> bool: return not problem.contains(part))
	var holds := missing.is_empty() and problem.is_empty() == parts.is_empty()
	_check(holds, "the problem is told: %s%s" % [problem, "" if holds else ", without %s" % [missing]])


static func _scripts_below(folder: String) -> Array[String]:
	var found: Array[String] = []
	for file in DirAccess.get_files_at(folder):
		if file.get_extension() == "gd":
			found.append(folder.path_join(file))
	for below in DirAccess.get_directories_at(folder):
		found.append_array(_scripts_below(folder.path_join(below)))
	return found


static func _remove(folder: String) -> void:
	for below in DirAccess.get_directories_at(folder):
		_remove(folder.path_join(below))
	for file in DirAccess.get_files_at(folder):
		DirAccess.remove_absolute(folder.path_join(file))
	DirAccess.remove_absolute(folder)


func _check(holds: bool, what: String) -> void:
	if holds:
		_passed += 1
	else:
		_failed += 1
	print("%s first minute: %s" % ["ok" if holds else "FAIL", what])
