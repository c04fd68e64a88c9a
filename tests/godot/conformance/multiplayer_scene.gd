extends "res://lib/multiplayer_case.gd"
## The peer under a SceneMultiplayer. The other players are stock peers, each under a SceneMultiplayer of its own.


class Player:
	var api := SceneMultiplayer.new()
	var peer: MultiplayerPeer
	## Signals, and packets as "id: text". Ids are replaced by names.
	var heard: Array = []
	var names: Dictionary[int, String] = {1: "server"}

	func _init(own_peer: MultiplayerPeer) -> void:
		peer = own_peer
		api.root_path = ^"/root"
		# The handlers capture only the lists. Capturing the API would leak it.
		var list := heard
		var known := names
		api.peer_connected.connect(func(id: int) -> void: list.append("+%s" % known.get(id, "another")))
		api.peer_disconnected.connect(func(id: int) -> void: list.append("-%s" % known.get(id, "another")))
		api.peer_packet.connect(func(id: int, bytes: PackedByteArray) -> void:
			list.append("%s: %s" % [known.get(id, "another"), bytes.get_string_from_ascii()]))
		for signal_name: StringName in [&"connected_to_server", &"connection_failed", &"server_disconnected"]:
			api.connect(signal_name, func() -> void: list.append(String(signal_name)))


var _players: Array[Player] = []


func finish() -> Record:
	for player in _players:
		player.peer.close()
		player.api.multiplayer_peer = null
	_players.clear()
	return super()


func case_inactive_peer_is_not_taken() -> void:
	var api := SceneMultiplayer.new()
	var peer := new_subject()
	api.multiplayer_peer = peer
	note("taken", api.multiplayer_peer == peer)
	note("prints", take_errors(true))
	must(peer, &"create_server", [0])
	api.multiplayer_peer = peer
	note("accepted as a server", api.multiplayer_peer == peer)
	note("prints as a server", take_errors(true))
	note("is_server", api.is_server())
	note("id", api.get_unique_id())
	api.multiplayer_peer = null
	done()


func case_server_of_two() -> void:
	var server := _server(kit.peer())
	var one := _guest(server, partner_peer(), "one")
	var other := _guest(server, partner_peer(), "other")
	_note_conversation([server, one, other])
	done()


func case_client_among_others() -> void:
	var server := _server(partner_peer())
	var subject := _guest(server, kit.peer(), "one")
	var other := _guest(server, partner_peer(), "other")
	_note_conversation([server, subject, other])
	done()


func case_without_relay() -> void:
	var server := _server(kit.peer())
	server.api.server_relay = false
	var one := _guest(server, partner_peer(), "one")
	var other := _guest(server, partner_peer(), "other")
	one.api.server_relay = false
	note("broadcast of a guest", one.api.send_bytes("hi".to_utf8_buffer(), 0))
	check(_play(func() -> bool: return server.heard.size() == 3), "the server receives the packet")
	for player in _players:
		note("peers", player.api.get_peers().size())
	note("server", server.heard)
	note("one", one.heard)
	note("other", other.heard)
	done()


func case_server_closes() -> void:
	for subject_serves: bool in [true, false]:
		var server := _server(kit.peer() if subject_serves else partner_peer())
		var guest := _guest(server, partner_peer() if subject_serves else kit.peer(), "one")
		server.peer.close()
		check(_play(func() -> bool: return guest.heard.has("server_disconnected")), "the guest signals the disconnect")
		_play_for_a_while()
		note("subject serves %s: server" % subject_serves, server.heard)
		note("subject serves %s: guest" % subject_serves, guest.heard)
		_players.clear()
	done()


func case_guest_closes() -> void:
	for subject_serves: bool in [true, false]:
		var server := _server(kit.peer() if subject_serves else partner_peer())
		var guest := _guest(server, partner_peer() if subject_serves else kit.peer(), "one")
		guest.peer.close()
		check(_play(func() -> bool: return server.heard.has("-one")), "the server signals the disconnect")
		_play_for_a_while()
		note("subject serves %s: server" % subject_serves, server.heard)
		note("subject serves %s: guest" % subject_serves, guest.heard)
		_players.clear()
	done()


func case_api_disconnects() -> void:
	for subject_serves: bool in [true, false]:
		var server := _server(kit.peer() if subject_serves else partner_peer())
		var guest := _guest(server, partner_peer() if subject_serves else kit.peer(), "one")
		server.api.disconnect_peer(guest.api.get_unique_id())
		check(_play(func() -> bool: return guest.heard.has("server_disconnected")), "the guest signals the disconnect")
		_play_for_a_while()
		note("subject serves %s: server" % subject_serves, server.heard)
		note("subject serves %s: guest" % subject_serves, guest.heard)
		_players.clear()
	done()


func case_failed_attempt() -> void:
	var peer := kit.peer()
	must(peer, &"create_client", [LOCALHOST, free_port()])
	var player := _player(peer)
	peer_of(peer, 1).call(&"set_timeout", 1, 100, 200)
	check(_play(func() -> bool: return not player.heard.is_empty()), "the attempt fails")
	note("heard", player.heard)
	note("status", peer.get_connection_status())
	done()


func case_modes_and_channels() -> void:
	var server := _server(kit.peer())
	var guest := _guest(server, partner_peer(), "one")
	# On a busy machine a late acknowledgement would make either end throttle unreliable packets.
	peer_of(guest.peer, 1).call(&"throttle_configure", 5000, 2, 0)
	for mode in MODES:
		for channel: int in [0, 5]:
			var text := "%d on %d" % [mode, channel]
			for player: Player in [server, guest]:
				player.api.send_bytes(text.to_utf8_buffer(), 0, mode as MultiplayerPeer.TransferMode, channel)
			var both := func() -> bool:
				return server.heard.has("one: " + text) and guest.heard.has("server: " + text)
			check(_play(both), "%s arrives" % text)
	note("server", server.heard)
	note("guest", guest.heard)
	done()


func case_authentication() -> void:
	for word: String in ["sesame", "wrong"]:
		var server := _server(kit.peer())
		var api := server.api
		var judge := func(id: int, said: PackedByteArray) -> void:
			if said.get_string_from_ascii() == "sesame":
				api.complete_auth(id)
			else:
				api.disconnect_peer(id)
		server.api.auth_callback = judge
		var guest := _player(_client_of(server, partner_peer()))
		var guest_api := guest.api
		guest.api.auth_callback = func(_id: int, _said: PackedByteArray) -> void: pass
		on(guest.api, &"peer_authenticating", func(id: int) -> void:
			guest_api.send_auth(id, word.to_utf8_buffer())
			if word == "sesame":
				guest_api.complete_auth(id))
		server.names[guest.api.get_unique_id()] = "one"
		check(_play(func() -> bool: return not guest.heard.is_empty()), "the guest is admitted or rejected")
		_play_for_a_while()
		note("%s: server" % word, server.heard)
		note("%s: guest" % word, guest.heard)
		server.api.auth_callback = Callable()
		guest.api.auth_callback = Callable()
	done()


## Every player sends to every kind of target.
func _note_conversation(players: Array[Player]) -> void:
	var everybody_knows := func() -> bool:
		return players.all(func(player: Player) -> bool: return player.api.get_peers().size() == 2)
	check(_play(everybody_knows), "all players know each other")
	for player in players:
		player.heard.clear()
	var ids: Array[int] = []
	ids.assign(players.map(func(player: Player) -> int: return player.api.get_unique_id()))
	var labels: Array[String] = ["server", "one", "other"]
	for index in 3:
		for target in 3:
			if target == index:
				continue
			var to := "to %s" % labels[target]
			note("%s %s" % [labels[index], to], players[index].api.send_bytes(to.to_utf8_buffer(), ids[target]))
			var but := "but %s" % labels[target]
			note("%s %s" % [labels[index], but], players[index].api.send_bytes(but.to_utf8_buffer(), -ids[target]))
		note("%s to all" % labels[index], players[index].api.send_bytes("last".to_utf8_buffer(), 0))
	var all_last := func() -> bool:
		return players.all(func(player: Player) -> bool:
			return player.heard.filter(func(what: String) -> bool: return what.ends_with(": last")).size() == 2)
	check(_play(all_last), "all players receive the last packet")
	for index in 3:
		for speaker in labels:
			note("%s: packets from %s" % [labels[index], speaker], players[index].heard.filter(
				func(what: String) -> bool: return what.begins_with(speaker + ": ")))
	players[1].peer.close()
	check(_play(func() -> bool: return players[2].heard.has("-one")), "the other guest signals the disconnect")
	note("server at the end", players[0].heard.filter(func(what: String) -> bool: return what.begins_with("-")))


func _server(peer: MultiplayerPeer) -> Player:
	must(peer, &"create_server", [0])
	return _player(peer)


## A guest that has joined, registered under the given name with all players.
func _guest(server: Player, peer: MultiplayerPeer, called: String) -> Player:
	var guest := _player(_client_of(server, peer))
	for player in _players:
		player.names[guest.api.get_unique_id()] = called
		guest.names.merge(player.names)
	check(_play(func() -> bool: return (
		server.heard.has("+" + called) and guest.heard.has("connected_to_server"))), "%s joins" % called)
	return guest


func _client_of(server: Player, peer: MultiplayerPeer) -> MultiplayerPeer:
	must(peer, &"create_client", [LOCALHOST, port_of(server.peer)])
	return peer


func _player(peer: MultiplayerPeer) -> Player:
	var player := Player.new(peer)
	player.api.multiplayer_peer = peer
	_players.append(player)
	return player


func _play(condition: Callable) -> bool:
	var step := func() -> bool:
		for player in _players:
			player.api.poll()
		return condition.call()
	return wait_until(step)


func _play_for_a_while() -> void:
	var deadline := Time.get_ticks_msec() + int(QUIET_SECONDS * 1000.0)
	_play(func() -> bool: return Time.get_ticks_msec() > deadline)
