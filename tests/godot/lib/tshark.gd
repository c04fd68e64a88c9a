extends RefCounted
## Wireshark's program for the console, with our dissector.

const SCRIPT := "../../tools/wireshark/enet_godot.lua"
const PROGRAM := "tshark"


static func is_there() -> bool:
	var folders := OS.get_environment("PATH").split(":", false)
	return folders.has("") or Array(folders).any(func(folder: String) -> bool:
		return FileAccess.file_exists(folder.path_join(PROGRAM)))


## Runs it on a capture. Its output; an empty text if it fails. A free port may be one that Wireshark keeps for another protocol.
static func read(path: String, arguments: PackedStringArray) -> String:
	var script := ProjectSettings.globalize_path("res://").path_join(SCRIPT).simplify_path()
	var all := PackedStringArray(["-n", "-r", path, "-X", "lua_script:" + script, "-o", "udp.try_heuristic_first:TRUE"])
	all.append_array(arguments)
	var output := []
	var code := OS.execute(PROGRAM, all, output)
	if code != 0:
		printerr("%s ended with %d" % [PROGRAM, code])
		return ""
	return output[0]


## The fields of each datagram, as tshark prints them: several values of one field are separated by "|". `more` are further
## arguments.
static func rows(path: String, fields: PackedStringArray, more := PackedStringArray()) -> Array[PackedStringArray]:
	var arguments := PackedStringArray(["-T", "fields", "-E", "separator=/t", "-E", "aggregator=|"])
	for field in fields:
		arguments.append_array(["-e", field])
	arguments.append_array(more)
	var all: Array[PackedStringArray] = []
	for line in read(path, arguments).split("\n"):
		if not line.is_empty():
			all.append(line.split("\t"))
	return all
