extends "res://lib/mesh_suite.gd"
## A mesh of four peers, each with a host for every other peer.

const MODES: Array[int] = [
	MultiplayerPeer.TRANSFER_MODE_UNRELIABLE, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED,
	MultiplayerPeer.TRANSFER_MODE_RELIABLE,
]


func case_all_players_connect() -> void:
	var mesh := meshed()
	for end in mesh:
		equal([end.is_up(), end.peer.is_server_relay_supported()], [true, false], "status and relay support of a mesh")
		var expected: Array[String] = []
		for other in mesh:
			if other != end:
				expected.append("+%d" % other.id())
		equal(end.events, expected, "its signals")
	done()


func case_all_players_send() -> void:
	var mesh := meshed()
	for mode in MODES:
		for channel: int in [0, 1, 5]:
			for from in mesh:
				var others := mesh.filter(func(end: End) -> bool: return end != from)
				var left_out: End = others[0]
				var one: End = others[1]
				_expect_heard(from, one.id(), [one], mode, channel)
				# Stock frees an unreliable packet after the first host has sent it, so its broadcasts are skipped.
				if from.is_ours or mode == MultiplayerPeer.TRANSFER_MODE_RELIABLE:
					_expect_heard(from, 0, others, mode, channel)
					_expect_heard(from, -left_out.id(), others.slice(1), mode, channel)
	done()


func _expect_heard(from: End, target: int, hearers: Array, mode: int, channel: int) -> void:
	var what := "%d to %d, mode %d, channel %d" % [from.id(), target, mode, channel]
	for end in _ends:
		end.packets.clear()
	equal(from.send(what.to_utf8_buffer(), target, mode, channel), OK, what)
	check(pump(_ends, func() -> bool: return hearers.all(_has_packets)), what + " arrives")
	for end in _ends:
		equal(end.packets.size(), 1 if hearers.has(end) else 0, what)
		for packet in end.packets:
			equal(packet.bytes, what.to_utf8_buffer(), what)
			equal([packet.from, packet.mode, packet.channel], [from.id(), mode, channel], what)


func _has_packets(end: End) -> bool:
	return not end.packets.is_empty()


func case_large_packets() -> void:
	var mesh := meshed()
	var bytes := pattern(300_000)
	for end in mesh:
		equal(end.send(bytes), OK, "send")
	check(pump(mesh, func() -> bool: return mesh.all(func(end: End) -> bool: return end.packets.size() == 3), 20.0),
		"all players receive all packets")
	for end in mesh:
		for packet in end.packets:
			check(packet.bytes == bytes, "contents")
	done()


func case_wrong_targets() -> void:
	var mesh := meshed()
	for end in mesh:
		for target: int in [end.id(), -end.id(), 1, -1, 12345]:
			equal(end.say("lost", target), ERR_INVALID_PARAMETER, "target %d" % target)
			expect_errors(1, end.is_ours, "target %d" % target)
	pump_for(mesh, 0.05)
	check(not mesh.any(_has_packets), "no player receives a packet")
	done()


func case_a_player_closes() -> void:
	for leaver in 4:
		var mesh := meshed()
		var id := mesh[leaver].id()
		mesh[leaver].peer.close()
		equal([mesh[leaver].is_active(), mesh[leaver].events.size()], [false, 3], "closed, without further signals")
		_expect_parted(mesh, mesh[leaver], id)
		await clean_up()
	done()


## A player whose last reference is dropped.
func case_a_player_is_dropped() -> void:
	for leaver in 4:
		var mesh := meshed()
		var id := mesh[leaver].id()
		mesh[leaver].peer = null
		_ends.remove_at(leaver)
		mesh.remove_at(leaver)
		_expect_parted(mesh, null, id)
		await clean_up()
	done()


func _expect_parted(mesh: Array[End], leaver: End, id: int) -> void:
	var others := mesh.filter(func(end: End) -> bool: return end != leaver)
	for end: End in others:
		check(pump(mesh, func() -> bool: return end.events.has("-%d" % id)), "the others signal the disconnect")
	for end: End in others:
		equal(end.events.size(), 4, "once")
		equal(end.say("lost", id), ERR_INVALID_PARAMETER, "the id is unknown")
		expect_errors(1, end.is_ours, "sending to the disconnected id")
		end.packets.clear()
	for end: End in others:
		equal(end.say("hello"), OK, "the others can send")
	var all_heard := func() -> bool:
		return others.all(func(end: End) -> bool: return end.packets.size() == 2)
	check(pump(mesh, all_heard), "the others receive the packets")


func case_disconnecting_one() -> void:
	for force: bool in [false, true]:
		for number in 4:
			var mesh := meshed()
			var end := mesh[number]
			var other := mesh[(number + 1) % 4]
			end.peer.disconnect_peer(other.id(), force)
			var parted := func() -> bool:
				return other.events.has("-%d" % end.id()) and (force or end.events.has("-%d" % other.id()))
			check(pump(mesh, parted), "the ends disconnect")
			pump_for(mesh, 0.03)
			equal([end.events.size(), other.events.size()], [3 if force else 4, 4], "the signals")
			check(end.is_up() and other.is_up(), "both stay in the mesh")
			for pair: Array[End] in [[end, other] as Array[End], [other, end] as Array[End]]:
				equal(pair[0].say("lost", pair[1].id()), ERR_INVALID_PARAMETER, "the id is unknown")
				expect_errors(1, pair[0].is_ours, "sending to the disconnected id")
			equal(end.say("hello"), OK, "broadcast to the remaining players")
			pump(mesh, func() -> bool: return mesh[(number + 2) % 4].packets.size() == 1)
			pump_for(mesh, 0.02)
			var hearers := mesh.filter(_has_packets)
			equal(hearers, mesh.filter(func(each: End) -> bool: return each != end and each != other),
					"players that receive the broadcast")
			end.peer.disconnect_peer(other.id())
			expect_errors(1, end.is_ours, "disconnecting the same id again")
			await clean_up()
	done()


## A player that left can rejoin with new hosts under its old id.
func case_rejoining() -> void:
	var mesh := meshed()
	for end in mesh:
		var id := end.id()
		end.peer.close()
		for other in mesh:
			if other != end:
				check(pump(mesh, func() -> bool: return other.events.back() == "-%d" % id),
						"the other players signal the disconnect")
		equal(create_mesh(end, id), OK, "create_mesh")
		for other in mesh:
			if other != end:
				join_by_hand(other, end)
	for end in mesh:
		end.packets.clear()
	for end in mesh:
		equal(end.say("hello"), OK, "send")
	check(pump(mesh, func() -> bool: return mesh.all(func(end: End) -> bool: return end.packets.size() == 3)),
		"all players hear each other")
	done()


func case_get_peer_and_host() -> void:
	var mesh := meshed(2)
	for number in 2:
		var end := mesh[number]
		var peer: PacketPeer = end.peer.call(&"get_peer", mesh[1 - number].id())
		var back: PacketPeer = mesh[1 - number].peer.call(&"get_peer", end.id())
		equal([state(peer), is_active(peer)], [CONNECTED, true], "get_peer")
		equal(peer.call(&"get_remote_address"), RawHost.LOCAL, "address")
		var ports: Array = [peer.call(&"get_remote_port"), back.call(&"get_remote_port")]
		equal([ports[0] == ports[1], ports.has(0)], [false, false], "the ports of the two ends")
		for id: int in [end.id(), 1, 0, -1, 12345]:
			check(end.peer.call(&"get_peer", id) == null, "no peer %d" % id)
			expect_errors(1, end.is_ours, "get_peer of %d" % id)
		check(end.peer.call(&"get_host") == null, "get_host of a mesh")
		expect_errors(1, end.is_ours, "get_host")
		check(end.peer.get(&"host") == null, "the property host of a mesh")
		expect_errors(1, end.is_ours, "host")
	# A packet peer bypasses the mesh and uses ENet's own channels.
	var direct: PacketPeer = mesh[0].peer.call(&"get_peer", mesh[1].id())
	equal(send(direct, 4, "direct".to_utf8_buffer()), OK, "send")
	check(pump(mesh, func() -> bool: return mesh[1].packets.size() == 1), "the packet arrives")
	equal([mesh[1].packets[0].from, mesh[1].packets[0].channel], [mesh[0].id(), 3], "the packet's sender and channel")
	direct.call(&"peer_disconnect_now")
	var noticed := func() -> bool: return mesh.all(func(end: End) -> bool: return end.events.size() == 2)
	check(pump(mesh, noticed), "both ends signal the disconnect")
	check(not is_active(direct), "the packet peer is inactive")
	done()


## Closing a mesh destroys its hosts. A host whose player has left belongs to the script again.
func case_hosts_after_the_mesh() -> void:
	for closes in 2:
		var mesh := meshed(2)
		var stays := 1 - closes
		var peers: Array[PacketPeer] = []
		for number in 2:
			peers.append(mesh[number].peer.call(&"get_peer", MESH_IDS[1 - number]))
		var hosts: Array[RawHost] = _hosts.duplicate()
		if peers[0].call(&"get_remote_port") == hosts[0].local_port():
			hosts.reverse()
		mesh[closes].peer.close()
		var told := func() -> bool: return mesh[stays].events.has("-%d" % MESH_IDS[closes])
		check(pump(mesh, told), "the other end signals the disconnect")
		equal(mesh[closes].events, ["+%d" % MESH_IDS[stays]] as Array[String],
				"the end that closes has no further signal")
		check(not peers.any(is_active), "both packet peers are inactive")
		equal(hosts[closes].connection.call(&"get_max_channels"), 0, "the host is destroyed")
		expect_errors(1, hosts[closes].is_ours, "calling a destroyed host")
		hosts[stays].is_open = true
		equal(hosts[stays].connection.call(&"get_max_channels"), 255, "the other end's host still exists")
		hosts[stays].drain()
		equal(hosts[stays].peers(), [], "the other end's host has no peers")
		# The host can be added to a mesh again.
		var friend := bound_host(class_of(closes))
		hosts[stays].events.clear()
		link(friend, hosts[stays])
		equal(add(mesh[stays], 99, hosts[stays]), OK, "add_mesh_peer")
		equal(mesh[stays].say("again", 99), OK, "send")
		var arrived := func() -> bool:
			mesh[stays].poll()
			return friend.events.size() == 1
		check(serve([friend], arrived), "the packet arrives")
		await clean_up()
	done()


## A mesh admits no newcomers on its hosts.
func case_newcomers_to_a_mesh() -> void:
	var mesh := meshed(1)
	var bound := bound_host(server_class, 4)
	var friend := link(bound, open_host(client_class))
	equal(add(mesh[0], 77, bound), OK, "add_mesh_peer")
	var stranger := open_host(client_class)
	var peer := stranger.join(bound.port)
	var came := func() -> bool:
		mesh[0].poll()
		return state(peer) != ENetPacketPeer.STATE_CONNECTING
	check(serve([stranger, friend.hosts[1]], came), "the stranger gets an answer")
	var some_time := func() -> bool:
		mesh[0].poll()
		return false
	serve([stranger, friend.hosts[1]], some_time, 0.05)
	equal(mesh[0].events, ["+77"] as Array[String], "the mesh has no signal for the stranger")
	equal(mesh[0].say("hello", 77), OK, "sending to the friend")
	var hears := func() -> bool:
		mesh[0].poll()
		return friend.hosts[1].events.size() == 1
	check(serve([friend.hosts[1]], hears), "the friend receives the packet")
	done()
