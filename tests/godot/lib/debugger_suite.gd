extends "res://lib/player_suite.gd"
## Base of the suites on the messages of a debugged game. The test plays the editor's end.

const DebugServer := preload("res://lib/debug_server.gd")
const OURS := "ENetMultiplayerPeerRs"

var _editor: DebugServer
var _process := 0
var _port := 0


func reason_to_skip() -> String:
	return "" if server_class == OURS else "stock servers send no messages of ours"


func clean_up() -> void:
	await super()
	if _editor != null:
		_editor.close()
	if _process > 0 and OS.is_process_running(_process):
		OS.kill(_process)


## Starts a server in another Godot, which connects to the test as to an editor.
func _debugged(is_threaded: bool = true) -> bool:
	_editor = DebugServer.new()
	equal(_editor.open(), OK, "the editor's end listens")
	_port = free_port()
	var arguments := PackedStringArray(["--headless", "--path", ProjectSettings.globalize_path("res://"),
			"--remote-debug", _editor.address(), "--script", "res://debugged.gd", "--",
			server_class, str(_port), str(is_threaded)])
	_process = OS.create_process(godot_program(), arguments)
	check(_process > 0, "the game could be started")
	var is_ready := await _told("game:ready", 0, 30.0)
	check(is_ready, "the game is ready")
	return is_ready


## Waits for a message of a name, from an index on.
func _told(name: String, from: int = 0, seconds: float = 10.0) -> bool:
	return await _until(func() -> bool: return _editor.count(name, from) > 0, seconds)


func _until(condition: Callable, seconds: float = 10.0) -> bool:
	return await frames(func() -> bool:
		_editor.poll()
		return condition.call(), seconds)


func _wait(seconds: float) -> void:
	await _until(func() -> bool: return false, seconds)


func _client() -> Player:
	var client := new_player(client_class)
	equal(client.end.join(_port), OK, "create_client")
	client.api.multiplayer_peer = client.end.peer
	check(await _until(_is_joined.bind(client)), "a client joins")
	return client


## Whether both ends know each other. The client knows of it first, and a call of the game would reach nobody until then.
func _is_joined(client: Player) -> bool:
	var told := _editor.named("game:joined").map(func(message: DebugServer.Message) -> int: return message.data[0])
	return client.events.has("connected_to_server") and told.has(client.id())


func _quit() -> void:
	_editor.send("game:quit", [])
	check(await _until(func() -> bool: return not OS.is_process_running(_process)), "the game quits")
	equal(OS.get_process_exit_code(_process), 0, "and ends well")
	equal(_errors_told(), [] as Array, "without errors")


func _errors_told() -> Array:
	return _editor.named("error").map(func(message: DebugServer.Message) -> Array: return message.data)


func _last(name: String, from: int = 0) -> Array:
	var found := _editor.named(name, from)
	return found[-1].data if not found.is_empty() else []


## The rows of the last message of a name.
func _rows(name: String, at: int) -> Array:
	var data := _last(name)
	return data[at] if data.size() > at else []


## The numbers of the only host in the last snapshot, by column.
func _host_figures() -> Dictionary:
	var hello: Dictionary = _editor.named("enet_rs:hello")[0].data[0]
	var columns: PackedStringArray = hello["host_columns"]
	var rows: Array = _last("enet_rs:snapshot")[1]
	var figures := {}
	for index in columns.size():
		figures[columns[index]] = rows[0][1][index]
	return figures
