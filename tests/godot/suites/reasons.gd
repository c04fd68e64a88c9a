extends "res://lib/raw_suite.gd"
## Why connections end: the signals with the reason, and what the packet peers know. The remote is of either class.

## As in ENetMultiplayerPeerRs.DisconnectReason. Named by number, so that the script loads where our classes are
## missing.
const NONE := 0
const CLOSED_BY_REMOTE := 1
const KICKED := 2
const CLOSED_LOCALLY := 3
const TIMEOUT := 4
const NOT_RESOLVED := 8
const PORT_CLOSED := 9
const BANNED := 0x454E5405
const REFUSED := 0x454E5406
const FULL := 0x454E5407
const NUMBER := 77
const PATIENCE := 10.0


func reason_to_skip() -> String:
	return "" if _is_ours(server_class) or _is_ours(client_class) else "the built-in class has none of it"


func case_goodbyes() -> void:
	for leaver: int in 2:
		var ends := connected()
		var id := ends[1].id()
		var at_server := _told(ends[0])
		var at_client := _told(ends[1])
		ends[leaver].peer.disconnect_peer(id if leaver == 0 else 1)
		check(pump(ends, func() -> bool: return not ends[1].is_active() and ends[0].events.size() == 2), "it ends")
		var reasons: Array[int] = [CLOSED_BY_REMOTE, CLOSED_BY_REMOTE]
		reasons[leaver] = CLOSED_LOCALLY
		_expect(ends[0], at_server, [["-%d" % id, id, reasons[0], 0]])
		_expect(ends[1], at_client, [["-1", 1, reasons[1], 0]])
	done()


## The end that is not polled any more is as good as gone.
func case_timeouts() -> void:
	for silent: int in 2:
		var server := new_end(server_class)
		var client := new_end(client_class)
		var ends: Array[End] = [server, client]
		if ends[silent].is_ours:
			ends[silent].peer.set(&"threaded", false)
		equal(server.host(free_port()), OK, "create_server")
		equal(client.join(server.port), OK, "create_client")
		check(pump(ends, func() -> bool: return client.is_up() and server.events.size() == 1), "they connect")
		var awake := ends[1 - silent]
		var id: int = [1, client.id()][silent]
		var told := _told(awake)
		var link: PacketPeer = awake.peer.call(&"get_peer", id)
		link.call(&"set_timeout", 1, 500, 900)
		check(pump([awake], func() -> bool: return awake.events.has("-%d" % id), PATIENCE), "it is given up")
		_expect(awake, told, [["-%d" % id, id, TIMEOUT, 0]])
	done()


func case_kicks() -> void:
	for number: int in [NUMBER, BANNED]:
		var ends := connected()
		var id := ends[1].id()
		var at_server := _told(ends[0])
		var at_client := _told(ends[1])
		_kick(ends[0], id, number)
		check(pump(ends, func() -> bool: return not ends[1].is_active() and ends[0].events.size() == 2), "it ends")
		_expect(ends[0], at_server, [["-%d" % id, id, CLOSED_LOCALLY, number]])
		_expect(ends[1], at_client, [["-1", 1, KICKED if number == NUMBER else BANNED, number]])
	done()


## A client says that it is banned. No server believes it.
func case_claims_of_a_client() -> void:
	var ends := connected()
	var id := ends[1].id()
	var told := _told(ends[0])
	_kick(ends[1], 1, BANNED)
	check(pump(ends, func() -> bool: return ends[0].events.size() == 2), "it ends")
	_expect(ends[0], told, [["-%d" % id, id, CLOSED_BY_REMOTE, BANNED]])
	done()


func case_attempts_that_are_refused() -> void:
	if not (_is_ours(server_class) and _is_ours(client_class)):
		check(true, "stock servers do not answer")
		return done()
	var server := start_server(1)
	var first := start_client(server.port)
	check(pump([server, first], func() -> bool: return first.is_up() and server.events.size() == 1), "connects")
	for expected: int in [FULL, REFUSED]:
		if expected == REFUSED:
			server = start_server()
			server.peer.refuse_new_connections = true
		var client := new_end(client_class)
		var told: Array[Array] = []
		_listen_to_failure(client, told)
		equal(client.join(server.port), OK, "create_client")
		check(pump([server, client], func() -> bool: return not client.is_active()), "the attempt ends")
		equal(told, [["failed"], [expected, expected, _text(expected, expected)]] as Array[Array], "the signals")
	done()


## A socket that says nothing, no socket, and no address.
func case_attempts_without_an_answer() -> void:
	if not _is_ours(client_class):
		check(true, "stock does not say")
		return done()
	var silent := PacketPeerUDP.new()
	equal(silent.bind(free_port(), "127.0.0.1"), OK, "a silent socket")
	for expected: int in [TIMEOUT, PORT_CLOSED, NOT_RESOLVED]:
		var client := new_end(client_class)
		client.peer.set(&"connect_timeout", 1.0)
		var told: Array[Array] = []
		_listen_to_failure(client, told)
		var port := silent.get_local_port() if expected == TIMEOUT else free_port()
		var address := "no-such-host.example" if expected == NOT_RESOLVED else "127.0.0.1"
		if client.join(port, address) != OK:
			# The system knows at once.
			expect_errors(1, true, "create_client")
			continue
		check(pump([client], func() -> bool: return not client.is_active(), PATIENCE), "the attempt ends")
		check(told.size() == 2 and told[0] == ["failed"], "the signals: %s" % [told])
		var failure: Array = told[-1]
		if expected == PORT_CLOSED and OS.get_name() != "Linux" and failure[0] == TIMEOUT:
			# Not every system tells.
			continue
		equal(failure[0], expected, "the reason")
		var text: String = failure[2]
		if expected == NOT_RESOLVED:
			check(text.contains("no-such-host.example"), "the text names the host: %s" % text)
			expect_errors(1, true, "the name")
		else:
			equal(text, _text(expected), "the text")
	silent.close()
	done()


## The handler of the first signal begins another session, or drops the last reference. The second signal tells of the
## connection that ended.
func case_handlers() -> void:
	if not _is_ours(client_class):
		check(true, "stock has one signal")
		return done()
	var ends := connected()
	var other := start_server()
	var client := ends[1]
	var told := _told(client)
	var start_over := func(_id: int) -> void:
		client.peer.close()
		equal(client.join(other.port), OK, "create_client in the handler")
	client.peer.peer_disconnected.connect(start_over)
	_kick(ends[0], client.id(), NUMBER)
	check(pump(ends, func() -> bool: return client.events.has("-1")), "it ends")
	equal(told, [["-1"], [1, KICKED, NUMBER]] as Array[Array], "the signals")
	equal(client.peer.call(&"get_disconnect_reason", 1), NONE, "the new session has not ended")
	client.peer.peer_disconnected.disconnect(start_over)
	check(pump([other, client], func() -> bool: return client.is_up() and other.events.size() == 1), "the new one connects")
	# A holder whose handler drops it.
	var holder := { "peer": ClassDB.instantiate(client_class) }
	var peer: MultiplayerPeer = holder.peer
	var seen: Array[Array] = []
	peer.connect(&"peer_disconnected", func(_id: int) -> void: holder.clear())
	peer.connect(&"peer_disconnected_with_reason",
		func(id: int, reason: int, data: int) -> void: seen.append([id, reason, data]))
	equal(peer.call(&"create_client", "127.0.0.1", other.port), OK, "create_client")
	var known := other.events.size()
	var meets := func() -> bool:
		_poll_held(holder)
		return other.events.size() > known
	peer = null
	check(pump([other], meets), "connects")
	var id := other.events[-1].to_int()
	_kick(other, id, NUMBER)
	var ended := func() -> bool:
		_poll_held(holder)
		return holder.is_empty()
	check(pump([other], ended), "ends")
	equal(seen, [[1, KICKED, NUMBER]] as Array[Array], "the signal after the last reference")
	done()


## Hosts that are driven by hand learn the reason from the peer of the event, which keeps it.
func case_raw_hosts() -> void:
	for ender: int in 2:
		var both := linked()
		both.peers[ender].call(&"peer_disconnect", NUMBER)
		check(serve(both.hosts, func() -> bool:
			return both.hosts.all(func(host: RawHost) -> bool: return not host.events.is_empty())), "both have an event")
		var of_others: Array[int] = [CLOSED_BY_REMOTE, KICKED]
		for side: int in 2:
			if not both.hosts[side].is_ours or both.hosts[side].events.is_empty():
				continue
			var event := both.hosts[side].events[0]
			equal(event.type, RawHost.EVENT_DISCONNECT, "the event")
			check(event.peer == both.peers[side], "the peer is the same object")
			equal(event.peer.call(&"get_disconnect_reason"), CLOSED_LOCALLY if side == ender else of_others[side],
				"the reason on side %d" % side)
			equal(event.peer.call(&"get_disconnect_data"), NUMBER, "the data on side %d" % side)
			both.hosts[side].destroy()
			equal(event.peer.call(&"get_disconnect_data"), NUMBER, "the data after the host")
	for method: StringName in [&"peer_disconnect_now", &"reset"]:
		var both := linked()
		if not both.hosts[1].is_ours:
			continue
		equal(both.peers[1].call(&"get_disconnect_reason"), NONE, "connected")
		both.peers[1].call(method)
		equal(both.peers[1].call(&"get_disconnect_reason"), CLOSED_LOCALLY, "at once after %s" % method)
	done()


func case_texts() -> void:
	var names := ClassDB.class_get_enum_constants(&"ENetMultiplayerPeerRs", &"DisconnectReason")
	var texts: Dictionary[String, bool] = {}
	for name in names:
		var number := ClassDB.class_get_integer_constant(&"ENetMultiplayerPeerRs", name)
		var text := _text(number)
		check(not text.is_empty() and not text.contains("unknown"), "%s: %s" % [name, text])
		texts[text] = true
	equal(texts.size(), names.size(), "each has its own text")
	check(_text(KICKED, NUMBER).contains("77"), "the number of a kick")
	check(_text(CLOSED_BY_REMOTE, FULL).contains(_text(FULL)), "what was said")
	equal(_text(99), "unknown reason 99", "a number without a reason")
	equal(_text(-1, -1), "unknown reason -1", "a negative number")
	done()


func _is_ours(peer_class: String) -> bool:
	return peer_class.ends_with("Rs")


## Both classes have this one.
func _kick(end: End, id: int, number: int) -> void:
	var link: PacketPeer = end.peer.call(&"get_peer", id)
	link.call(&"peer_disconnect", number)


func _text(reason: int, data: int = 0) -> String:
	return ClassDB.class_call_static(&"ENetMultiplayerPeerRs", &"get_reason_text", reason, data)


## The ends that a peer's two signals tell of from now on: [event], [id, reason, data].
func _told(end: End) -> Array[Array]:
	var told: Array[Array] = []
	end.peer.peer_disconnected.connect(func(id: int) -> void: told.append(["-%d" % id]))
	if end.is_ours:
		end.peer.connect(&"peer_disconnected_with_reason",
			func(id: int, reason: int, data: int) -> void: told.append([id, reason, data]))
	return told


## Each expected end has the event, and then id, reason and data. A peer of ours also knows reason and data afterwards.
func _expect(end: End, told: Array[Array], expected: Array[Array]) -> void:
	var signals: Array[Array] = []
	for one in expected:
		signals.append([one[0]])
		if end.is_ours:
			signals.append(one.slice(1))
			equal(end.peer.call(&"get_disconnect_reason", one[1]), one[2], "the reason afterwards")
			equal(end.peer.call(&"get_disconnect_data", one[1]), one[3], "the data afterwards")
	equal(told, signals, "the signals")


func _listen_to_failure(client: End, told: Array[Array]) -> void:
	client.peer.connect(&"connection_failed", func() -> void: told.append(["failed"]))
	client.peer.connect(&"connection_failed_with_reason",
		func(reason: int, data: int, text: String) -> void: told.append([reason, data, text]))


func _poll_held(holder: Dictionary) -> void:
	if holder.is_empty():
		return
	var peer: MultiplayerPeer = holder.peer
	peer.poll()
	while peer.get_available_packet_count() > 0:
		peer.get_packet()
