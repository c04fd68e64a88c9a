extends Node
## The game of `cargo xtask package --check`: a server and a client that call each other.

const CALLS := 100

var _answers := 0


func _ready() -> void:
	var words := OS.get_cmdline_user_args()
	if words.is_empty():
		return
	if words[0] == "list" or words[0] == "load":
		_walk("res://", words[0] == "load")
		get_tree().quit()
		return
	var peer := ENetMultiplayerPeerRs.new()
	var error := OK
	if words[0] == "server":
		error = peer.create_server(0)
	else:
		error = peer.create_client("127.0.0.1", int(words[1]))
	if error != OK:
		print("no peer: ", error_string(error))
		get_tree().quit(1)
		return
	multiplayer.multiplayer_peer = peer
	if words[0] == "server":
		print("port ", peer.host.get_local_port(), " ")
		multiplayer.peer_disconnected.connect(_on_left)
	else:
		multiplayer.connected_to_server.connect(_ask)
	if words.has("overlay"):
		add_child(ENetOverlayRs.new())


func _ask() -> void:
	for number in CALLS:
		question.rpc_id(1, number)


@rpc("any_peer", "call_remote", "reliable")
func question(number: int) -> void:
	answer.rpc_id(multiplayer.get_remote_sender_id(), number * 2)


@rpc("authority", "call_remote", "reliable")
func answer(number: int) -> void:
	if number != _answers * 2:
		print("answer %d came in place of %d" % [number, _answers * 2])
		get_tree().quit(1)
	_answers += 1
	if _answers == CALLS:
		print("%d calls answered" % CALLS)
		multiplayer.multiplayer_peer.close()
		get_tree().quit()


func _on_left(id: int) -> void:
	print("a client left, reason ", (multiplayer.multiplayer_peer as ENetMultiplayerPeerRs).get_disconnect_reason(id))
	get_tree().quit()


## Prints the files of the project, or loads its scripts.
func _walk(folder: String, is_loading: bool) -> void:
	for file in DirAccess.get_files_at(folder):
		var path := folder.path_join(file)
		if not is_loading:
			print("has ", path)
		elif file.get_extension() == "gd":
			print("loaded " if load(path) is GDScript else "cannot load ", path)
	for inner in DirAccess.get_directories_at(folder):
		_walk(folder.path_join(inner), is_loading)
