extends SceneTree
## Compiles the GDScript blocks of the documents, and runs those that are marked so. `rust/xtask/src/stages/blocks.rs` writes
## the files and their list, and reads what they print between `begin NAME` and `ok NAME`. The last line is `N passed, M failed`.

const LIST := "res://blocks.txt"
## Frames in which a block that runs may print.
const FRAMES := 30

var _passed := 0
var _failed := 0


func _initialize() -> void:
	for line in FileAccess.get_file_as_string(LIST).split("\n", false):
		var fields := line.split("\t")
		print("begin documents %s" % fields[0])
		var cause := await _check(fields[1], fields[2])
		if cause.is_empty():
			_passed += 1
			print("ok documents %s" % fields[0])
		else:
			_failed += 1
			print("FAIL documents %s: %s" % [fields[0], cause])
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


## Why the block is wrong, or nothing.
func _check(file: String, kind: String) -> String:
	if kind == "settings":
		var error := ConfigFile.new().load("res://" + file)
		return "" if error == OK else "these are no settings: %s" % error_string(error)
	var script: GDScript = load("res://" + file)
	if script == null or not script.can_instantiate():
		return "does not compile"
	if kind == "run":
		await _run(script)
	return ""


func _run(script: GDScript) -> void:
	var node: Node = script.new()
	for name: String in ["peer", "server", "client"]:
		if name in node:
			node.set(name, ClassDB.instantiate(&"ENetMultiplayerPeerRs"))
	root.add_child(node)
	if node.has_method(&"_run"):
		await node.call(&"_run")
	for frame in FRAMES:
		await process_frame
	get_multiplayer().multiplayer_peer = OfflineMultiplayerPeer.new()
	node.free()
