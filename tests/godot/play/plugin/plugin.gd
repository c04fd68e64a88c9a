@tool
extends EditorPlugin
## Plays the main scene from the editor, as F5 does:
##   godot --headless --editor --path tests/godot/play -- play
## The output has a last line `N passed, M failed`; the exit status agrees with it.

const Game := preload("res://game.gd")

const PATIENCE_MSEC := 30_000


func _enter_tree() -> void:
	if OS.get_cmdline_user_args().has("play"):
		_test.call_deferred()


func _test() -> void:
	while EditorInterface.get_resource_filesystem().is_scanning():
		await get_tree().process_frame
	DirAccess.remove_absolute(Game.RESULT)
	EditorInterface.play_main_scene()
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	while not FileAccess.file_exists(Game.RESULT) and Time.get_ticks_msec() < deadline:
		await get_tree().process_frame
	var played := FileAccess.file_exists(Game.RESULT)
	EditorInterface.stop_playing_scene()
	print("ok play the editor starts a game" if played
			else "FAIL play the editor starts a game: %s did not play" % OS.get_executable_path())
	print("%d passed, %d failed" % [int(played), int(not played)])
	get_tree().quit(0 if played else 1)
