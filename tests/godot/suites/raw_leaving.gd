extends "res://lib/raw_suite.gd"
## How connections of ENetConnection end, and how long service() takes.

const Threaded := preload("res://lib/threaded.gd")
const GOODBYE := 77
## Used for timeouts, because stock's defaults take half a minute.
const SOON_MS := 200


func case_disconnect() -> void:
	for leaver in 2:
		var joined := _linked_by_hand()
		var stays := joined.hosts[1 - leaver]
		joined.peers[leaver].call(&"peer_disconnect", GOODBYE)
		equal(state(joined.peers[leaver]), ENetPacketPeer.STATE_DISCONNECTING, "the state before the answer")
		joined.peers[leaver].call(&"peer_disconnect", 5)
		var both_know := func() -> bool: return joined.hosts.all(_has_events)
		check(serve(joined.hosts, both_know), "both ends have a disconnect event")
		_expect_goodbye(joined, leaver, GOODBYE)
		equal(joined.hosts[leaver].events[0].data, 0, "the data of the own event")
		equal(stays.events[0].channel, 0, "channel")
	done()


func case_disconnect_later() -> void:
	const COUNT := 50
	for leaver in 2:
		var joined := _linked_by_hand(2)
		var stays := joined.hosts[1 - leaver]
		for index in COUNT:
			equal(send(joined.peers[leaver], index % 2, pattern(10_000 + index)), OK, "send")
		joined.peers[leaver].call(&"peer_disconnect_later", GOODBYE)
		equal(state(joined.peers[leaver]), ENetPacketPeer.STATE_DISCONNECT_LATER, "the state while packets are queued")
		equal(send(joined.peers[leaver], 0, pattern(1)), FAILED, "sending after peer_disconnect_later")
		var both_know := func() -> bool:
			return joined.hosts.all(func(host: RawHost) -> bool:
				return not host.events_of(RawHost.EVENT_DISCONNECT).is_empty())
		check(serve(joined.hosts, both_know, 20.0), "both ends have a disconnect event")
		var sizes: Array[int] = []
		for event in stays.received():
			check(event.bytes == pattern(event.bytes.size()), "contents")
			sizes.append(event.bytes.size())
		sizes.sort()
		var expected: Array[int] = []
		expected.assign(range(10_000, 10_000 + COUNT))
		equal(sizes, expected, "all packets arrive before the disconnect")
		_expect_goodbye(joined, leaver, GOODBYE)
	done()


func case_disconnect_now() -> void:
	for leaver in 2:
		var joined := linked()
		var stays := joined.hosts[1 - leaver]
		joined.peers[leaver].call(&"peer_disconnect_now", GOODBYE)
		check(not is_active(joined.peers[leaver]), "the peer is inactive at once")
		check(serve(joined.hosts, func() -> bool: return _has_events(stays)), "the other end has an event")
		serve_for(joined.hosts, 0.05)
		equal(joined.hosts[leaver].events.size(), 0, "the end that disconnects has no event")
		_expect_goodbye(joined, leaver, GOODBYE)
	done()


## reset() sends nothing, so the other end has to time out.
func case_reset() -> void:
	for leaver in 2:
		var joined := linked()
		joined.peers[leaver].call(&"reset")
		check(not is_active(joined.peers[leaver]), "the peer is inactive at once")
		equal(state(joined.peers[1 - leaver]), CONNECTED, "the other end is still connected")
		_expect_timeout(joined, leaver)
	done()


func case_destroy() -> void:
	for leaver in 2:
		var joined := linked()
		var host := joined.hosts[leaver]
		host.destroy()
		check(not is_active(joined.peers[leaver]), "the host's peers are inactive at once")
		_expect_timeout(joined, leaver)
		host.connection.call(&"destroy")
		expect_errors(1, host.is_ours, "a second destroy")
		equal(host.bind(free_port()), OK, "the host can be created again")
		var again := link(host, open_host(joined_class(leaver)))
		equal(state(again.peers[0]), CONNECTED, "the new host connects")
	done()


## The class at the other end.
func joined_class(leaver: int) -> String:
	return client_class if leaver == 0 else server_class


## Pings are not acknowledged, and short limits make the peer time out soon.
func _expect_timeout(joined: Link, leaver: int) -> void:
	var stays := joined.hosts[1 - leaver]
	var peer := joined.peers[1 - leaver]
	stays.events.clear()
	peer.call(&"ping_interval", SOON_MS / 4)
	peer.call(&"set_timeout", 1, SOON_MS, 2 * SOON_MS)
	check(serve([stays], func() -> bool: return _has_events(stays), 5.0), "the other end times out")
	_expect_goodbye(joined, leaver, 0)


## Checks that the other end received the disconnect, and that the peers of both ends are inactive.
func _expect_goodbye(joined: Link, leaver: int, data: int) -> void:
	var stays := joined.hosts[1 - leaver]
	equal(stays.types().back(), RawHost.EVENT_DISCONNECT, "the last event of the other end")
	if not stays.events.is_empty():
		equal(stays.events[-1].data, data, "the data of that event")
		check(stays.events[-1].peer == joined.peers[1 - leaver], "the peer of that event")
	for peer in joined.peers:
		equal([is_active(peer), state(peer)], [false, ENetPacketPeer.STATE_DISCONNECTED], "the peer")
	for host: RawHost in joined.hosts:
		if host.is_open:
			host.drain()
			equal(host.peers(), [], "no peer is listed")


func _has_events(host: RawHost) -> bool:
	return not host.events.is_empty()


## A slot is reused with a new peer object.
func case_rejoining() -> void:
	var server := bound_host(server_class, 1)
	var client := open_host(client_class)
	var known: Array[PacketPeer] = []
	for round in 20:
		var joined := link(server, client, 2)
		for peer in joined.peers:
			check(not known.has(peer), "a new object")
			known.append(peer)
		equal(send(joined.peers[round % 2], 1, str(round).to_utf8_buffer()), OK, "send")
		var hears := joined.hosts[1 - round % 2]
		check(serve(joined.hosts, func() -> bool: return hears.received().size() == 1), "the packet arrives")
		joined.peers[round / 2 % 2].call(&"peer_disconnect", round)
		var both_know := func() -> bool: return not is_active(joined.peers[0]) and not is_active(joined.peers[1])
		check(serve(joined.hosts, both_know), "both ends have a disconnect event")
	check(not known.any(is_active), "old peers stay inactive")
	done()


## An abandoned attempt causes no events.
func case_giving_up() -> void:
	for how: StringName in [&"peer_disconnect", &"peer_disconnect_now", &"reset"]:
		var client := open_host(client_class)
		var peer := client.join(free_port())
		serve_for([client], 0.02)
		peer.call(how)
		serve_for([client], 0.05)
		equal(client.events.size(), 0, String(how))
		equal(state(peer), ENetPacketPeer.STATE_DISCONNECTED, String(how))
	done()


func case_service_waits() -> void:
	for peer_class: String in [server_class, client_class]:
		var host := bound_host(peer_class)
		var begun := Time.get_ticks_msec()
		check(host.service(200) == null, "nothing happens")
		var took := Time.get_ticks_msec() - begun
		check(took >= 190 and took < 2000, "service(200) took %d ms" % took)
	done()


## Stock in another thread starts to connect while the host waits. The host answers from within its service(), which
## returns as soon as the connection is established.
func case_service_wakes_up() -> void:
	const LATER_MS := 200
	const LONG_MS := 20_000
	for peer_class: String in [server_class, client_class]:
		var host := bound_host(peer_class)
		var visitor := Thread.new()
		visitor.start(_visit.bind(host.port, LATER_MS))
		for expected: int in [RawHost.EVENT_CONNECT, RawHost.EVENT_RECEIVE, RawHost.EVENT_DISCONNECT]:
			var begun := Time.get_ticks_msec()
			var event := host.service(LONG_MS)
			var took := Time.get_ticks_msec() - begun
			check(took >= LATER_MS / 2 and took < LONG_MS / 2, "event %d took %d ms" % [expected, took])
			equal(event.type if event != null else 0, expected, "the event type")
		host.drain()
		visitor.wait_to_finish()
	done()


## Connects, sends a packet and disconnects, with a pause before each step.
func _visit(port: int, pause_ms: int) -> void:
	var connection := ENetConnection.new()
	connection.create_host(1)
	OS.delay_msec(pause_ms)
	var peer := connection.connect_to_host(RawHost.LOCAL, port)
	var met := connection.service(5000)
	connection.service(pause_ms)
	if met[0] == ENetConnection.EVENT_CONNECT:
		peer.send(0, "hello".to_utf8_buffer(), ENetPacketPeer.FLAG_RELIABLE)
		connection.service(pause_ms)
		peer.peer_disconnect_now()
	connection.destroy()


## Linked hosts without network threads, which would finish before the test looks.
func _linked_by_hand(channels: int = 0) -> Link:
	var joined := linked(channels)
	for host in joined.hosts:
		Threaded.end(host.connection)
	return joined
