extends "res://lib/raw_suite.gd"
## What is known of a peer from the arrival of its goodbye until the script has heard of its end: address, port, state
## and statistics. Packets for it fail without an error.

const LOCAL := RawHost.LOCAL
const GOODBYE := 9
const SOON_MS := 200

## What handlers saw.
var _seen: Array[Array] = []


## The client is gone before the server services for the first time after it.
func case_connect_event() -> void:
	for speaks: bool in [false, true]:
		var server := bound_host(server_class)
		var client := open_host(client_class)
		var peer := client.join(server.port)
		check(serve([server, client], func() -> bool: return state(peer) == CONNECTED), "the client connects")
		if speaks:
			equal(send(peer, 0, pattern(5)), OK, "send")
			client.flush()
		peer.call(&"peer_disconnect_now", GOODBYE)
		client.destroy()
		_let_arrive(server.is_ours)
		var step := func() -> bool:
			var event := server.service()
			if event != null and event.type != RawHost.EVENT_DISCONNECT:
				_expect_known(event.peer, "event %d" % event.type)
			return server.types().has(RawHost.EVENT_DISCONNECT)
		check(pump([], step), "the server has a disconnect event")
		equal(server.types()[0], RawHost.EVENT_CONNECT, "the first event")
		if server.is_ours and speaks:
			equal(server.types()[1], RawHost.EVENT_RECEIVE, "the packet before the goodbye")
		equal(server.events[-1].data, GOODBYE, "the data of the goodbye")
		equal(is_active(server.events[-1].peer), false, "active after the disconnect event")
	done()


## A new client has the slot of one whose events the server has not taken.
func case_reused_slot() -> void:
	var server := bound_host(server_class, 1)
	if not server.is_ours:
		check(true, "stock frees the slot with the event")
		return done()
	var peers: Array[PacketPeer] = []
	var ports: Array[int] = []
	# A thread, or this, answers the clients, and takes no events.
	for index in 3:
		var client := open_host(client_class)
		peers.append(client.join(server.port))
		var step := func() -> bool:
			client.drain()
			server.connection.call(&"flush")
			if server.connection.get(&"threaded") == false:
				server.service()
			return state(peers[-1]) == CONNECTED
		check(pump([], step), "client %d connects" % index)
		ports.append(client.connection.call(&"get_local_port"))
		peers[-1].call(&"peer_disconnect_now", GOODBYE)
		client.destroy()
		_let_arrive(true)
	var seen: Array[int] = []
	for event in server.events:
		if event.type == RawHost.EVENT_CONNECT and is_active(event.peer):
			seen.append(_port_of(event.peer))
	var step := func() -> bool:
		var event := server.service()
		if event != null and event.type == RawHost.EVENT_CONNECT:
			_expect_known(event.peer, "the connect event")
			seen.append(_port_of(event.peer))
		return server.events_of(RawHost.EVENT_DISCONNECT).size() == 3
	check(pump([], step), "the server hears of all clients")
	if server.connection.get(&"threaded"):
		equal(seen, ports, "the ports of the clients")
	done()


## `peer_connected` and `peer_disconnected` of a session.
func case_handlers() -> void:
	var server := start_server()
	server.peer.peer_connected.connect(_note_known.bind(server))
	var client := start_client(server.port)
	check(pump([server, client], client.is_up), "the client connects")
	equal(client.say("here"), OK, "sending")
	client.peer.close()
	_let_arrive(server.is_ours)
	check(pump([server], func() -> bool: return server.events.size() == 2), "the server signals both")
	equal(_seen, [[true, LOCAL, true, true, true]], "what peer_connected's handler knew")
	done()


func case_leaving_handler() -> void:
	for end: String in ["goodbye", "timeout", "ban"]:
		var server := start_server()
		if end == "ban" and not server.is_ours:
			continue
		var client := start_client(server.port)
		var both: Array[End] = [server, client]
		check(pump(both, func() -> bool: return client.is_up() and server.events.size() == 1), "the client connects")
		server.peer.peer_disconnected.connect(_note_left.bind(server))
		_seen.clear()
		match end:
			"goodbye":
				client.peer.close()
			"timeout":
				var peer := _peer_of(server, client.id())
				peer.call(&"ping_interval", SOON_MS / 4)
				peer.call(&"set_timeout", 1, SOON_MS, 2 * SOON_MS)
				_peer_of(client, 1).call(&"reset")
			"ban":
				server.peer.call(&"ban_address", LOCAL)
		check(pump([server], func() -> bool: return server.events.size() == 2), "%s: the server signals the end" % end)
		equal(_seen, [[false, LOCAL if server.is_ours else "", server.is_ours]], "%s: what the handler knew" % end)
		if not server.is_ours:
			expect_errors(1, false, "stock's peer is gone")
		server.peer.close()
	done()


## While packets are unread, our session tells of their sender's end with the next poll.
func case_unread_packets() -> void:
	var server := start_server(2)
	if not server.is_ours:
		check(true, "stock tells at once")
		return done()
	server.drains = false
	server.peer.peer_disconnected.connect(_note_left.bind(server))
	var clients: Array[End] = [start_client(server.port), start_client(server.port)]
	var all: Array[End] = [server, clients[0], clients[1]]
	check(pump(all, func() -> bool: return clients.all(_is_up) and server.events.size() == 2), "the clients connect")
	var ids: Array[int] = [clients[0].id(), clients[1].id()]
	for client in clients:
		equal(client.say("here"), OK, "sending")
	check(pump(all, func() -> bool: return server.peer.get_available_packet_count() == 2), "the packets arrive")
	for client in clients:
		client.peer.close()
	_let_arrive(true)
	server.poll()
	equal(server.events.size(), 2, "no end is signalled yet")
	for id in ids:
		_expect_known(_peer_of(server, id), "peer %d" % id)
		equal(server.say("too late", id), OK, "put_packet")
	server.drains = true
	check(pump([server], func() -> bool: return server.events.size() == 4), "the ends are signalled")
	equal(_seen, [[false, LOCAL, true], [false, LOCAL, true]], "what the handlers knew")
	done()


func _is_up(end: End) -> bool:
	return end.is_up()


func _let_arrive(is_ours: bool) -> void:
	# Our thread may look only five times a second.
	OS.delay_msec(400 if is_ours else 20)


func _peer_of(end: End, id: int) -> PacketPeer:
	return end.peer.call(&"get_peer", id)


func _port_of(peer: PacketPeer) -> int:
	return peer.call(&"get_remote_port")


func _note_known(id: int, end: End) -> void:
	var peer := _peer_of(end, id)
	_seen.append(_facts(peer))
	check([OK, FAILED].has(send(peer, 0, pattern(3))), "send")


func _note_left(id: int, end: End) -> void:
	var peer := _peer_of(end, id)
	var address: String = peer.call(&"get_remote_address")
	_seen.append([is_active(peer), address, _port_of(peer) > 0])


func _facts(peer: PacketPeer) -> Array:
	var address: String = peer.call(&"get_remote_address")
	return [is_active(peer), address, _port_of(peer) > 0, state(peer) != ENetPacketPeer.STATE_DISCONNECTED,
			statistic(peer, ENetPacketPeer.PEER_ROUND_TRIP_TIME) > 0]


func _expect_known(peer: PacketPeer, what: String) -> void:
	equal(_facts(peer), [true, LOCAL, true, true, true], what)
	check([OK, FAILED].has(send(peer, 0, pattern(3))), "%s: send" % what)
	check([OK, FAILED].has(peer.put_packet(pattern(3))), "%s: put_packet" % what)
