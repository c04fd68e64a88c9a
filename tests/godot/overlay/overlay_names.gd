extends "res://lib/overlay_case.gd"
## Names of games: the addon's scripts compile whatever the classes and autoloads of the game are called. In GDScript a
## global name goes before a script's own constant of that name where a type is expected.

const FOLDERS: Array[String] = ["overlay", "editor"]
## What ends a name of the addon that games leave alone.
const OWN_ENDING := "Rs"
const CHECK := """extends SceneTree

func _initialize() -> void:
	var compiled := 0
	for path in FileAccess.get_file_as_string("res://scripts.txt").split("\\n"):
		var script: GDScript = load("res://" + path)
		if script != null and script.can_instantiate():
			compiled += 1
	var names := ProjectSettings.get_global_class_list().size()
	for property in ProjectSettings.get_property_list():
		if str(property["name"]).begins_with("autoload/"):
			names += 1
	print("%d scripts compiled among %d names" % [compiled, names])
	quit()
"""

var _scripts := PackedStringArray()
## Of the addon, without [constant OWN_ENDING].
var _names: Dictionary[String, bool] = {}


func case_a_game_may_have_classes_of_any_name() -> void:
	var game := _game()
	var classes: Array[Dictionary] = []
	for name in _names:
		classes.append(_class(name, &"Node", "game/%s.gd" % name))
		_write(game, "game/%s.gd" % name, "class_name %s\nextends Node\n" % name)
	_write_classes(game, classes)
	_write(game, "project.godot", "config_version=5\n")
	_expect_all(game)


func case_a_game_may_have_autoloads_of_any_name() -> void:
	var game := _game()
	var settings := "config_version=5\n\n[autoload]\n\n"
	for name in _names:
		settings += "%s=\"*res://autoload.gd\"\n" % name
	_write(game, "autoload.gd", "extends Node\n")
	_write_classes(game, [])
	_write(game, "project.godot", settings)
	_expect_all(game)


## A folder with the addon's scripts, which goes with the object.
func _game() -> DirAccess:
	var game := DirAccess.create_temp("enet_rs_names")
	for folder in FOLDERS:
		_copy(game, "addons/enet_rs/" + folder)
	check(_scripts.size() > 40, "the addon has its %d scripts" % _scripts.size())
	check(_names.has("Simulator") and _names.has("Corner") and _names.has("Row"), "the names are found: %s" % [_names.keys()])
	_write(game, "scripts.txt", "\n".join(_scripts))
	_write(game, "check.gd", CHECK)
	return game


func _copy(game: DirAccess, folder: String) -> void:
	for name in DirAccess.get_directories_at("res://" + folder):
		_copy(game, folder.path_join(name))
	var declaration := RegEx.create_from_string("(?m)^\\s*(?:const|enum|class) ([A-Za-z]\\w*)")
	for name in DirAccess.get_files_at("res://" + folder):
		if name.get_extension() != "gd":
			continue
		var path := folder.path_join(name)
		var text := FileAccess.get_file_as_string("res://" + path)
		_scripts.append(path)
		_write(game, path, text)
		for found in declaration.search_all(text):
			_names[found.get_string(1).trim_suffix(OWN_ENDING)] = true


func _write(game: DirAccess, path: String, text: String) -> void:
	game.make_dir_recursive(path.get_base_dir())
	var file := FileAccess.open(game.get_current_dir().path_join(path), FileAccess.WRITE)
	check(file != null and file.store_string(text), "%s could be written" % path)


## The list that the engine otherwise makes with the first import.
func _write_classes(game: DirAccess, classes: Array[Dictionary]) -> void:
	var cache := ConfigFile.new()
	var own := _class("ENetOverlayRs", &"CanvasLayer", "addons/enet_rs/overlay/overlay.gd")
	cache.set_value("", "list", classes + ([own] as Array[Dictionary]))
	_write(game, ".godot/global_script_class_cache.cfg", cache.encode_to_text())


func _class(name: String, base: StringName, path: String) -> Dictionary:
	return {
		"base": base, "class": StringName(name), "icon": "", "is_abstract": false, "is_tool": false,
		"language": &"GDScript", "path": "res://" + path,
	}


func _expect_all(game: DirAccess) -> void:
	var program := OS.get_environment("GODOT")
	var output: Array = []
	var folder := game.get_current_dir()
	OS.execute(
		OS.get_executable_path() if program.is_empty() else program,
		["--headless", "--path", folder, "--script", "res://check.gd"], output, true)
	var text := "".join(PackedStringArray(output))
	contains(text, "%d scripts compiled among" % _scripts.size())
	contains(text, "among %d names" % (_names.size() + 1))
	lacks(text, "ERROR:")
