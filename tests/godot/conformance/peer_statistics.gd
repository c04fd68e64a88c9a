extends "res://lib/conformance_case.gd"
## ENetPacketPeer.get_statistic: values at the start and after known traffic. Times are noted as ranges.

const COUNT := 14
const LOSS := ENetPacketPeer.PEER_PACKET_LOSS
const LOSS_VARIANCE := ENetPacketPeer.PEER_PACKET_LOSS_VARIANCE
const LOSS_EPOCH := ENetPacketPeer.PEER_PACKET_LOSS_EPOCH
const RTT := ENetPacketPeer.PEER_ROUND_TRIP_TIME
const RTT_VARIANCE := ENetPacketPeer.PEER_ROUND_TRIP_TIME_VARIANCE
const LAST_RTT := ENetPacketPeer.PEER_LAST_ROUND_TRIP_TIME
const LAST_RTT_VARIANCE := ENetPacketPeer.PEER_LAST_ROUND_TRIP_TIME_VARIANCE
const COUNTER := ENetPacketPeer.PEER_PACKET_THROTTLE_COUNTER
const THROTTLE_EPOCH := ENetPacketPeer.PEER_PACKET_THROTTLE_EPOCH
const TIMES: Array[int] = [RTT, RTT_VARIANCE, LAST_RTT, LAST_RTT_VARIANCE]
const EPOCHS: Array[int] = [LOSS_EPOCH, THROTTLE_EPOCH]
## Upper limit for the first round trip by ENet's clock. On one machine it is much shorter.
const MOST_MILLISECONDS := 500.0


func case_all_of_a_new_peer() -> void:
	var connection := new_host()
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port(), 2)
	for statistic: int in COUNT:
		attempt(peer, &"get_statistic", [statistic])
	done()


func case_unknown_statistics() -> void:
	var pair := connected_pair()
	for statistic: int in [-1, COUNT, 99, 2147483647, -2147483648]:
		attempt(pair.subject_peer, &"get_statistic", [statistic])
	done()


func case_steady_values_once_connected() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		for statistic: int in COUNT:
			if not TIMES.has(statistic) and not EPOCHS.has(statistic):
				attempt(pair.subject_peer, &"get_statistic", [statistic])
	done()


func case_times_once_connected() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		for statistic in TIMES:
			var value: float = pair.subject_peer.call(&"get_statistic", statistic)
			note("%d is whole" % statistic, value == floorf(value))
			note("%d is in range" % statistic, value >= 0.0 and value <= MOST_MILLISECONDS)
	done()


## On one machine the measured round trip must fall below its initial value.
func case_round_trip_after_traffic() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		clear_events()
		for index in 20:
			pair.subject_peer.call(&"send", 0, PackedByteArray([index]), 1)
			check(serve(pair.both(), had(pair.partner, index + 1)), "arrives")
		serve_for(pair.both(), 0.05)
		var rtt: float = pair.subject_peer.call(&"get_statistic", RTT)
		note("round trip", rtt >= 1.0 and rtt < MOST_MILLISECONDS)
		var variance: float = pair.subject_peer.call(&"get_statistic", RTT_VARIANCE)
		note("variance", variance >= 0.0 and variance <= rtt + MOST_MILLISECONDS)
		attempt(pair.subject_peer, &"get_statistic", [LOSS])
		attempt(pair.subject_peer, &"get_statistic", [LOSS_VARIANCE])
	done()


## Unreliable packets advance the throttle counter, reliable ones do not.
func case_throttle_counter() -> void:
	for sent: Array in [[5, 0], [5, 1], [5, 2], [12, 0], [3, 8]]:
		var pair := connected_pair(2)
		for index: int in sent[0]:
			pair.subject_peer.call(&"send", 1, PackedByteArray([index]), sent[1])
		attempt(pair.subject, &"flush")
		note("%d packets with flags %d" % sent, pair.subject_peer.call(&"get_statistic", COUNTER))
		note("of the partner", pair.partner_peer.call(&"get_statistic", COUNTER))
	done()


func case_throttle_counter_and_fragments() -> void:
	var pair := connected_pair(2)
	var bytes := PackedByteArray()
	bytes.resize(5000)
	for flags: int in [0, 1, 8]:
		pair.subject_peer.call(&"send", 1, bytes, flags)
		attempt(pair.subject, &"flush")
		note("flags %d" % flags, pair.subject_peer.call(&"get_statistic", COUNTER))
	done()


## The epochs use ENet's own clock, so only whether they have started can be compared.
func case_epochs_start() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		pair.subject_peer.call(&"send", 0, PackedByteArray([1]), 1)
		serve_for(pair.both(), 0.05)
		for statistic in EPOCHS:
			var value: float = pair.subject_peer.call(&"get_statistic", statistic)
			note("%d has started" % statistic, value > 0.0)
			note("%d is whole" % statistic, value == floorf(value))
	done()


func case_statistics_while_disconnecting() -> void:
	var pair := connected_pair(2)
	attempt(pair.subject_peer, &"peer_disconnect")
	for statistic: int in COUNT:
		if not TIMES.has(statistic) and not EPOCHS.has(statistic):
			attempt(pair.subject_peer, &"get_statistic", [statistic])
	done()


## A reused slot starts with fresh statistics.
func case_statistics_of_the_next_connection() -> void:
	var connection := new_host(1)
	var partner := partner_connection()
	var port := listen(partner)
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port, 2)
	check(serve([connection, partner], had(connection, 1)), "connects")
	peer.call(&"send", 0, PackedByteArray([1]), 0)
	peer.call(&"throttle_configure", 1000, 3, 4)
	attempt(connection, &"service")
	attempt(peer, &"reset")
	attempt(connection, &"service")
	var next: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port, 2)
	for statistic: int in COUNT:
		attempt(next, &"get_statistic", [statistic])
	done()


func case_wide_statistic_number() -> void:
	var pair := connected_pair()
	var wide := [(1 << 32) + 7]
	attempt_apart(pair.subject_peer, &"get_statistic", wide, "D28", [32.0, false], [0.0, true])
	attempt(pair.subject, &"pop_statistic", wide)
	done()
