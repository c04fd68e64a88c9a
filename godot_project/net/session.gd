extends Node
## The connection of the player, and the server if it runs in this process.

signal started
## Emitted with a text for the player, which is empty if the player chose to leave.
signal ended(reason: String)

## The branches of the player and of the server, as nodes of the main scene.
const GAME_BRANCH := ^"/root/Main/Game"
const BRANCHES := ^"/root/Main"

var settings := PeerSettings.new()
var address := ""
var port := 0
var server: ServerBranch

var _reason := ""


func _ready() -> void:
	var api: SceneMultiplayer = multiplayer
	api.root_path = GAME_BRANCH
	api.server_relay = false
	api.connected_to_server.connect(started.emit)
	# A reason comes with a signal of its own, which may be emitted after these.
	api.connection_failed.connect(_end.bind("The server did not answer."), CONNECT_DEFERRED)
	api.server_disconnected.connect(_end.bind("The server closed the connection."), CONNECT_DEFERRED)


## Opens a server. Returns an error text, or an empty one.
func serve(with_settings: PeerSettings, on_port: int) -> String:
	stop_server()
	settings = with_settings
	port = on_port
	var branch := ServerBranch.new()
	branch.name = "Server"
	get_node(BRANCHES).add_child(branch)
	var mistake := branch.open(settings, port)
	if mistake.is_empty():
		server = branch
	else:
		branch.get_parent().remove_child(branch)
		branch.queue_free()
	return mistake


## Opens a server and joins it. Returns an error text, or an empty one.
func host(with_settings: PeerSettings, on_port: int) -> String:
	var mistake := serve(with_settings, on_port)
	if mistake.is_empty():
		SimulatedNetwork.keep_clear(server.multiplayer.multiplayer_peer)
		mistake = join(with_settings, "127.0.0.1", on_port)
		if not mistake.is_empty():
			stop_server()
	return mistake


## Starts to connect. Returns an error text, or an empty one.
func join(with_settings: PeerSettings, to_address: String, to_port: int) -> String:
	settings = with_settings
	address = to_address
	port = to_port
	_reason = ""
	var made: Variant = settings.make_client(address, port)
	if made is String:
		return made
	var client: MultiplayerPeer = made
	if client.has_signal(&"connection_failed_with_reason"):
		client.connect(&"connection_failed_with_reason", _on_failed)
	if client.has_signal(&"peer_disconnected_with_reason"):
		client.connect(&"peer_disconnected_with_reason", _on_disconnected)
	multiplayer.multiplayer_peer = client
	return ""


func leave() -> void:
	_end("")


func stop_server() -> void:
	if server != null:
		server.close()
		server.get_parent().remove_child(server)
		server = null


## The peer of the player, or null.
func peer() -> MultiplayerPeer:
	var current := multiplayer.multiplayer_peer
	return null if current is OfflineMultiplayerPeer else current


func is_connected_peer() -> bool:
	var current := peer()
	return current != null and current.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED


func _on_failed(_code: int, _data: int, text: String) -> void:
	_reason = text


func _on_disconnected(_id: int, reason: int, data: int) -> void:
	_reason = str(ClassDB.class_call_static(PeerSettings.OURS, &"get_reason_text", reason, data))


func _end(reason: String) -> void:
	var current := peer()
	if current == null and not reason.is_empty():
		return
	if current != null:
		current.close()
	multiplayer.multiplayer_peer = OfflineMultiplayerPeer.new()
	stop_server()
	ended.emit(reason if reason.is_empty() or _reason.is_empty() else _reason)
