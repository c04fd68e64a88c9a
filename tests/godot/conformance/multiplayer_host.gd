extends "res://lib/multiplayer_case.gd"
## get_host, get_peer, the property host, and operations on a peer through these objects.

const KINDS: Array[String] = ["server", "client", "mesh"]


func case_get_host_by_mode() -> void:
	for kind in KINDS:
		var peer := subject_of(kind)
		attempt(peer, &"get_host", [], "%s: get_host" % kind)
		note("%s: property" % kind, peer.get(&"host"))
		note_errors("%s: property prints" % kind)
		peer.close()
		attempt(peer, &"get_host", [], "%s, closed: get_host" % kind)
		note("%s, closed: property" % kind, peer.get(&"host"))
		note_errors("%s, closed: property prints" % kind)
	done()


func case_get_peer_by_mode() -> void:
	for kind in KINDS:
		var peer := subject_of(kind)
		for id: int in [1, 20, 0, -1, -20, 77]:
			attempt(peer, &"get_peer", [id], "%s: get_peer(%d)" % [kind, id])
		# The peer's own id, whatever it is.
		note("%s: the own id" % kind, peer.call(&"get_peer", peer.get_unique_id()))
		note_errors("%s: the own id prints" % kind)
		peer.close()
		attempt(peer, &"get_peer", [far_id(kind)], "%s, closed" % kind)
	done()


## Ids above the range must not be clamped to the highest valid id.
func case_get_peer_beyond_32_bits() -> void:
	var server := server_with([0x7fffffff])
	attempt(server, &"get_peer", [0x7fffffff])
	for id: int in [1 << 31, 1 << 40, 0x7fffffffffffffff, -(1 << 40), -0x7fffffffffffffff]:
		attempt(server, &"get_peer", [id])
	done()


func case_a_connecting_client_has_both() -> void:
	var peer := connecting_client(3)
	attempt(peer, &"get_host")
	var link := peer_of(peer, 1)
	for method: StringName in [&"is_active", &"get_state", &"get_channels", &"get_remote_address"]:
		attempt(link, method)
	note("port", link.call(&"get_remote_port") == far_ends[0].connection.get_local_port())
	done()


func case_property_cannot_be_set() -> void:
	var peer := server_with([])
	var host := host_of(peer)
	peer.set(&"host", null)
	take_errors(true)
	note("the same", host_of(peer) == host)
	done()


func case_wrappers_are_the_same_objects() -> void:
	var server := server_with([20, 30])
	note("host", host_of(server) == host_of(server))
	note("host and property", host_of(server) == server.get(&"host"))
	note("peer", peer_of(server, 20) == peer_of(server, 20))
	note("two peers", peer_of(server, 20) == peer_of(server, 30))
	var listed: Array = host_of(server).call(&"get_peers")
	note("in the list", [listed.size(), listed.has(peer_of(server, 20)), listed.has(peer_of(server, 30))])
	var subject := client()
	listed = host_of(subject).call(&"get_peers")
	note("a client's", [listed.size(), listed.has(peer_of(subject, 1))])
	done()


func case_getters_of_the_host() -> void:
	for kind: String in ["server", "client"]:
		var peer := subject_of(kind)
		var host := host_of(peer)
		attempt(host, &"get_max_channels", [], "%s: get_max_channels" % kind)
		attempt(host, &"get_peers", [], "%s: get_peers" % kind)
		note("%s: port" % kind, host.call(&"get_local_port") > 0)
		for statistic in 4:
			note("%s: statistic %d" % [kind, statistic], host.call(&"pop_statistic", statistic) > 0.0)
			note("%s: statistic %d again" % [kind, statistic], host.call(&"pop_statistic", statistic))
		note_errors("%s prints" % kind)
	done()


func case_getters_of_the_packet_peer() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		var link := peer_of(peer, far_id(kind))
		for method: StringName in [
			&"is_active", &"get_state", &"get_channels", &"get_remote_address", &"get_available_packet_count",
		]:
			attempt(link, method, [], "%s: %s" % [kind, method])
		note("%s: port" % kind, link.call(&"get_remote_port") == far_ends[0].connection.get_local_port())
		attempt(link, &"get_statistic", [ENetPacketPeer.PEER_PACKET_THROTTLE_LIMIT], "%s: throttle limit" % kind)
	done()


## Packets are queued in the multiplayer peer, not in the packet peer.
func case_packets_do_not_wait_in_the_wrapper() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		far_ends[0].say("hello", 3)
		check(drive(has_packets(peer, 1)), "the packet arrives")
		note("%s: in the wrapper" % kind, peer_of(peer, far_id(kind)).get_available_packet_count())
		note("%s: in the peer" % kind, take_packets(peer))
	done()


func case_sending_through_the_wrapper() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		far_ends[0].seen.clear()
		var link := peer_of(peer, far_id(kind))
		attempt(link, &"send", [7, "raw".to_utf8_buffer(), 1], "%s: send" % kind)
		attempt(link, &"put_packet", ["put".to_utf8_buffer()], "%s: put_packet" % kind)
		check(drive(saw(far_ends[0], 2)), "both packets arrive")
		note("%s: far" % kind, [far_ends[0].seen.has("7/1 raw"), far_ends[0].seen.has("0/1 put")])
	done()


func case_broadcasting_through_the_host() -> void:
	var server := server_with([20, 30])
	attempt(host_of(server), &"broadcast", [5, "raw".to_utf8_buffer(), 1])
	attempt(host_of(server), &"flush")
	check(drive(func() -> bool: return far_ends.all(func(far: FarEnd) -> bool: return far.seen.size() == 2)),
			"the packet arrives")
	for far in far_ends:
		note("far %d" % far.id, far.seen)
	done()


func case_compressing_through_the_host() -> void:
	for mode: int in [ENetConnection.COMPRESS_RANGE_CODER, ENetConnection.COMPRESS_ZLIB]:
		var text := "compress me ".repeat(50)
		var server := server_with([])
		host_of(server).call(&"compress", mode)
		var far := join(server, 20)
		far.connection.compress(mode as ENetConnection.CompressionMode)
		check(drive(func() -> bool: return signals(server).has("+20") and _is_up(far)), "the far end joins")
		host_of(server).call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_DATA)
		note("mode %d: sending" % mode, send(server, text, 20))
		check(drive(saw(far, 2)), "the packet arrives")
		var sent: float = host_of(server).call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_DATA)
		note("mode %d: fewer bytes are sent" % mode, sent > 0.0 and sent < text.length())
		far.say(text)
		check(drive(has_packets(server, 1)), "the packet arrives in the other direction")
		note("mode %d: bytes" % mode, server.get_packet().get_string_from_ascii() == text)
		note_errors("mode %d prints" % mode)
	done()


func case_client_compresses_before_it_connects() -> void:
	var peer := connecting_client()
	far_ends[0].connection.compress(ENetConnection.COMPRESS_FASTLZ)
	attempt(host_of(peer), &"compress", [ENetConnection.COMPRESS_FASTLZ])
	note("the client connects", drive(func() -> bool: return is_up(peer) and far_ends[0].link != null))
	done()


func case_channel_limit_through_the_host() -> void:
	var server := server_with([])
	attempt(host_of(server), &"channel_limit", [4])
	attempt(host_of(server), &"get_max_channels")
	var far := join(server, 20)
	check(drive(func() -> bool: return signals(server).has("+20") and _is_up(far)), "the far end joins")
	note("far end's channels", far.link.get_channels())
	note("own channels", peer_of(server, 20).call(&"get_channels"))
	note("channel 2", send(server, "x", 20, RELIABLE, 2))
	done()


func case_bandwidth_limit_through_the_host() -> void:
	for kind: String in ["server", "client"]:
		var peer := subject_of(kind)
		attempt(host_of(peer), &"bandwidth_limit", [100000, 100000], "%s: limit" % kind)
		attempt(host_of(peer), &"bandwidth_limit", [], "%s: none" % kind)
		note("%s: sending" % kind, send(peer, "x"))
	done()


func case_host_cannot_be_created_again() -> void:
	var server := server_with([20])
	attempt(host_of(server), &"create_host")
	attempt(host_of(server), &"create_host_bound", ["*", 0])
	attempt(host_of(server), &"connect_to_host", [LOCALHOST, 5000])
	note_state(server, "server")
	done()


## destroy() removes all peers; the next poll emits their signals.
func case_destroying_the_host() -> void:
	for kind: String in ["server", "client"]:
		far_ends.clear()
		var peer := server_with([20, 30]) if kind == "server" else client()
		var host := host_of(peer)
		var link := peer_of(peer, far_id(kind))
		attempt(host, &"destroy", [], "%s: destroy" % kind)
		note_state(peer, "%s before the poll" % kind)
		note("%s: the wrapper is active" % kind, link.call(&"is_active"))
		note_signals(peer, "%s before the poll" % kind)
		differs("%s: sending" % kind, send(peer, "x", far_id(kind)), "D7", OK, ERR_INVALID_PARAMETER)
		note_errors("%s: sending prints" % kind)
		peer.poll()
		take_errors()
		note_signals(peer, "%s after the poll" % kind)
		note_state(peer, "%s after the poll" % kind)
		peer.close()
		note_errors("%s: closing prints" % kind)
		must(peer, &"create_server", [0])
		note("%s: can be a server again" % kind, is_up(peer))
	done()


func case_destroying_the_host_and_closing() -> void:
	for kind: String in ["server", "client"]:
		var peer := subject_of(kind)
		host_of(peer).call(&"destroy")
		peer.close()
		# Stock prints an error because close() cannot destroy the host again.
		take_errors()
		note_signals(peer, kind)
		note_state(peer, kind)
	done()


func case_held_host_after_close() -> void:
	for kind: String in ["server", "client"]:
		var peer := subject_of(kind)
		var host := host_of(peer)
		peer.close()
		for method: StringName in [&"get_local_port", &"get_peers", &"get_max_channels", &"service", &"destroy"]:
			attempt(host, method, [], "%s: %s" % [kind, method])
		attempt(host, &"create_host", [], "%s: create_host" % kind)
	done()


func case_held_host_outlives_the_peer() -> void:
	var server := server_with([20])
	var host := host_of(server)
	var link := peer_of(server, 20)
	forget(server)
	server = null
	note("the far end receives the disconnect", drive(func() -> bool: return far_ends[0].seen.has("disconnect 0")))
	attempt(host, &"get_peers")
	attempt(link, &"is_active")
	done()


## Unlike the peer's own methods, these end the connection first, and the next poll emits the signal.
func case_abrupt_disconnect_through_the_packet_peer() -> void:
	for kind in KINDS:
		for method: StringName in [&"peer_disconnect_now", &"reset"]:
			far_ends.clear()
			var label := "%s: %s" % [kind, method]
			var peer := subject_of(kind)
			var link := peer_of(peer, far_id(kind))
			var known: Array = []
			on(peer, &"peer_disconnected", func(id: int) -> void: known.append(peer_of(peer, id) != null))
			attempt(link, method, [], label)
			note("%s: active" % label, link.call(&"is_active"))
			note("%s: known before the poll" % label, peer_of(peer, far_id(kind)) == link)
			note_signals(peer, "%s: before the poll" % label)
			peer.poll()
			note_signals(peer, "%s: after the poll" % label)
			note("%s: known in the handler" % label, known)
			take_errors()
			note_state(peer, label)
			if method != &"reset":
				check(drive_far(func() -> bool: return far_ends[0].seen.has("disconnect 0")),
						"the far end receives the disconnect")
	done()


func case_graceful_disconnect_through_the_packet_peer() -> void:
	for kind in KINDS:
		for method: StringName in [&"peer_disconnect", &"peer_disconnect_later"]:
			far_ends.clear()
			var label := "%s: %s" % [kind, method]
			var peer := subject_of(kind)
			var link := peer_of(peer, far_id(kind))
			attempt(link, method, [7], label)
			note("%s: active" % label, link.call(&"is_active"))
			check(drive(signalled(peer, "-%d" % far_id(kind))), "the disconnect is signalled")
			check(drive_far(func() -> bool: return far_ends[0].seen.has("disconnect 7")),
					"the far end receives the disconnect")
			note_signals(peer, label)
			note_state(peer, label)
			note("%s: active at the end" % label, link.call(&"is_active"))
	done()


func case_resetting_a_connecting_client() -> void:
	for method: StringName in [&"peer_disconnect_now", &"reset"]:
		var peer := connecting_client()
		attempt(peer_of(peer, 1), method)
		peer.poll()
		note_signals(peer, method)
		note_state(peer, method)
	done()


## Calling service() on the host takes events away from the multiplayer peer.
func case_servicing_the_host_by_hand() -> void:
	var server := server_with([20])
	var host := host_of(server)
	far_ends[0].say("to whoever serves", 3)
	var event: Array = []
	var served := func() -> bool:
		far_ends[0].serve()
		var result: Array = host.call(&"service")
		event.assign(result)
		return event[0] == ENetConnection.EVENT_RECEIVE
	check(wait_until(served), "the packet arrives")
	note("event", event)
	note("the event's peer is get_peer's", event[1] == peer_of(server, 20))
	note("in the wrapper", peer_of(server, 20).get_available_packet_count())
	server.poll()
	note("in the peer", server.get_available_packet_count())
	note_errors("serving prints")
	done()


## A script that services the host also takes the connect event of a newcomer.
func case_taking_a_connect_from_the_host() -> void:
	var server := server_with([])
	var far := join(server, 20)
	var event := _taken_by_hand(server, ENetConnection.EVENT_CONNECT)
	note("event", event)
	note_signals(server, "before the poll")
	check(drive(func() -> bool: return _is_up(far)), "the far end is connected")
	differs("signals", signals(server), "D18", [], ["+20"])
	differs("known", peer_of(server, 20) == event[1], "D18", false, true)
	differs("asking prints", take_errors(), "D18", true, false)
	differs("sending", send(server, "hello", 20), "D18", ERR_INVALID_PARAMETER, OK)
	differs("sending prints", take_errors(), "D18", true, false)
	far.say("hello")
	check(drive(has_packets(server, 1)), "the packet arrives")
	differs("packets", take_packets(server), "D18", ["0 0/2 hello"], ["20 0/2 hello"])
	differs("receiving prints", take_errors(), "D18", true, false)
	done()


func case_taking_a_disconnect_from_the_host() -> void:
	var server := server_with([20, 30])
	far_ends[0].link.peer_disconnect(7)
	note("event", _taken_by_hand(server, ENetConnection.EVENT_DISCONNECT))
	note_signals(server, "before the poll")
	server.poll()
	note_errors("polling prints")
	note_signals(server, "after the poll")
	note("known", peer_of(server, 20) != null)
	note_errors("asking prints")
	note("the other peer remains", peer_of(server, 30) != null)
	try_send(server, "gone", 20)
	try_send(server, "all")
	server.poll()
	note_signals(server, "after another poll")
	done()


func case_no_object() -> void:
	var inactive := new_subject()
	note("no host", inactive.call(&"get_host") == null)
	differs("its type", typeof(inactive.call(&"get_host")), "D15", TYPE_OBJECT, TYPE_NIL)
	note_errors("asking prints")
	var script := GDScript.new()
	script.source_code = "extends RefCounted\nfunc make() -> void:\n\t%s.new()\n" % kit.class_of("ENetPacketPeer")
	differs("making a packet peer compiles", script.reload() == OK, "D15", false, true)
	take_errors(true)
	note("can be instantiated", ClassDB.instantiate(kit.class_of("ENetPacketPeer")) != null)
	note("instantiating prints", take_errors(true))
	done()


## The first event of this type, taken from a server's host while the server does not poll.
func _taken_by_hand(server: MultiplayerPeer, type: int) -> Array:
	var event: Array = []
	var is_taken := func() -> bool:
		var result: Array = host_of(server).call(&"service")
		event.assign(result)
		return event[0] == type
	check(drive_far(is_taken), "the event arrives")
	return event
