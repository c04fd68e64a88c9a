extends "res://lib/dtls_suite.gd"
## Base of the suites on SceneMultiplayer with encrypted peers.

const OURS := "ENetMultiplayerPeerRs"
const MODES: Array[String] = ["reliable", "unreliable_ordered", "unreliable"]

## Encryption is set up by the host's `dtls_server_setup` and `dtls_client_setup`, or by Godot 3's properties.
enum Way { HOST, PROPERTIES }


func are_both_ours() -> bool:
	return server_class == OURS and client_class == OURS


## A server and clients, all connected through a wire that inspects the datagrams.
func players_encrypted(
	way: Way, who: Identity, clients: int, settings: Dictionary[StringName, Variant] = {},
) -> Array[Player]:
	var server := new_player(server_class)
	_set_all(server.end, settings)
	if way == Way.PROPERTIES and server.end.is_ours:
		server.end.peer.set(&"use_dtls", true)
		server.end.peer.call(&"set_dtls_key", who.key)
		server.end.peer.call(&"set_dtls_certificate", who.certificate)
		equal(server.end.host(free_port()), OK, "create_server")
	else:
		begin_server(server.end, who)
	server.api.multiplayer_peer = server.end.peer
	var wire := rough_wire_to(server.end.port, 0)
	for index in clients:
		var client := new_player(client_class)
		_set_all(client.end, settings)
		if way == Way.PROPERTIES and client.end.is_ours:
			client.end.peer.set(&"use_dtls", true)
			client.end.peer.set(&"dtls_hostname", NAME)
			client.end.peer.call(&"set_dtls_certificate", who.certificate)
			equal(client.end.join(wire.port), OK, "create_client")
		else:
			begin_client(client.end, wire.port, trusting(who))
		client.api.multiplayer_peer = client.end.peer
	var all_know := func() -> bool:
		return _players.all(func(player: Player) -> bool: return player.api.get_peers().size() == clients)
	check(await frames(all_know, PATIENCE), "all players know each other")
	return _players


func _set_all(end: End, settings: Dictionary[StringName, Variant]) -> void:
	for property: StringName in settings:
		end.peer.set(property, settings[property])


## Closes all peers and checks that the traffic was encrypted.
func end_encrypted() -> void:
	equal(_wires[-1].not_encrypted, 0, "datagrams that are no DTLS records")
	check(_wires[-1].passed > 0, "the wire carried datagrams")
	await end_all()
	await clean_up()


## Sends RPCs from one player to another. Between clients the server relays them.
func say_in_every_mode(from: Player, to: Player) -> void:
	for mode in MODES:
		to.world.heard.clear()
		# The throttle may drop unreliable packets, so these are repeated.
		for attempt in (1 if mode == "reliable" else 20):
			from.world.rpc_id(to.id(), "say_" + mode, 7)
			var seconds := PATIENCE if mode == "reliable" else 1.0
			if await frames(func() -> bool: return not to.world.heard.is_empty(), seconds):
				break
		check(not to.world.heard.is_empty(), mode + " arrives")
		for each in to.world.heard:
			equal([each.from, each.mode, each.number], [from.id(), mode, 7], mode)
