extends Node
## An autoload: clicks a button of the game, moves the mouse, and saves a picture of the window.

const SIZE := Vector2i(420, 260)
const RADIUS := 70.0

var _time := 0.0


func _ready() -> void:
	var role := OS.get_environment("PICTURE_ROLE")
	await get_tree().create_timer(1.0).timeout
	get_tree().current_scene.call(role)
	_touch("res://%s.started" % role)
	while get_tree().current_scene.get("pointers").size() < 2:
		await get_tree().process_frame
	await get_tree().create_timer(4.0).timeout
	await RenderingServer.frame_post_draw
	get_viewport().get_texture().get_image().save_png("res://%s.part.png" % role)
	DirAccess.rename_absolute("res://%s.part.png" % role, "res://%s.png" % role)


func _process(delta: float) -> void:
	_time += delta
	var motion := InputEventMouseMotion.new()
	var start := 0.0 if OS.get_environment("PICTURE_ROLE") == "host" else PI
	motion.position = Vector2(SIZE) / 2.0 + Vector2.from_angle(start + _time * 0.7) * RADIUS
	motion.global_position = motion.position
	Input.parse_input_event(motion)


func _touch(path: String) -> void:
	FileAccess.open(path, FileAccess.WRITE).store_string("")
