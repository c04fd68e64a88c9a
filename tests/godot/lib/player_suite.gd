extends "res://lib/suite.gd"
## Base of the suites on SceneMultiplayer, with one instance per player in this process.

const World := preload("res://scenes/world.gd")
const WORLD := preload("res://scenes/world.tscn")
## After slow frames Godot runs some that take no time. A round trip measured within those would make ENet see all
## later ones as congestion and throttle unreliable packets.
const LEAST_FRAME_USEC := 6000


class Player:
	var api: SceneMultiplayer
	var world: World
	var end: End
	var events: Array[String] = []

	func id() -> int:
		return api.get_unique_id()


var _players: Array[Player] = []
var _last_frame := 0


## A server and clients, each with an API and a world of its own.
func players_connected(clients: int) -> Array[Player]:
	var server := new_player(server_class)
	equal(server.end.host(free_port()), OK, "create_server")
	server.api.multiplayer_peer = server.end.peer
	for index in clients:
		await join_later()
	return _players


func join_later() -> Player:
	var client := new_player(client_class)
	equal(client.end.join(_players[0].end.port), OK, "create_client")
	client.api.multiplayer_peer = client.end.peer
	var id := client.id()
	var met := func() -> bool:
		return client.events.has("connected_to_server") and _players[0].events.has("+%d" % id)
	check(await frames(met), "a client joins")
	if client.end.is_up():
		keep_throttle_open(_players[0].end, client.end)
		check(await frames(is_throttle_open.bind(_players[0].end, client.end)), "the throttle is open")
	return client


func new_player(peer_class: String) -> Player:
	var player := Player.new()
	player.end = new_end(peer_class)
	player.world = WORLD.instantiate()
	player.world.name = "World%d" % _players.size()
	player.api = SceneMultiplayer.new()
	tree.root.add_child(player.world)
	player.api.root_path = player.world.get_path()
	tree.set_multiplayer(player.api, player.world.get_path())
	var events := player.events
	player.api.peer_connected.connect(func(id: int) -> void: events.append("+%d" % id))
	player.api.peer_disconnected.connect(func(id: int) -> void: events.append("-%d" % id))
	# Packets are recorded among the signals, because their relative order matters.
	player.api.peer_packet.connect(func(id: int, bytes: PackedByteArray) -> void:
		events.append("%d: %s" % [id, bytes.slice(0, 32).get_string_from_ascii()]))
	for signal_name: String in ["connected_to_server", "connection_failed", "server_disconnected"]:
		player.api.connect(signal_name, func() -> void: events.append(signal_name))
	_players.append(player)
	return player


func frame() -> void:
	await tree.process_frame
	var early := LEAST_FRAME_USEC - (Time.get_ticks_usec() - _last_frame)
	if early > 0:
		OS.delay_usec(early)
	_last_frame = Time.get_ticks_usec()


## Waits frame by frame until the condition holds. Returns false if it does not hold within `seconds`.
func frames(condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		await frame()
	return true


func frames_for(seconds: float) -> void:
	await frames(func() -> bool: return false, seconds)


func end_all() -> void:
	for player in _players:
		player.end.peer.close()
		player.api.multiplayer_peer = null
		tree.set_multiplayer(null, player.world.get_path())
		player.world.queue_free()
	await tree.process_frame
	_players.clear()
