@tool
extends EditorExportPlugin
## Says in an export for browsers that the classes of the extension do not exist there.

const TEXT := "The exported game lacks the classes of enet_rs: browsers have no UDP. A script that names ENetMultiplayerPeerRs does not compile there: guard it with ClassDB.class_exists, see the recipe \"Platforms without a library\" in docs/recipes.md. Godot's own ENet classes cannot connect in a browser either: use WebSocketMultiplayerPeer or WebRTCMultiplayerPeer."


func _get_name() -> String:
	return "enet_rs"


func _export_begin(features: PackedStringArray, _is_debug: bool, _path: String, _flags: int) -> void:
	if features.has("web"):
		get_export_platform().add_message(EditorExportPlatform.EXPORT_MESSAGE_WARNING, "enet_rs", TEXT)
