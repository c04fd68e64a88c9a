extends RefCounted
## Whether the extension's library is there, loaded, and of the same version as these scripts; and what to do if it is not.
## This file and plugin.gd have no syntax that Godot 4.2 lacks, so that an editor that is too old gets to print the reason.

const FOLDER := "res://addons/enet_rs"
const FILE := "enet_rs.gdextension"
const CLASS := &"ENetMultiplayerPeerRs"
const WAY_OUT := "Copy the whole folder addons/enet_rs from the release zip into the project, or run \"cargo xtask build\" in a checkout of the source. Then restart the editor."
const UNTIL_THEN := " Until then, scripts that name a class of enet_rs do not compile."


## The folder of the addon.
var _folder: String


func _init(folder := FOLDER) -> void:
	_folder = folder


## What is wrong, in a sentence or several, with the way out. Empty if nothing is.
func problem() -> String:
	var manifest := ConfigFile.new()
	var path := _folder.path_join(FILE)
	if manifest.load(path) != OK:
		return "%s is missing or cannot be read. %s" % [path.trim_prefix("res://"), WAY_OUT]
	var copies := copies_among(GDExtensionManager.get_loaded_extensions())
	if copies.size() > 1:
		return "The addon is in the project %d times: %s. Delete all of these folders but one, and restart the editor." % [
			copies.size(), ", ".join(copies)]
	if not ClassDB.class_exists(CLASS):
		return _why_not_loaded(manifest)
	var scripts := version_of_scripts(_folder)
	var library := version_of_library()
	if library == scripts:
		return ""
	# Windows does not let a loaded library be replaced.
	return "The library has the version %s, and the scripts of the addon have the version %s. Both have to be the same. %s" % [
		library, scripts, "Close the editor first. " + WAY_OUT]


## Whether the engine is older than the extension and the other scripts of the addon need.
func is_engine_too_old() -> bool:
	var manifest := ConfigFile.new()
	return manifest.load(_folder.path_join(FILE)) == OK and is_older(engine_version(), _minimum(manifest))


static func _minimum(manifest: ConfigFile) -> String:
	return str(manifest.get_value("configuration", "compatibility_minimum", ""))


func _why_not_loaded(manifest: ConfigFile) -> String:
	if is_older(engine_version(), _minimum(manifest)):
		return "This Godot has the version %s, and the addon needs Godot %s or later." % [engine_version(), _minimum(manifest)]
	var file := library_file(manifest, OS.has_feature)
	if file.is_empty():
		return "There is no library for this platform (%s, %s). %s" % [
			OS.get_name(), Engine.get_architecture_name(), "The recipe \"Platforms without a library\" in docs/recipes.md shows how a game uses Godot's own class there. \"cargo xtask build\" in a checkout of the source may build a library."]
	var path := _folder.path_join(file)
	if not FileAccess.file_exists(path):
		return "%s is missing. %s" % [path.trim_prefix("res://"), WAY_OUT + UNTIL_THEN]
	return "%s is there, but Godot did not load it. %s %s" % [
		path.trim_prefix("res://"),
		"If the file was added while the editor was open, restart the editor. Otherwise, the line \"Can't open dynamic library\" in the output has the reason: usually the file is incomplete, or was built for another system or a newer one.",
		WAY_OUT + UNTIL_THEN]


## The file that the manifest names for the platform, below the addon's folder. Like the engine: all tags of the key have
## to apply, and the key with the most tags counts. Empty if there is none.
static func library_file(manifest: ConfigFile, has_feature: Callable) -> String:
	var best := ""
	var most_tags := 0
	if not manifest.has_section("libraries"):
		return best
	for key in manifest.get_section_keys("libraries"):
		var tags := key.split(".")
		var applies := true
		for tag in tags:
			var has: bool = has_feature.call(tag.strip_edges())
			applies = applies and has
		if applies and tags.size() > most_tags:
			most_tags = tags.size()
			best = str(manifest.get_value("libraries", key))
	return best


## The folders of the addon among the paths of loaded extensions. A second one cannot register its classes: the engine prints
## an error for each member of each class.
static func copies_among(extensions: PackedStringArray) -> PackedStringArray:
	var folders := PackedStringArray()
	for extension in extensions:
		if extension.get_file() == FILE:
			folders.append(extension.get_base_dir().trim_prefix("res://"))
	return folders


static func version_of_scripts(folder := FOLDER) -> String:
	var plugin := ConfigFile.new()
	if plugin.load(folder.path_join("plugin.cfg")) != OK:
		return "unknown"
	return str(plugin.get_value("plugin", "version", "unknown"))


## The first versions of the library cannot tell theirs.
static func version_of_library() -> String:
	if not ClassDB.class_has_method(CLASS, &"get_extension_version"):
		return "unknown (an old one)"
	var object: Object = ClassDB.instantiate(CLASS)
	return str(object.call(&"get_extension_version"))


static func engine_version() -> String:
	var version := Engine.get_version_info()
	return "%d.%d.%d" % [version["major"], version["minor"], version["patch"]]


## Compares number by number: 4.10 is later than 4.9.
static func is_older(version: String, minimum: String) -> bool:
	var parts := version.split(".")
	var wanted := minimum.split(".", false)
	for index in wanted.size():
		var part := parts[index].to_int() if index < parts.size() else 0
		if part != wanted[index].to_int():
			return part < wanted[index].to_int()
	return false
