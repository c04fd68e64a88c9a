@tool
extends RefCounted
## Opens the script or scene behind a name of the list of senders.

const MAX_FILES := 5000


## `name` is a node's path, perhaps with "::method"; `file` a scene, if it is known.
static func open(name: String, file: String) -> void:
	if is_of_project(file):
		if file.get_extension() == "tscn" or file.get_extension() == "scn":
			EditorInterface.open_scene_from_path(file)
		else:
			EditorInterface.edit_resource(load(file))
		return
	var method := name.get_slice("::", 1) if name.contains("::") else ""
	if method.is_empty():
		return
	var found := find_method(EditorInterface.get_resource_filesystem().get_filesystem(), method)
	if not found.is_empty():
		var path: String = found["path"]
		var line: int = found["line"]
		var script: Script = load(path)
		EditorInterface.edit_script(script, line)
		EditorInterface.set_main_screen_editor("Script")


## Whether the file can be opened: names of files come from games and from saved sessions, and a resource that the editor loads
## can run code.
static func is_of_project(file: String) -> bool:
	return file.begins_with("res://") and not file.contains("..") and ResourceLoader.exists(file)


## The first script with this method below an annotation @rpc, else the first with the method: {path, line}, or {}.
static func find_method(root: EditorFileSystemDirectory, method: String) -> Dictionary:
	# Names come from remotes of the game and must not become a pattern.
	if not method.is_valid_unicode_identifier():
		return {}
	var plain := RegEx.create_from_string("(?m)^[ \\t]*(?:@rpc[^\\n]*\\s+)?func[ \\t]+%s[ \\t]*\\(" % method)
	var other := {}
	var folders: Array[EditorFileSystemDirectory] = [root]
	var files := 0
	while not folders.is_empty() and files < MAX_FILES:
		var folder: EditorFileSystemDirectory = folders.pop_back()
		for index in folder.get_subdir_count():
			folders.append(folder.get_subdir(index))
		for index in folder.get_file_count():
			var path := folder.get_file_path(index)
			if path.get_extension() != "gd":
				continue
			files += 1
			var text := FileAccess.get_file_as_string(path)
			var match_found := plain.search(text)
			if match_found == null:
				continue
			var place := {"path": path, "line": text.substr(0, match_found.get_end()).count("\n") + 1}
			if match_found.get_string().contains("@rpc"):
				return place
			if other.is_empty():
				other = place
	return other
