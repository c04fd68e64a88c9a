extends "res://lib/conformance_case.gd"
## service(): the contents of its array, and its effect on the event queue.


func case_nothing_happened() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	for timeout: int in [0, 1, 30, -1]:
		attempt(connection, &"service", [timeout])
	done()


## A negative timeout is no valid number of milliseconds, and service() returns at once.
func case_a_negative_timeout_does_not_wait() -> void:
	var connection := new_host()
	var begin := Time.get_ticks_msec()
	attempt(connection, &"service", [-1])
	note("soon", Time.get_ticks_msec() - begin < 1000)
	done()


func case_nothing_happened_with_a_peer() -> void:
	var pair := connected_pair()
	for timeout: int in [0, 20, -1]:
		attempt(pair.subject, &"service", [timeout])
	done()


func case_whole_array_of_each_event() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(4, 77, accepts)
		pair.partner_peer.call(&"send", 3, PackedByteArray([1, 2]), 1)
		pair.partner.call(&"flush")
		note("receive", _next(pair.subject))
		pair.partner_peer.call(&"peer_disconnect", 9)
		pair.partner.call(&"flush")
		note("disconnect", _next(pair.subject))
	done()


func case_connect_arrays() -> void:
	var partner := partner_connection()
	var connection := new_host(1)
	attempt(connection, &"connect_to_host", [LOCALHOST, listen(partner), 2, 5], "connect_to_host")
	check(serve([connection, partner], had(connection, 1)), "connected")
	note("events", events(connection))
	done()


func case_receive_on_every_channel() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(0, 0, accepts)
		clear_events()
		for channel: int in [0, 1, 2, 100, 254]:
			pair.partner_peer.call(&"send", channel, PackedByteArray([channel]), 1)
		check(serve(pair.both(), had(pair.subject, 5)), "all packets arrive")
		note("events", events(pair.subject))
	done()


## Each call returns one event; the packets of later events stay queued inside the host.
func case_one_event_per_call() -> void:
	var pair := connected_pair(2)
	for index in 3:
		pair.partner_peer.call(&"send", 0, PackedByteArray([index]), 1)
	pair.partner.call(&"flush")
	for index in 3:
		note("event %d" % index, _next(pair.subject))
		note("waiting %d" % index, pair.subject_peer.get_available_packet_count())
	attempt(pair.subject, &"service")
	done()


func case_timeout_ends_with_an_event() -> void:
	var pair := connected_pair(2)
	pair.partner_peer.call(&"send", 1, PackedByteArray([7]), 1)
	pair.partner.call(&"flush")
	attempt(pair.subject, &"service", [5000])
	done()


func case_disconnect_data() -> void:
	for data: int in [0, 77, 4000000000, -1]:
		for accepts: bool in [false, true]:
			var pair := connected_pair(1, 0, accepts)
			clear_events()
			attempt(pair.subject_peer, &"peer_disconnect", [data])
			var both_ended := func() -> bool:
				return not events(pair.subject).is_empty() and not events(pair.partner).is_empty()
			note("ends", serve(pair.both(), both_ended))
			note("own event", events(pair.subject))
			note("remote event", events(pair.partner))
	done()


func case_remote_disconnect_data() -> void:
	for data: int in [0, 77, 4000000000]:
		var pair := connected_pair()
		clear_events()
		pair.partner_peer.call(&"peer_disconnect", data)
		note("ends", serve(pair.both(), had(pair.subject, 1)))
		note("event", events(pair.subject))
	done()


func case_timed_out() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(1, 5, accepts)
		clear_events()
		attempt(pair.subject_peer, &"set_timeout", [1, 1, 1])
		attempt(pair.subject_peer, &"send", [0, PackedByteArray([1]), 1])
		# The partner is not served.
		note("ends", serve([pair.subject], had(pair.subject, 1)))
		note("event", events(pair.subject))
		attempt(pair.subject_peer, &"is_active")
		attempt(pair.subject, &"get_peers")
	done()


func case_failed_attempt() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host", [1])
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port())
	attempt(peer, &"set_timeout", [1, 1, 1])
	note("gives up", serve([connection], had(connection, 1)))
	note("event", events(connection))
	attempt(peer, &"is_active")
	attempt(connection, &"get_peers")
	done()


func case_events_of_several_peers() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	var partners: Array[ENetConnection] = []
	for index in 3:
		var partner := new_client(port, 1, 100 + index)
		partners.append(partner)
		check(serve([connection, partner], had(connection, index + 1)), "connected")
		check(serve([connection, partner], had(partner, 1)), "the partner receives the disconnect")
	note("connects", events(connection))
	clear_events()
	for index in partners.size():
		var partner := partners[index]
		var peer: ENetPacketPeer = partner.get_peers()[0]
		peer.peer_disconnect(200 + index)
		check(serve([connection, partner], had(connection, index + 1)), "disconnected")
	note("disconnects", events(connection))
	attempt(connection, &"get_peers")
	done()


func case_last_packets_before_a_disconnect() -> void:
	var pair := connected_pair()
	clear_events()
	for index in 2:
		pair.partner_peer.call(&"send", 0, PackedByteArray([index]), 1)
	pair.partner_peer.call(&"peer_disconnect_later", 3)
	check(serve(pair.both(), had(pair.subject, 3)), "three events")
	note("events", events(pair.subject))
	done()


func case_unconnected_noise_is_no_event() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	var noise := PacketPeerUDP.new()
	noise.set_dest_address(LOCALHOST, port)
	for bytes: PackedByteArray in [PackedByteArray([0]), PackedByteArray([1, 2, 3]), "nonsense".to_utf8_buffer()]:
		noise.put_packet(bytes)
	for index in 5:
		attempt(connection, &"service", [5])
	attempt(connection, &"get_peers")
	done()


func case_full_host() -> void:
	var connection := kit.connection()
	var port := listen(connection, 1)
	var first := new_client(port)
	check(serve([connection, first], had(first, 1)), "the first client connects")
	var second := new_client(port)
	serve([connection, first, second], had(second, 1), 1.0)
	note("the first", events(first))
	differs("the second", events(second), "D26", [], [[2, "peer", 0x454E5407, 0, 0]])
	note("the host", events(connection))
	done()


## The next event as the complete array.
func _next(connection: RefCounted) -> Array:
	var result: Array = connection.call(&"service", 5000)
	return result
