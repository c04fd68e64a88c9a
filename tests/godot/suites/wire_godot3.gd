extends "res://lib/player_suite.gd"
## WIRE_GODOT3 between our classes under SceneMultiplayer: the peers relay, so SceneMultiplayer must not.

const WIRE_GODOT3 := 1


func reason_to_skip() -> String:
	return "" if client_class.ends_with("Rs") and client_class == server_class else "both ends must be of our class"


## `prepare` is called with each peer before it is created, the server's first.
func _served(clients: int, relays: bool = true, prepare: Callable = func(_peer: MultiplayerPeer) -> void: pass) -> Array[Player]:
	for index in clients + 1:
		var player := new_player(client_class)
		player.end.peer.set(&"wire_protocol", WIRE_GODOT3)
		player.end.peer.set(&"server_relay", relays)
		# The world's RPCs use transfer channels up to 3.
		player.end.peer.set(&"channel_count", 6)
		prepare.call(player.end.peer)
		if index == 0:
			equal(player.end.host(free_port()), OK, "create_server")
		else:
			equal(player.end.join(_players[0].end.port), OK, "create_client")
		player.api.multiplayer_peer = player.end.peer
	var known := clients if relays else 1
	var met := func() -> bool:
		return _players.all(func(player: Player) -> bool:
			return player.api.get_peers().size() == (clients if player == _players[0] else known))
	check(await frames(met), "all players know each other")
	return _players


func case_rpcs_between_clients() -> void:
	var players := await _served(2)
	equal(players[0].end.peer.is_server_relay_supported(), false, "relay support in Godot 3's format")
	players[1].world.rpc_id(players[2].id(), "say_reliable", 7)
	check(await frames(func() -> bool: return players[2].world.heard.size() == 1), "the server relays the RPC")
	equal(players[2].world.heard[0].from, players[1].id(), "the sender's id")
	check(players[0].world.heard.is_empty(), "the server does not receive the relayed RPC")
	players[2].world.say_reliable.rpc(8)
	var both := func() -> bool: return players[0].world.heard.size() == 1 and players[1].world.heard.size() == 1
	check(await frames(both), "a client's broadcast reaches all others")
	var id := players[2].id()
	players[2].end.peer.close()
	check(await frames(func() -> bool: return players[1].events.has("-%d" % id)),
			"the other client signals the disconnect")
	await end_all()
	done()


func case_without_relay() -> void:
	var players := await _served(2, false)
	players[1].world.say_reliable.rpc(7)
	check(await frames(func() -> bool: return players[0].world.heard.size() == 1), "the server receives the RPC")
	players[0].world.say_reliable.rpc(8)
	check(await frames(func() -> bool: return players[2].world.heard.size() == 1),
			"the other client receives the server's RPC")
	equal(players[2].world.heard[0].from, 1, "the sender of that RPC")
	await end_all()
	done()


## Compression and encryption below. (Debian's Godot 3 has an ENet without DTLS and ignores the setting silently.)
func case_compression_and_encryption_below() -> void:
	var crypto := Crypto.new()
	var key := crypto.generate_rsa(2048)
	var certificate := crypto.generate_self_signed_certificate(key, "CN=localhost")
	var prepare := func(peer: MultiplayerPeer) -> void:
		peer.set(&"compression_mode", ENetConnection.COMPRESS_RANGE_CODER)
		peer.set(&"use_dtls", true)
		peer.set(&"dtls_hostname", "localhost")
		peer.call(&"set_dtls_key", key)
		peer.call(&"set_dtls_certificate", certificate)
	var players := await _served(2, true, prepare)
	players[1].world.rpc_id(players[2].id(), "say_reliable", 7)
	check(await frames(func() -> bool: return players[2].world.heard.size() == 1), "the server relays the RPC")
	equal(players[2].world.heard[0].from, players[1].id(), "the sender's id")
	await end_all()
	done()


func case_no_meshes() -> void:
	var end := new_end(client_class)
	end.peer.set(&"wire_protocol", WIRE_GODOT3)
	equal(end.peer.call(&"create_mesh", 5), ERR_UNAVAILABLE, "create_mesh")
	expect_error_texts(["Rs.create_mesh: a mesh cannot use Godot 3's wire protocol"], "create_mesh")
	done()


## A client knows other clients without a connection to them.
func case_peers_behind_the_server() -> void:
	var players := await _served(2)
	var peer := players[1].end.peer
	var other := players[2].id()
	equal(peer.call(&"get_peer", other), null, "get_peer of a relayed peer")
	equal(peer.call(&"get_peer_address", other), "", "get_peer_address of a relayed peer")
	peer.disconnect_peer(other)
	expect_errors(3, true, "each call prints an error")
	equal(players[1].end.say("hello", other), OK, "sending to a relayed peer")
	await end_all()
	done()
