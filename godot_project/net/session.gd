extends Node
## The connection: hosting, joining and leaving with either peer class.

signal started
## Emitted with a text for the player, which is empty if the player chose to leave.
signal ended(reason: String)

const OURS := "ENetMultiplayerPeerRs"
const STOCK := "ENetMultiplayerPeer"
const MAX_CLIENTS := 32

var peer_class := ""


func _ready() -> void:
	multiplayer.connected_to_server.connect(started.emit)
	multiplayer.connection_failed.connect(_end.bind("The server did not answer."))
	multiplayer.server_disconnected.connect(_end.bind("The server closed the connection."))


## The reason why a class cannot be used, or an empty text.
func class_mistake(chosen_class: String) -> String:
	if peer_classes().has(chosen_class):
		return ""
	if chosen_class == OURS:
		return "Class %s is missing, because the extension is not loaded. Build it with `cargo xtask build`." % OURS
	return "There is no peer class \"%s\", only %s." % [chosen_class, " and ".join(peer_classes())]


## The available classes, ours first.
func peer_classes() -> PackedStringArray:
	var classes := PackedStringArray([STOCK])
	if ClassDB.class_exists(OURS):
		classes.insert(0, OURS)
	return classes


## Opens a server. Returns an error text, or an empty one.
func host(chosen_class: String, port: int) -> String:
	var mistake := class_mistake(chosen_class)
	if not mistake.is_empty():
		return mistake
	var peer := _make_peer(chosen_class)
	var error: Error = peer.call(&"create_server", port, MAX_CLIENTS)
	if error != OK:
		return "Cannot host on port %d: %s." % [port, error_string(error)]
	_use(peer)
	started.emit()
	return ""


## Starts to connect. Returns an error text, or an empty one.
func join(chosen_class: String, address: String, port: int) -> String:
	var mistake := class_mistake(chosen_class)
	if not mistake.is_empty():
		return mistake
	var peer := _make_peer(chosen_class)
	var error: Error = peer.call(&"create_client", address, port)
	if error != OK:
		return "Cannot connect to %s, port %d: %s." % [address, port, error_string(error)]
	_use(peer)
	return ""


func leave() -> void:
	_end("")


func is_connected_peer() -> bool:
	var peer := multiplayer.multiplayer_peer
	return (
		peer != null
		and not peer is OfflineMultiplayerPeer
		and peer.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED
	)


func _make_peer(chosen_class: String) -> MultiplayerPeer:
	peer_class = chosen_class
	return ClassDB.instantiate(chosen_class)


func _use(peer: MultiplayerPeer) -> void:
	multiplayer.multiplayer_peer = peer


func _end(reason: String) -> void:
	var peer := multiplayer.multiplayer_peer
	if peer != null:
		peer.close()
	multiplayer.multiplayer_peer = OfflineMultiplayerPeer.new()
	ended.emit(reason)
