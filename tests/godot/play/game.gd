extends Node
## The game that the editor starts. It leaves a file that shows it was played.

const RESULT := "res://.godot/played.txt"


func _ready() -> void:
	var file := FileAccess.open(RESULT + ".new", FileAccess.WRITE)
	file.store_line(OS.get_executable_path())
	file.close()
	DirAccess.rename_absolute(RESULT + ".new", RESULT)
	get_tree().quit()
