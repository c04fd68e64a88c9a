extends "res://lib/conformance_case.gd"
## Receiving with ENetPacketPeer: get_packet, get_var, flags, and packets that outlive the connection.


func case_empty_queue() -> void:
	var pair := connected_pair()
	attempt(pair.subject_peer, &"get_available_packet_count")
	attempt(pair.subject_peer, &"get_packet_flags")
	attempt(pair.subject_peer, &"get_packet")
	attempt(pair.subject_peer, &"get_packet_error")
	attempt(pair.subject_peer, &"get_var")
	attempt(pair.subject_peer, &"get_packet_error")
	done()


func case_order_and_flags() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(3, 0, accepts)
		_receive(pair, 2)
		attempt(pair.subject_peer, &"get_available_packet_count")
		for index in 2:
			attempt(pair.subject_peer, &"get_packet_flags")
			attempt(pair.subject_peer, &"get_packet_flags")
			attempt(pair.subject_peer, &"get_packet")
			attempt(pair.subject_peer, &"get_packet_error")
			attempt(pair.subject_peer, &"get_available_packet_count")
		attempt(pair.subject_peer, &"get_packet")
		attempt(pair.subject_peer, &"get_packet_error")
	done()


func case_flags_of_each_kind() -> void:
	for size: int in [0, 1, 1364, 1365, 5000]:
		for flags: int in [0, 1, 2, 3, 8, 9, 10]:
			var pair := connected_pair(2)
			clear_events()
			var bytes := PackedByteArray()
			bytes.resize(size)
			pair.partner_peer.call(&"send", 1, bytes, flags)
			check(serve(pair.both(), had(pair.subject, 1)), "arrives")
			note("%d bytes, flags %d" % [size, flags], pair.subject_peer.call(&"get_packet_flags"))
			note("size", pair.subject_peer.get_packet().size())
	done()


func case_empty_packet_is_no_error() -> void:
	var pair := connected_pair()
	clear_events()
	pair.partner_peer.call(&"send", 0, PackedByteArray(), 1)
	check(serve(pair.both(), had(pair.subject, 1)), "arrives")
	attempt(pair.subject_peer, &"get_available_packet_count")
	attempt(pair.subject_peer, &"get_packet")
	attempt(pair.subject_peer, &"get_packet_error")
	attempt(pair.subject_peer, &"get_available_packet_count")
	done()


func case_get_var() -> void:
	var pair := connected_pair()
	clear_events()
	var values: Array = [5, 2.5, "words", [1, "two"], {"three": 3}, null, Vector3(1, 2, 3)]
	for value: Variant in values:
		pair.partner_peer.put_var(value)
	check(serve(pair.both(), had(pair.subject, values.size())), "arrive")
	for index in values.size():
		attempt(pair.subject_peer, &"get_var", [], "value %d" % index)
	done()


func case_get_var_of_invalid_data() -> void:
	var pair := connected_pair()
	clear_events()
	pair.partner_peer.put_packet(PackedByteArray([255, 255, 255, 255, 1]))
	pair.partner_peer.put_packet(PackedByteArray([1]))
	check(serve(pair.both(), had(pair.subject, 2)), "arrive")
	for index in 2:
		note("value", pair.subject_peer.get_var())
		# The engine decodes, and its error does not name our class.
		note("prints", take_errors(true))
	attempt(pair.subject_peer, &"get_available_packet_count")
	done()


func case_packets_stay_until_read() -> void:
	var pair := connected_pair()
	_receive(pair, 3)
	attempt(pair.subject, &"service")
	attempt(pair.subject, &"flush")
	attempt(pair.subject_peer, &"get_available_packet_count")
	attempt(pair.subject_peer, &"get_packet")
	done()


## A returned packet is a copy, which later packets do not change.
func case_packets_are_copies() -> void:
	var pair := connected_pair()
	_receive(pair, 2)
	var first := pair.subject_peer.get_packet()
	var second := pair.subject_peer.get_packet()
	note("first", first)
	note("second", second)
	done()


func case_queue_after_remote_disconnect() -> void:
	var pair := connected_pair()
	_receive(pair, 2)
	clear_events()
	pair.partner_peer.call(&"peer_disconnect")
	check(serve(pair.both(), had(pair.subject, 1)), "disconnected")
	_read_the_rest(pair.subject_peer)
	done()


func case_queue_of_last_words() -> void:
	var pair := connected_pair()
	clear_events()
	for index in 2:
		pair.partner_peer.call(&"send", 0, PackedByteArray([index]), 1)
	pair.partner_peer.call(&"peer_disconnect_later")
	check(serve(pair.both(), had(pair.subject, 3)), "disconnected")
	_read_the_rest(pair.subject_peer)
	done()


func case_queue_after_own_disconnect() -> void:
	var pair := connected_pair()
	_receive(pair, 2)
	clear_events()
	attempt(pair.subject_peer, &"peer_disconnect")
	attempt(pair.subject_peer, &"get_available_packet_count")
	check(serve(pair.both(), had(pair.subject, 1)), "disconnected")
	_read_the_rest(pair.subject_peer)
	done()


func case_queue_while_disconnecting() -> void:
	var pair := connected_pair()
	_receive(pair, 2)
	attempt(pair.subject_peer, &"peer_disconnect")
	attempt(pair.subject_peer, &"get_available_packet_count")
	attempt(pair.subject_peer, &"get_packet")
	attempt(pair.subject_peer, &"get_packet_error")
	done()


func case_queue_after_disconnect_now() -> void:
	for method: StringName in [&"peer_disconnect_now", &"reset"]:
		var pair := connected_pair()
		_receive(pair, 2)
		attempt(pair.subject_peer, method)
		_read_the_rest(pair.subject_peer)
	done()


func case_queue_after_destroy() -> void:
	var pair := connected_pair()
	_receive(pair, 2)
	attempt(pair.subject, &"destroy")
	_read_the_rest(pair.subject_peer)
	done()


func case_queue_of_a_new_connection_is_empty() -> void:
	var pair := connected_pair(0, 0, true)
	_receive(pair, 2)
	attempt(pair.subject_peer, &"peer_disconnect_now")
	attempt(pair.subject, &"service")
	clear_events()
	var port: int = pair.subject.call(&"get_local_port")
	var again := new_client(port)
	check(serve([pair.subject, again], had(pair.subject, 1)), "joined")
	var peer: PacketPeer = pair.subject.call(&"get_peers")[0]
	attempt(peer, &"get_available_packet_count")
	done()


## Two packets are left, which stock does not let a script read.
func _read_the_rest(peer: PacketPeer) -> void:
	attempt(peer, &"is_active")
	attempt(peer, &"get_available_packet_count")
	attempt(peer, &"get_packet_flags")
	var bytes := peer.get_packet()
	differs("bytes", bytes, "D20", PackedByteArray(), PackedByteArray([0]))
	differs("get_packet prints", take_errors(), "D20", true, false)
	differs("error", peer.get_packet_error(), "D20", ERR_UNCONFIGURED, OK)
	differs("left", peer.get_available_packet_count(), "D20", 2, 1)
	bytes = peer.get_packet()
	differs("second bytes", bytes, "D20", PackedByteArray(), PackedByteArray([1]))
	take_errors()
	bytes = peer.get_packet()
	note("get_packet of an empty queue", bytes)
	note_errors("get_packet of an empty queue prints")
	note("last error", peer.get_packet_error())


## Sends reliable packets [0], [1] and so on to the subject, and waits for them.
func _receive(pair: Pair, count: int) -> void:
	clear_events()
	for index in count:
		pair.partner_peer.call(&"send", 0, PackedByteArray([index]), 1)
	check(serve(pair.both(), had(pair.subject, count)), "packets arrive")
