extends "res://lib/conformance_case.gd"
## The settings and getters of ENetPacketPeer while connected, and in the states before and after.

const INTERVAL := ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL
const ACCELERATION := ENetPacketPeer.PEER_PACKET_THROTTLE_ACCELERATION
const DECELERATION := ENetPacketPeer.PEER_PACKET_THROTTLE_DECELERATION

const THROTTLES: Array[Array] = [[1000, 3, 4], [0, 0, 0], [5000, 2, 2], [2147483647, 32, 32]]

## Keeps the connections alive, because their peers would become inactive without them.
var _kept: Array[RefCounted] = []


func case_connected_peer() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(7, 0, accepts)
		attempt(pair.subject_peer, &"is_active")
		attempt(pair.subject_peer, &"get_state")
		attempt(pair.subject_peer, &"get_channels")
		attempt(pair.subject_peer, &"get_remote_address")
		var port: int = pair.subject_peer.call(&"get_remote_port")
		note("remote port", port == pair.partner.call(&"get_local_port"))
		attempt(pair.subject_peer, &"get_available_packet_count")
	done()


func case_connecting_peer() -> void:
	var peer := _connecting()
	for method: StringName in [
		&"is_active", &"get_state", &"get_channels", &"get_remote_address", &"get_available_packet_count",
		&"ping", &"get_packet", &"get_packet_flags",
	]:
		attempt(peer, method)
	done()


func case_disconnecting_peer() -> void:
	var pair := connected_pair(3)
	attempt(pair.subject_peer, &"peer_disconnect")
	for method: StringName in [
		&"is_active", &"get_state", &"get_channels", &"get_remote_address", &"get_available_packet_count",
		&"ping", &"get_packet", &"get_packet_flags",
	]:
		attempt(pair.subject_peer, method)
	attempt(pair.subject_peer, &"set_timeout", [1, 2, 3])
	attempt(pair.subject_peer, &"ping_interval", [100])
	attempt(pair.subject_peer, &"get_statistic", [0])
	done()


func case_peer_that_disconnects_later() -> void:
	var pair := connected_pair(3)
	attempt(pair.subject_peer, &"send", [0, PackedByteArray([1]), 1])
	attempt(pair.subject_peer, &"peer_disconnect_later")
	for method: StringName in [&"is_active", &"get_state", &"get_channels", &"get_remote_address", &"ping"]:
		attempt(pair.subject_peer, method)
	done()


func case_set_timeout_arguments() -> void:
	var pair := connected_pair()
	for values: Array in [
		[0, 0, 0], [1, 2, 3], [1, 1, 1], [32, 5000, 30000], [2, 1, 3], [1, 3, 2], [3, 2, 1], [0, 0, 1], [0, 1, 0],
		[1, 0, 0], [0, -1, 0], [2147483647, 2147483647, 2147483647],
	]:
		attempt(pair.subject_peer, &"set_timeout", values)
	attempt(pair.subject_peer, &"get_state")
	done()


func case_set_timeout_negative_values() -> void:
	var pair := connected_pair()
	for values: Array in [[-1, 0, 0], [-3, -2, -1], [-1, -1, 0]]:
		attempt_apart(pair.subject_peer, &"set_timeout", values, "D24", [null, false], [null, true])
	attempt(pair.subject_peer, &"get_state")
	done()


func case_set_timeout_while_connecting() -> void:
	var peer := _connecting()
	attempt(peer, &"set_timeout", [0, 0, 0])
	attempt(peer, &"set_timeout", [3, 2, 1])
	done()


## Zeros restore the default timeouts, so the peer no longer times out early.
func case_set_timeout_zeros_restore() -> void:
	var pair := connected_pair()
	clear_events()
	attempt(pair.subject_peer, &"set_timeout", [1, 1, 1])
	attempt(pair.subject_peer, &"set_timeout", [0, 0, 0])
	attempt(pair.subject_peer, &"send", [0, PackedByteArray([1]), 1])
	serve_for([pair.subject], 0.7)
	note("events", events(pair.subject))
	attempt(pair.subject_peer, &"get_state")
	done()


func case_ping_interval_arguments() -> void:
	var pair := connected_pair()
	for interval: int in [0, 1, 500, 2147483647]:
		attempt(pair.subject_peer, &"ping_interval", [interval])
	attempt(pair.subject_peer, &"get_state")
	done()


func case_ping_interval_negative() -> void:
	var pair := connected_pair()
	attempt_apart(pair.subject_peer, &"ping_interval", [-1], "D24", [null, false], [null, true])
	attempt(pair.subject_peer, &"get_state")
	done()


func case_ping_interval_makes_traffic() -> void:
	for interval: int in [10, 0]:
		var pair := connected_pair()
		serve_for(pair.both(), 0.05)
		attempt(pair.subject_peer, &"ping_interval", [interval])
		pair.subject.call(&"pop_statistic", 1)
		serve_for(pair.both(), 0.25)
		var sent: float = pair.subject.call(&"pop_statistic", 1)
		note("at least five datagrams", sent >= 5.0)
	done()


func case_ping_sends_one_command() -> void:
	var pair := connected_pair()
	serve_for(pair.both(), 0.02)
	for statistic: int in 4:
		pair.subject.call(&"pop_statistic", statistic)
	attempt(pair.subject_peer, &"ping")
	note("before flush", pair.subject.call(&"pop_statistic", 1))
	attempt(pair.subject, &"flush")
	attempt(pair.subject, &"pop_statistic", [0])
	attempt(pair.subject, &"pop_statistic", [1])
	done()


func case_throttle_configure() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		for values in THROTTLES:
			var interval: int = values[0]
			attempt(pair.subject_peer, &"throttle_configure", values)
			_note_throttle(pair.subject_peer, "own")
			var has_come := func() -> bool:
				return pair.partner_peer.call(&"get_statistic", INTERVAL) == float(interval)
			note("the setting arrives", serve(pair.both(), has_come))
			_note_throttle(pair.partner_peer, "partner's")
	done()


func case_throttle_configure_by_the_remote() -> void:
	var pair := connected_pair()
	pair.partner_peer.call(&"throttle_configure", 1234, 5, 6)
	var has_come := func() -> bool: return pair.subject_peer.call(&"get_statistic", INTERVAL) == 1234.0
	note("the setting arrives", serve(pair.both(), has_come))
	_note_throttle(pair.subject_peer, "own")
	done()


func case_throttle_configure_negative_values() -> void:
	for values: Array in [[-1, 2, 2], [5000, -1, 2], [5000, 2, -1]]:
		var pair := connected_pair()
		attempt_apart(pair.subject_peer, &"throttle_configure", values, "D24", [null, false], [null, true])
	done()


## Numbers that do not fit into 32 bits.
func case_throttle_configure_wide_numbers() -> void:
	var pair := connected_pair()
	var wide := [1 << 32, 1, 1]
	attempt_apart(pair.subject_peer, &"throttle_configure", wide, "D28", [null, false], [null, true])
	done()


func case_throttle_configure_while_connecting() -> void:
	var peer := _connecting()
	attempt(peer, &"throttle_configure", [1000, 3, 4])
	_note_throttle(peer, "own")
	done()


func case_throttle_configured_before_the_answer() -> void:
	var connection := new_host()
	var partner := partner_connection()
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, listen(partner), 4)
	attempt(peer, &"throttle_configure", [1000, 3, 4])
	check(serve([connection, partner], had(connection, 1)), "the connection is established")
	serve_for([connection, partner], 0.05)
	var connected := [[ENetConnection.EVENT_CONNECT, "peer", 0, 0, 0]]
	var failed := [[ENetConnection.EVENT_DISCONNECT, "peer", 0, 0, 0]]
	differs("own events", events(connection), "D31", failed, connected)
	if kit.is_ours:
		var other: ENetPacketPeer = partner.get_peers()[0]
		check(other.get_statistic(INTERVAL) == 1000.0, "the remote receives the setting")
	done()


## The acceptor uses the throttle values that are part of the connector's request.
func case_throttle_is_part_of_the_request() -> void:
	var connection := kit.connection()
	var client := new_client(listen(connection), 2)
	var peer: ENetPacketPeer = client.get_peers()[0]
	check(serve([connection, client], had(connection, 1)), "connects")
	var accepted: PacketPeer = connection.call(&"get_peers")[0]
	_note_throttle(accepted, "acceptor's")
	_note_throttle(peer, "connector's")
	done()


func case_peer_cannot_be_made() -> void:
	note("can be made", ClassDB.can_instantiate(kit.class_of("ENetPacketPeer")))
	var pair := connected_pair()
	note("class", pair.subject_peer)
	note("is a PacketPeer", pair.subject_peer.is_class("PacketPeer"))
	done()


func case_disconnect_data_range() -> void:
	for data: int in [4294967295, 4294967296 + 7, -1, -4294967296]:
		var pair := connected_pair()
		clear_events()
		attempt(pair.subject_peer, &"peer_disconnect_now", [data])
		check(serve([pair.partner], had(pair.partner, 1)), "heard")
		note("data", events(pair.partner))
	done()


func _connecting() -> PacketPeer:
	var connection := new_host()
	_kept.append(connection)
	return connection.call(&"connect_to_host", LOCALHOST, free_port(), 4)


func _note_throttle(peer: PacketPeer, whose: String) -> void:
	for statistic: int in [INTERVAL, ACCELERATION, DECELERATION]:
		note("%s statistic %d" % [whose, statistic], peer.call(&"get_statistic", statistic))
