extends "res://lib/conformance_case.gd"
## Sending with the connection itself: broadcast, flush, socket_send, and compression.

const MODES := [
	ENetConnection.COMPRESS_NONE, ENetConnection.COMPRESS_RANGE_CODER, ENetConnection.COMPRESS_FASTLZ,
	ENetConnection.COMPRESS_ZLIB, ENetConnection.COMPRESS_ZSTD,
]


func case_broadcast_reaches_all_peers() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	var partners: Array[ENetConnection] = []
	for index in 3:
		partners.append(new_client(port, 3))
		check(serve([connection, partners[index]], had(connection, index + 1)), "joined")
	clear_events()
	attempt(connection, &"broadcast", [2, PackedByteArray([1, 2, 3]), 1])
	for partner in partners:
		note("arrives", serve([connection, partner], had(partner, 1)))
		note("events", events(partner))
		var peer: ENetPacketPeer = partner.get_peers()[0]
		note("flags", peer.get_packet_flags())
		note("bytes", peer.get_packet())
	done()


func case_broadcast_channels() -> void:
	var pair := connected_pair(0, 0, true)
	attempt(pair.subject, &"channel_limit", [4])
	for channel: int in [-1, 0, 3, 4, 5, 254, 255, 256, -256]:
		attempt(pair.subject, &"broadcast", [channel, PackedByteArray([1]), 1])
	done()


## Numbers that do not fit into 32 bits.
func case_broadcast_wide_numbers() -> void:
	var pair := connected_pair(0, 0, true)
	for wide: Array in [[1 << 32, PackedByteArray([1]), 1], [0, PackedByteArray([1]), 1 << 32]]:
		attempt_apart(pair.subject, &"broadcast", wide, "D28", [null, false], [null, true])
	done()


func case_broadcast_channel_beyond_a_peer() -> void:
	var pair := connected_pair(2, 0, true)
	clear_events()
	attempt(pair.subject, &"broadcast", [5, PackedByteArray([5]), 1])
	attempt(pair.subject, &"broadcast", [1, PackedByteArray([1]), 1])
	check(serve(pair.both(), had(pair.partner, 1)), "one packet arrives")
	note("events", events(pair.partner))
	done()


func case_broadcast_flags() -> void:
	var pair := connected_pair(2, 0, true)
	clear_events()
	for flags: int in [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 16, 32, 256, -1]:
		attempt(pair.subject, &"broadcast", [0, PackedByteArray([flags]), flags])
	# The last broadcast proves that nothing else arrives.
	attempt(pair.subject, &"broadcast", [1, PackedByteArray(), 1])
	var last_is_there := func() -> bool:
		return not events(pair.partner).is_empty() and events(pair.partner)[-1][3] == 1
	check(serve(pair.both(), last_is_there), "all packets arrive")
	# Unsequenced packets may overtake others, so they are compared as a set.
	var arrived: Array[int] = []
	while pair.partner_peer.get_available_packet_count() > 0:
		var how: int = pair.partner_peer.call(&"get_packet_flags")
		var bytes := pair.partner_peer.get_packet()
		arrived.append(-1 if bytes.is_empty() else bytes[0] * 100 + how)
	arrived.sort()
	note("sent and arrived flags", arrived)
	done()


func case_broadcast_without_peers() -> void:
	var connection := new_host()
	attempt(connection, &"broadcast", [0, PackedByteArray([1]), 1])
	attempt(connection, &"broadcast", [0, PackedByteArray(), 1])
	done()


func case_broadcast_skips_the_unconnected() -> void:
	var connection := new_host()
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "connect_to_host")
	attempt(connection, &"broadcast", [0, PackedByteArray([1]), 1])
	done()


func case_broadcast_waits_for_service() -> void:
	var pair := connected_pair(2, 0, true)
	clear_events()
	attempt(pair.subject, &"broadcast", [0, PackedByteArray([1]), 1])
	serve_for([pair.partner], 0.1)
	note("before", events(pair.partner))
	attempt(pair.subject, &"flush")
	note("arrives", serve([pair.partner], had(pair.partner, 1)))
	done()


func case_empty_and_large_broadcast() -> void:
	var pair := connected_pair(2, 0, true)
	clear_events()
	for size: int in [0, 1, 1364, 1365, 100000]:
		var bytes := PackedByteArray()
		bytes.resize(size)
		bytes.fill(size % 251)
		attempt(pair.subject, &"broadcast", [0, bytes, 1], "%d bytes" % size)
	check(serve(pair.both(), had(pair.partner, 5)), "all packets arrive")
	note("sizes", _sizes(pair.partner_peer))
	done()


func case_flush() -> void:
	var pair := connected_pair()
	clear_events()
	attempt(pair.subject_peer, &"send", [0, PackedByteArray([1]), 1])
	serve_for([pair.partner], 0.1)
	note("before", events(pair.partner))
	attempt(pair.subject, &"flush")
	note("arrives", serve([pair.partner], had(pair.partner, 1)))
	done()


func case_flush_of_nothing() -> void:
	var connection := new_host()
	attempt(connection, &"flush")
	attempt(connection, &"pop_statistic", [1])
	done()


func case_flush_sends_the_request_to_connect() -> void:
	var connection := new_host()
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "connect_to_host")
	attempt(connection, &"flush")
	attempt(connection, &"pop_statistic", [1])
	done()


func case_socket_send() -> void:
	var receiver := PacketPeerUDP.new()
	check(receiver.bind(0, LOCALHOST) == OK, "bind")
	var connection := kit.connection()
	var port := listen(connection)
	attempt(connection, &"socket_send", [LOCALHOST, receiver.get_local_port(), "hello".to_utf8_buffer()], "socket_send")
	var is_there := func() -> bool: return receiver.get_available_packet_count() > 0
	note("arrives", serve([], is_there))
	note("bytes", receiver.get_packet())
	note("from the host's port", receiver.get_packet_port() == port)
	done()


func case_socket_send_by_name() -> void:
	var receiver := PacketPeerUDP.new()
	check(receiver.bind(0, LOCALHOST) == OK, "bind")
	var connection := kit.connection()
	listen(connection)
	attempt(connection, &"socket_send", ["localhost", receiver.get_local_port(), PackedByteArray([1])], "by name")
	note("arrives", serve([], func() -> bool: return receiver.get_available_packet_count() > 0))
	done()


func case_socket_send_arguments() -> void:
	var connection := new_host()
	var bytes := PackedByteArray([1])
	for port: int in [0, -1, 65536]:
		attempt(connection, &"socket_send", [LOCALHOST, port, bytes])
	for address: String in ["", "no-such-host.invalid", "127.0.0.256"]:
		attempt(connection, &"socket_send", [address, 5000, bytes])
	done()


func case_socket_send_of_nothing() -> void:
	var connection := new_host()
	attempt(connection, &"socket_send", [LOCALHOST, free_port(), PackedByteArray()], "no bytes")
	done()


## socket_send bypasses ENet and its statistics.
func case_socket_send_is_not_counted() -> void:
	var connection := new_host()
	attempt(connection, &"socket_send", [LOCALHOST, free_port(), PackedByteArray([1])], "socket_send")
	for statistic: int in [0, 1]:
		attempt(connection, &"pop_statistic", [statistic])
	done()


func case_compress_values() -> void:
	var connection := new_host()
	for mode: int in [0, 1, 2, 3, 4, 5, 99, -1, 0]:
		attempt(connection, &"compress", [mode])
	done()


func case_compress_both_ways() -> void:
	for mode: int in MODES:
		var subject := new_host()
		var partner := partner_connection()
		listen(partner)
		attempt(subject, &"compress", [mode])
		partner.compress(mode)
		var out: PacketPeer = subject.call(&"connect_to_host", LOCALHOST, partner.get_local_port(), 2)
		check(serve([subject, partner], had(partner, 1)), "connects")
		check(serve([subject, partner], had(subject, 1)), "knows")
		for back in partner.get_peers():
			_exchange(subject, out, partner, back)
	done()


func case_compress_in_the_middle() -> void:
	var pair := connected_pair(2)
	for mode: int in MODES + [ENetConnection.COMPRESS_NONE]:
		# After the change the other end could not decode packets still in flight.
		serve_for(pair.both(), 0.05)
		attempt(pair.subject, &"compress", [mode])
		pair.partner.call(&"compress", mode)
		_exchange(pair.subject, pair.subject_peer, pair.partner, pair.partner_peer)
	done()


func case_compressed_is_smaller() -> void:
	for mode: int in MODES:
		var pair := connected_pair(2)
		attempt(pair.subject, &"compress", [mode])
		pair.subject.call(&"flush")
		pair.subject.call(&"pop_statistic", 0)
		pair.subject_peer.call(&"send", 0, _compressible(), 1)
		pair.subject.call(&"flush")
		var sent: float = pair.subject.call(&"pop_statistic", 0)
		note("mode %d: less than half" % mode, sent < _compressible().size() / 2.0)
	done()


## An unknown mode leaves the current mode unchanged.
func case_unknown_compression_mode_changes_nothing() -> void:
	var pair := connected_pair(2)
	serve_for(pair.both(), 0.05)
	attempt(pair.subject, &"compress", [ENetConnection.COMPRESS_ZLIB])
	attempt(pair.subject, &"compress", [99])
	pair.partner.call(&"compress", ENetConnection.COMPRESS_ZLIB)
	_exchange(pair.subject, pair.subject_peer, pair.partner, pair.partner_peer)
	done()


func case_compressed_packet_to_an_end_without_compression() -> void:
	var pair := connected_pair(2)
	serve_for(pair.both(), 0.05)
	clear_events()
	attempt(pair.subject, &"compress", [ENetConnection.COMPRESS_RANGE_CODER])
	attempt(pair.subject_peer, &"send", [0, _compressible(), 1], "send")
	serve_for(pair.both(), 0.2)
	note("no packet arrives", events(pair.partner))
	done()


func case_accepts_plain_packets_while_compressing() -> void:
	var pair := connected_pair(2)
	clear_events()
	attempt(pair.subject, &"compress", [ENetConnection.COMPRESS_ZSTD])
	pair.partner_peer.call(&"send", 0, _compressible(), 1)
	note("arrives", serve(pair.both(), had(pair.subject, 1)))
	note("bytes", pair.subject_peer.get_packet())
	done()


func _exchange(subject: RefCounted, out: PacketPeer, partner: RefCounted, back: PacketPeer) -> void:
	clear_events()
	out.call(&"send", 0, _compressible(), 1)
	back.call(&"send", 1, _compressible(), 1)
	var both_have := func() -> bool: return not events(subject).is_empty() and not events(partner).is_empty()
	var arrived := serve([subject, partner], both_have)
	note("both arrive", arrived)
	if not arrived:
		return
	note("at the subject", out.get_packet() == _compressible())
	note("at the partner", back.get_packet() == _compressible())


func _compressible() -> PackedByteArray:
	return "the same words again ".repeat(40).to_utf8_buffer()


func _sizes(peer: PacketPeer) -> Array[int]:
	var sizes: Array[int] = []
	while peer.get_available_packet_count() > 0:
		sizes.append(peer.get_packet().size())
	return sizes
