extends "res://lib/conformance_case.gd"
## pop_statistic, bandwidth_limit, and the calls that have an effect with DTLS only.

const SENT_BYTES := ENetConnection.HOST_TOTAL_SENT_DATA
const SENT := ENetConnection.HOST_TOTAL_SENT_PACKETS
const RECEIVED_BYTES := ENetConnection.HOST_TOTAL_RECEIVED_DATA
const RECEIVED := ENetConnection.HOST_TOTAL_RECEIVED_PACKETS


func case_statistics_of_a_new_host() -> void:
	var connection := new_host()
	_note_all(connection, "new")
	attempt(connection, &"service")
	_note_all(connection, "served")
	done()


func case_unknown_statistics() -> void:
	var connection := new_host()
	for statistic: int in [-1, 4, 99, -2147483648]:
		attempt(connection, &"pop_statistic", [statistic])
	done()


## Every step sends one datagram of a known size.
func case_handshake_step_by_step() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := new_host()
	attempt(connection, &"connect_to_host", [LOCALHOST, port, 4], "connect_to_host")
	attempt(connection, &"service")
	_note_request(connection)
	check(serve([partner], func() -> bool: return partner.pop_statistic(RECEIVED) > 0.0), "the request arrives")
	check(serve([connection], had(connection, 1)), "the answer arrives")
	note("received", connection.call(&"pop_statistic", RECEIVED))
	note("received bytes", connection.call(&"pop_statistic", RECEIVED_BYTES))
	done()


func case_both_ends_count_the_same() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		for size: int in [10, 1000, 5000]:
			var bytes := PackedByteArray()
			bytes.resize(size)
			pair.subject_peer.call(&"send", 0, bytes, 1)
			pair.partner_peer.call(&"send", 1, bytes, 1)
		clear_events()
		var all_arrived := func() -> bool:
			return events(pair.subject).size() == 3 and events(pair.partner).size() == 3
		check(serve(pair.both(), all_arrived), "all packets arrive")
		# A datagram in flight may so far be counted by its sender only.
		serve_for(pair.both(), 0.02)
		for kinds: Array in [[SENT_BYTES, RECEIVED_BYTES], [SENT, RECEIVED], [RECEIVED_BYTES, SENT_BYTES], [RECEIVED, SENT]]:
			var own: float = pair.subject.call(&"pop_statistic", kinds[0])
			var other: float = pair.partner.call(&"pop_statistic", kinds[1])
			note("%d equals %d" % kinds, own == other and own > 0.0)
	done()


func case_popping_resets() -> void:
	var pair := connected_pair()
	for statistic: int in 4:
		var first: float = pair.subject.call(&"pop_statistic", statistic)
		note("%d had something" % statistic, first > 0.0)
		attempt(pair.subject, &"pop_statistic", [statistic])
	done()


func case_bytes_of_one_packet() -> void:
	for size: int in [0, 1, 100, 1000, 1364]:
		for flags: int in [0, 1, 2]:
			var pair := connected_pair(2)
			_forget(pair)
			var bytes := PackedByteArray()
			bytes.resize(size)
			pair.subject_peer.call(&"send", 0, bytes, flags)
			pair.subject.call(&"flush")
			note("%d bytes, flags %d" % [size, flags], pair.subject.call(&"pop_statistic", SENT_BYTES))
			note("datagrams", pair.subject.call(&"pop_statistic", SENT))
	done()


func case_datagrams_of_a_large_packet() -> void:
	for size: int in [1365, 2728, 5000]:
		for flags: int in [0, 1, 8]:
			var pair := connected_pair(2)
			_forget(pair)
			var bytes := PackedByteArray()
			bytes.resize(size)
			pair.subject_peer.call(&"send", 0, bytes, flags)
			pair.subject.call(&"flush")
			note("%d bytes, flags %d" % [size, flags], pair.subject.call(&"pop_statistic", SENT_BYTES))
			note("datagrams", pair.subject.call(&"pop_statistic", SENT))
	done()


func case_small_packets_share_a_datagram() -> void:
	var pair := connected_pair(2)
	_forget(pair)
	for index in 40:
		pair.subject_peer.call(&"send", 0, PackedByteArray([index]), 1)
	pair.subject.call(&"flush")
	note("datagrams", pair.subject.call(&"pop_statistic", SENT))
	done()


func case_statistics_do_not_outlive_the_host() -> void:
	var pair := connected_pair()
	# Popped counts must not be subtracted from those of the next host.
	for statistic: int in 4:
		note("%d had something" % statistic, pair.subject.call(&"pop_statistic", statistic) > 0.0)
	attempt(pair.subject, &"destroy")
	attempt(pair.subject, &"create_host")
	var port: int = pair.partner.call(&"get_local_port")
	attempt(pair.subject, &"connect_to_host", [LOCALHOST, port, 4], "connect_to_host")
	attempt(pair.subject, &"service")
	_note_request(pair.subject)
	done()


func case_bandwidth_limit_values() -> void:
	var connection := new_host()
	attempt(connection, &"bandwidth_limit")
	for limits: Array in [[0, 0], [1, 1], [57600, 14400], [2147483647, 2147483647], [0, 5], [5, 0]]:
		attempt(connection, &"bandwidth_limit", limits)
	done()


func case_negative_bandwidth_limits() -> void:
	var connection := new_host()
	for limits: Array in [[-1, 0], [0, -1], [-1, -1], [-2147483648, 0]]:
		note("%d %d" % limits, connection.callv(&"bandwidth_limit", limits))
		differs("%d %d prints" % limits, take_errors(), "D24", false, true)
	done()


func case_bandwidth_limit_keeps_the_connection() -> void:
	var pair := connected_pair()
	attempt(pair.subject, &"bandwidth_limit", [100000, 100000])
	clear_events()
	pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
	note("arrives", serve(pair.both(), had(pair.partner, 1)))
	attempt(pair.subject_peer, &"get_state")
	done()


## The error code depends on the ENet that stock was built with, so only its presence is noted.
func case_dtls_without_options() -> void:
	var connection := new_host()
	note("server fails", connection.call(&"dtls_server_setup", null) != OK)
	note_errors("server prints")
	differs("client fails", connection.call(&"dtls_client_setup", "name") != OK, "D19", true, false)
	differs("client prints", take_errors(), "D19", true, false)
	attempt(connection, &"get_max_channels")
	done()


## Resets the counters once the remaining acknowledgements of the connection phase have arrived.
func _forget(pair: Pair) -> void:
	serve_for(pair.both(), 0.02)
	for statistic: int in 4:
		pair.subject.call(&"pop_statistic", statistic)


func _note_request(connection: RefCounted) -> void:
	differs("the request: bytes sent", connection.call(&"pop_statistic", SENT_BYTES), "D38", 52.0, 72.0)
	for statistic: int in [SENT, RECEIVED_BYTES, RECEIVED]:
		attempt(connection, &"pop_statistic", [statistic], "the request: statistic %d" % statistic)


func _note_all(connection: RefCounted, what: String) -> void:
	for statistic: int in 4:
		attempt(connection, &"pop_statistic", [statistic], "%s: statistic %d" % [what, statistic])
