@tool
extends EditorExportPlugin
## Says in an export why the exported game will lack the classes of the extension: the engine says nothing if the preset leaves the
## extension out, and the game then reports unknown identifiers.

const LACKS := "The exported game lacks the classes of enet_rs: "
const BROWSER := LACKS + "browsers have no UDP. A script that names ENetMultiplayerPeerRs does not compile there: create the object with ClassDB instead, see the recipe \"Platforms without a library\" in docs/recipes.md. Godot's own ENet classes cannot connect in a browser either: use WebSocketMultiplayerPeer or WebRTCMultiplayerPeer."
const LEFT_OUT := LACKS + "the preset leaves out %s, and Godot leaves out the library with it. On the preset's page \"Resources\", choose \"Export all resources in the project\", or add \"%s/*.gdextension, %s/overlay/*\" to the files to export; the files to exclude must not have it."
const PACKED := LACKS + "the preset's files to export have the library, so that it is inside the package, where no system can load it. Take %s out of them: Godot puts the library beside the game without that."

var _folder := _own_folder()
var _is_for_browsers := false
var _has_manifest := false
var _has_library := false


## What to say of an export that has these files of the addon. Empty if all is well.
static func warning(folder: String, is_for_browsers: bool, has_manifest: bool, has_library: bool) -> String:
	var place := folder.trim_prefix("res://")
	if is_for_browsers:
		return BROWSER
	if not has_manifest:
		return LEFT_OUT % [place.path_join("enet_rs.gdextension"), place, place]
	return PACKED % place.path_join("bin") if has_library else ""


func _get_name() -> String:
	return "enet_rs"


func _export_begin(features: PackedStringArray, _is_debug: bool, _path: String, _flags: int) -> void:
	_is_for_browsers = features.has("web")
	_has_manifest = false
	_has_library = false


func _export_file(path: String, _type: String, _features: PackedStringArray) -> void:
	_has_manifest = _has_manifest or path == _folder.path_join("enet_rs.gdextension")
	_has_library = _has_library or path.begins_with(_folder.path_join("bin/"))


func _export_end() -> void:
	var text := warning(_folder, _is_for_browsers, _has_manifest, _has_library)
	if not text.is_empty():
		get_export_platform().add_message(EditorExportPlatform.EXPORT_MESSAGE_WARNING, "enet_rs", text)


func _own_folder() -> String:
	var script: Script = get_script()
	return script.resource_path.get_base_dir().get_base_dir()
