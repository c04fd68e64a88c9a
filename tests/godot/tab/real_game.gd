extends Node
## A game over ENetMultiplayerPeerRs for the debugger's tab: a server, or with the argument "client" a client. The port is in the
## environment variable ENET_TAB_PORT.

const LIFE_SECONDS := 120.0
const STATE_SECONDS := 0.05

var _life := 0.0
var _since_state := 0.0
var _is_client := false


func _ready() -> void:
	_is_client = OS.get_cmdline_user_args().has("client")
	var peer: MultiplayerPeer = ClassDB.instantiate(&"ENetMultiplayerPeerRs")
	var port := OS.get_environment("ENET_TAB_PORT").to_int()
	var error: int = peer.call(&"create_client", "127.0.0.1", port) if _is_client else peer.call(&"create_server", port)
	if error != OK:
		push_error("the game cannot begin: %s" % error_string(error))
		get_tree().quit(1)
		return
	multiplayer.multiplayer_peer = peer


func _process(delta: float) -> void:
	_life += delta
	if _life > LIFE_SECONDS:
		get_tree().quit()
	if multiplayer.multiplayer_peer.get_connection_status() != MultiplayerPeer.CONNECTION_CONNECTED:
		return
	if _is_client:
		move.rpc_id(1, Vector2(_life, 1.0), 7)
		return
	_since_state += delta
	if _since_state >= STATE_SECONDS:
		_since_state = 0.0
		var places := PackedVector2Array()
		places.resize(24)
		show_state.rpc(places)
		if randf() < 0.05:
			say.rpc("A line of chat, as players write them.")


@rpc("any_peer", "unreliable_ordered")
func move(_place: Vector2, _keys: int) -> void:
	pass


@rpc("unreliable_ordered")
func show_state(_places: PackedVector2Array) -> void:
	pass


@rpc("reliable")
func say(_line: String) -> void:
	pass
