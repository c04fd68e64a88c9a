extends Node
## An autoload: clicks a button of the game and saves a picture of the window.

## Where the windows are on the screen of xvfb, whose pointer rests in the middle: so each has the pointer elsewhere.
const PLACES := { "host": Vector2i(420, 320), "join": Vector2i(350, 250) }


func _ready() -> void:
	var role := OS.get_environment("PICTURE_ROLE")
	var place: Vector2i = PLACES[role]
	get_window().position = place
	await get_tree().create_timer(1.0).timeout
	get_tree().current_scene.call(role)
	_touch("res://%s.started" % role)
	while get_tree().current_scene.get("pointers").size() < 2:
		await get_tree().process_frame
	await get_tree().create_timer(4.0).timeout
	await RenderingServer.frame_post_draw
	get_viewport().get_texture().get_image().save_png("res://%s.part.png" % role)
	DirAccess.rename_absolute("res://%s.part.png" % role, "res://%s.png" % role)


func _touch(path: String) -> void:
	FileAccess.open(path, FileAccess.WRITE).store_string("")
