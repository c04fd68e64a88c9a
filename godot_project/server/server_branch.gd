class_name ServerBranch
extends Node
## A server in a branch of the scene tree, with a `MultiplayerAPI` of its own: so a player's game can have its server in
## the same process, and is a real client of it.

var settings: PeerSettings
var game: Match


## Starts to listen. Returns an error text, or an empty one. Call this when the node is in the tree.
func open(with_settings: PeerSettings, port: int) -> String:
	settings = with_settings
	var made: Variant = settings.make_server(port)
	if made is String:
		return made
	var api := SceneMultiplayer.new()
	# Players need not know each other's connections: the server tells them who plays.
	api.server_relay = false
	get_tree().set_multiplayer(api, get_path())
	api.multiplayer_peer = made
	var link := Link.new()
	link.name = "Link"
	add_child(link)
	game = Match.new()
	game.name = "Match"
	add_child(game)
	return ""


func close() -> void:
	if multiplayer.multiplayer_peer != null and game != null:
		multiplayer.multiplayer_peer.close()
		get_tree().set_multiplayer(null, get_path())
	queue_free()


func has_players() -> bool:
	return not game.ships.is_empty()
