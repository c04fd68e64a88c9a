extends "res://lib/conformance_case.gd"
## Disconnecting with ENetPacketPeer: four ways to end a connection, in every state, seen from both ends.

const WAYS: Array[StringName] = [&"peer_disconnect", &"peer_disconnect_later", &"peer_disconnect_now", &"reset"]


func case_disconnect() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		clear_events()
		attempt(pair.subject_peer, &"peer_disconnect", [5])
		_note_peer(pair.subject_peer)
		_note_end_of_both(pair)
	done()


func case_disconnect_later_with_nothing_queued() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		serve_for(pair.both(), 0.05)
		clear_events()
		attempt(pair.subject_peer, &"peer_disconnect_later", [5])
		_note_peer(pair.subject_peer)
		_note_end_of_both(pair)
	done()


func case_disconnect_later_with_a_queue() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		clear_events()
		for index in 3:
			pair.subject_peer.call(&"send", 0, PackedByteArray([index]), 1)
		attempt(pair.subject_peer, &"peer_disconnect_later", [5])
		_note_peer(pair.subject_peer)
		_note_end_of_both(pair)
	done()


## Reliable packets that the remote has not acknowledged count as queued.
func case_disconnect_later_with_a_packet_under_way() -> void:
	var pair := connected_pair(2)
	clear_events()
	pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
	attempt(pair.subject, &"flush")
	attempt(pair.subject_peer, &"peer_disconnect_later", [5])
	_note_peer(pair.subject_peer)
	_note_end_of_both(pair)
	done()


func case_disconnect_drops_the_queue() -> void:
	var pair := connected_pair(2)
	clear_events()
	for index in 3:
		pair.subject_peer.call(&"send", 0, PackedByteArray([index]), 1)
	attempt(pair.subject_peer, &"peer_disconnect", [5])
	_note_end_of_both(pair)
	done()


func case_disconnect_now() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		clear_events()
		attempt(pair.subject_peer, &"peer_disconnect_now", [5])
		_note_peer(pair.subject_peer)
		note("the partner receives the disconnect", serve(pair.both(), had(pair.partner, 1)))
		serve_for(pair.both(), 0.05)
		note("own events", events(pair.subject))
		note("partner's events", events(pair.partner))
	done()


## The disconnect is sent at once, not by the next service().
func case_disconnect_now_does_not_wait() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject_peer, &"peer_disconnect_now", [5])
	note("the partner receives the disconnect", serve([pair.partner], had(pair.partner, 1)))
	done()


func case_disconnect_waits_for_service() -> void:
	for method: StringName in [&"peer_disconnect", &"peer_disconnect_later"]:
		var pair := connected_pair(2)
		serve_for(pair.both(), 0.05)
		clear_events()
		attempt(pair.subject_peer, method, [5])
		serve_for([pair.partner], 0.1)
		note("before service", events(pair.partner))
		attempt(pair.subject, &"flush")
		note("the partner receives the disconnect", serve([pair.partner], had(pair.partner, 1)))
	done()


func case_disconnect_now_sends_what_is_queued() -> void:
	var pair := connected_pair(2)
	clear_events()
	pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
	attempt(pair.subject_peer, &"peer_disconnect_now", [5])
	note("the partner receives the disconnect", serve([pair.partner], had(pair.partner, 1)))
	serve_for([pair.partner], 0.05)
	note("partner's events", events(pair.partner))
	done()


func case_reset() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		clear_events()
		attempt(pair.subject_peer, &"reset")
		_note_peer(pair.subject_peer)
		serve_for(pair.both(), 0.1)
		note("own events", events(pair.subject))
		note("partner's events", events(pair.partner))
		note("partner's state", pair.partner_peer.call(&"get_state"))
		attempt(pair.subject, &"get_peers")
	done()


## After a reset the remote's datagrams belong to no peer, until the remote times out.
func case_partner_of_a_reset_peer_times_out() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject_peer, &"reset")
	pair.partner_peer.call(&"set_timeout", 1, 1, 1)
	pair.partner_peer.call(&"send", 0, PackedByteArray([1]), 1)
	note("the partner times out", serve(pair.both(), had(pair.partner, 1)))
	note("partner's events", events(pair.partner))
	note("own events", events(pair.subject))
	done()


func case_second_call_while_disconnecting() -> void:
	for way in WAYS:
		var pair := connected_pair(2)
		clear_events()
		attempt(pair.subject_peer, &"peer_disconnect", [5])
		attempt(pair.subject_peer, way, [] if way == &"reset" else [6])
		_note_peer(pair.subject_peer)
		serve_for(pair.both(), 0.1)
		note("own events", events(pair.subject))
		note("partner's events", events(pair.partner))
		attempt(pair.subject, &"get_peers")
	done()


func case_second_call_while_disconnecting_later() -> void:
	for way in WAYS:
		var pair := connected_pair(2)
		clear_events()
		pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
		attempt(pair.subject_peer, &"peer_disconnect_later", [5])
		attempt(pair.subject_peer, way, [] if way == &"reset" else [6])
		_note_peer(pair.subject_peer)
		serve_for(pair.both(), 0.1)
		note("own events", events(pair.subject))
		note("partner's events", events(pair.partner))
		attempt(pair.subject, &"get_peers")
	done()


func case_both_disconnect() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject_peer, &"peer_disconnect", [5])
	pair.partner_peer.call(&"peer_disconnect", 6)
	var both_ended := func() -> bool:
		return not events(pair.subject).is_empty() and not events(pair.partner).is_empty()
	note("both end", serve(pair.both(), both_ended))
	note("own events", events(pair.subject))
	note("partner's events", events(pair.partner))
	done()


## While a peer waits to disconnect, received packets are dropped.
func case_incoming_while_disconnecting_later() -> void:
	var pair := connected_pair(2)
	clear_events()
	pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
	attempt(pair.subject_peer, &"peer_disconnect_later", [5])
	pair.partner_peer.call(&"send", 0, PackedByteArray([9]), 1)
	pair.partner.call(&"flush")
	_note_end_of_both(pair)
	done()


func case_incoming_while_disconnecting() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject_peer, &"peer_disconnect", [5])
	pair.partner_peer.call(&"send", 0, PackedByteArray([9]), 1)
	pair.partner.call(&"flush")
	_note_end_of_both(pair)
	done()


func case_disconnect_while_connecting() -> void:
	for way: StringName in [&"peer_disconnect", &"peer_disconnect_later"]:
		for is_sent: bool in [false, true]:
			var connection := new_host()
			var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port(), 2)
			if is_sent:
				attempt(connection, &"service")
			attempt(peer, way, [5])
			differs("is active", peer.call(&"is_active"), "D21", true, false)
			attempt(peer, &"get_state")
			attempt(connection, &"service")
			var listed: Array = connection.call(&"get_peers")
			differs("still listed", listed.size(), "D21", 1, 0)
			var next: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port())
			differs("another attempt", next != null, "D21", false, true)
			differs("another attempt prints", take_errors(), "D21", true, false)
	done()


func case_disconnect_now_while_connecting() -> void:
	for way: StringName in [&"peer_disconnect_now", &"reset"]:
		for is_sent: bool in [false, true]:
			var connection := new_host()
			var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port(), 2)
			if is_sent:
				attempt(connection, &"service")
			attempt(peer, way)
			_note_peer(peer)
			attempt(connection, &"service")
			attempt(connection, &"get_peers")
			attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "another attempt")
	done()


## The partner has answered, but the subject has not read the answer.
func case_leaving_before_the_answer_is_read() -> void:
	for way in WAYS:
		var connection := new_host()
		var partner := partner_connection()
		var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, listen(partner), 2)
		attempt(connection, &"service")
		var has_answered := func() -> bool:
			return partner.pop_statistic(ENetConnection.HOST_TOTAL_SENT_PACKETS) > 0.0
		check(serve([partner], has_answered), "the partner answers")
		peer.callv(way, [])
		take_errors()
		serve_for([connection, partner], 0.1)
		note("own events", events(connection))
		note("partner's events", events(partner))
		note("partner's peers", partner.get_peers().size())
	done()


## The acceptor has no acknowledgement of its answer yet. Stock drops that acknowledgement when the connector
## disconnects.
func case_leaving_as_soon_as_connected() -> void:
	for way in WAYS:
		var connection := new_host()
		var partner := partner_connection()
		var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, listen(partner), 2)
		var is_connected := func() -> bool:
			serve_once(connection)
			return not events(connection).is_empty()
		check(serve([partner], is_connected), "connected")
		peer.callv(way, [])
		serve_for([connection, partner], 0.2)
		var connect_event := [1, "peer", 0, 0, 0]
		var disconnect_event := [2, "peer", 0, 0, 0]
		var both := [connect_event, disconnect_event]
		# Only a disconnect that waits for an answer causes an own event, and only one that is sent reaches the partner.
		var own := both if way in [&"peer_disconnect", &"peer_disconnect_later"] else [connect_event]
		var theirs := both if way != &"reset" else [connect_event]
		differs("own events", events(connection), "D29", [connect_event], own)
		differs("partner's events", events(partner), "D29", [], theirs)
	done()


func case_every_way_twice() -> void:
	for way: StringName in [&"peer_disconnect_now", &"reset"]:
		var pair := connected_pair(2)
		attempt(pair.subject_peer, way)
		attempt(pair.subject_peer, way)
	done()


func case_remote_leaves_in_every_way() -> void:
	for way in WAYS:
		var pair := connected_pair(2)
		clear_events()
		pair.partner_peer.callv(way, [] if way == &"reset" else [5])
		serve_for(pair.both(), 0.1)
		note("events", events(pair.subject))
		_note_peer(pair.subject_peer)
		attempt(pair.subject, &"get_peers")
	done()


func case_ours_with_ours() -> void:
	for way in WAYS:
		var pair := connect_pair(kit.connection(), kit.connection(), 3, 5)
		pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
		serve_for(pair.both(), 0.05)
		attempt(pair.subject_peer, way, [] if way == &"reset" else [6])
		serve_for(pair.both(), 0.1)
		note("own events", events(pair.subject))
		note("the other's events", events(pair.partner))
	done()


func _note_peer(peer: PacketPeer) -> void:
	attempt(peer, &"is_active")
	attempt(peer, &"get_state")
	attempt(peer, &"get_channels")


func _note_end_of_both(pair: Pair) -> void:
	var has_ended := func(connection: RefCounted) -> bool:
		return events(connection).any(func(event: Array) -> bool: return event[0] == ENetConnection.EVENT_DISCONNECT)
	note("both end", serve(pair.both(), func() -> bool: return pair.both().all(has_ended)))
	note("own events", events(pair.subject))
	note("partner's events", events(pair.partner))
	_note_peer(pair.subject_peer)
	attempt(pair.subject, &"get_peers")
