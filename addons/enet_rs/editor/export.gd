@tool
extends EditorExportPlugin
## Says in an export for browsers that the classes of the extension do not exist there.

const TEXT := "The exported game has no ENet classes: browsers have no UDP, so neither enet_rs nor Godot's own ENet works there. A script that names ENetMultiplayerPeerRs does not compile in the browser. Guard it with ClassDB.class_exists, and use WebSocketMultiplayerPeer or WebRTCMultiplayerPeer there: see docs/recipes.md, \"Platforms without a library\"."


func _get_name() -> String:
	return "enet_rs"


func _export_begin(features: PackedStringArray, _is_debug: bool, _path: String, _flags: int) -> void:
	if features.has("web"):
		push_warning("enet_rs: " + TEXT)
		get_export_platform().add_message(EditorExportPlatform.EXPORT_MESSAGE_WARNING, "enet_rs", TEXT)
