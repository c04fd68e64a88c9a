extends "res://lib/conformance_case.gd"
## Calls on an ENetPacketPeer without a connection: they print an error, return a default and have no effect.

const CALLS: Array[Array] = [
	[&"is_active"], [&"get_state"], [&"peer_disconnect"], [&"peer_disconnect", 4], [&"peer_disconnect_later"],
	[&"peer_disconnect_now"], [&"ping"], [&"ping_interval", 100], [&"ping_interval", -1], [&"reset"],
	[&"throttle_configure", 1, 1, 1], [&"set_timeout", 1, 2, 3], [&"set_timeout", 3, 2, 1],
	[&"get_remote_address"], [&"get_remote_port"], [&"get_channels"], [&"get_statistic", 0], [&"get_statistic", 99],
	[&"get_available_packet_count"], [&"get_packet_flags"], [&"get_packet"], [&"get_packet_error"], [&"get_var"],
	[&"get_packet_error"], [&"put_var", 1],
]


func case_after_remote_disconnect() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		clear_events()
		pair.partner_peer.call(&"peer_disconnect")
		check(serve(pair.both(), had(pair.subject, 1)), "disconnected")
		_call_all(pair.subject_peer)
	done()


func case_after_own_disconnect() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject_peer, &"peer_disconnect")
	check(serve(pair.both(), had(pair.subject, 1)), "disconnected")
	_call_all(pair.subject_peer)
	done()


func case_after_disconnect_now() -> void:
	var pair := connected_pair(2)
	attempt(pair.subject_peer, &"peer_disconnect_now")
	_call_all(pair.subject_peer)
	done()


func case_after_reset() -> void:
	var pair := connected_pair(2)
	attempt(pair.subject_peer, &"reset")
	_call_all(pair.subject_peer)
	done()


func case_after_timeout() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject_peer, &"set_timeout", [1, 1, 1])
	attempt(pair.subject_peer, &"send", [0, PackedByteArray([1]), 1])
	check(serve([pair.subject], had(pair.subject, 1)), "the peer times out")
	_call_all(pair.subject_peer)
	done()


func case_after_destroy() -> void:
	var pair := connected_pair(2)
	attempt(pair.subject, &"destroy")
	_call_all(pair.subject_peer)
	done()


func case_after_the_connection_is_freed() -> void:
	var pair := connected_pair(2)
	pair.subject = null
	_call_all(pair.subject_peer)
	done()


func case_after_a_failed_attempt() -> void:
	var connection := new_host()
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port())
	attempt(peer, &"set_timeout", [1, 1, 1])
	check(serve([connection], had(connection, 1)), "the attempt times out")
	_call_all(peer)
	done()


func _call_all(peer: PacketPeer) -> void:
	for one_call in CALLS:
		var method: StringName = one_call[0]
		attempt(peer, method, one_call.slice(1))
