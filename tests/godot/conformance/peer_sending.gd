extends "res://lib/conformance_case.gd"
## Sending with ENetPacketPeer: the order of send's checks, flags, put_packet and put_var.

const ONE_BYTE := [1]


func case_channels() -> void:
	var pair := connected_pair(3)
	for sending: Array in [
		[0, 1], [2, 1], [3, 1], [4, 1, ERR_INVALID_PARAMETER], [-1, 1], [254, 1, ERR_INVALID_PARAMETER], [255, 1],
		[256, 1], [-256, 1],
	]:
		_send(pair.subject_peer, sending)
	done()


func case_flags() -> void:
	var pair := connected_pair(3)
	for flags: int in [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 12, 16, 256, -1]:
		attempt(pair.subject_peer, &"send", [0, PackedByteArray(ONE_BYTE), flags])
	done()


## Numbers that do not fit into 32 bits.
func case_wide_numbers() -> void:
	var pair := connected_pair(3)
	var refused := [ERR_INVALID_PARAMETER, true]
	for wide: Array in [[1 << 32, PackedByteArray(ONE_BYTE), 1], [0, PackedByteArray(ONE_BYTE), 1 << 32]]:
		attempt_apart(pair.subject_peer, &"send", wide, "D28", [OK, false], refused)
	done()


## A bad channel and bad flags have the same error; a channel beyond the connection's has another.
func case_order_of_checks() -> void:
	var pair := connected_pair(3)
	for wrong: Array in [[-1, 4], [3, 4], [4, 4], [3, 1, FAILED], [4, 1, ERR_INVALID_PARAMETER], [2, 4]]:
		_send(pair.subject_peer, wrong)
	done()


func case_order_of_checks_before_connected() -> void:
	var connection := new_host()
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port(), 3)
	for wrong: Array in [[0, 1], [2, 1], [3, 1], [4, 1, ERR_INVALID_PARAMETER], [-1, 1], [0, 4]]:
		_send(peer, wrong)
	done()


func case_order_of_checks_while_disconnecting() -> void:
	var pair := connected_pair(3)
	attempt(pair.subject_peer, &"peer_disconnect")
	for wrong: Array in [
		[0, 1], [1, 1, ERR_INVALID_PARAMETER], [3, 1, ERR_INVALID_PARAMETER], [-1, 1], [0, 4],
	]:
		_send(pair.subject_peer, wrong)
	done()


func case_order_of_checks_while_disconnecting_later() -> void:
	var pair := connected_pair(3)
	attempt(pair.subject_peer, &"send", [0, PackedByteArray(ONE_BYTE), 1])
	attempt(pair.subject_peer, &"peer_disconnect_later")
	for wrong: Array in [[0, 1], [2, 1], [3, 1], [-1, 1], [0, 4]]:
		attempt(pair.subject_peer, &"send", [wrong[0], PackedByteArray(ONE_BYTE), wrong[1]])
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray(ONE_BYTE)])
	done()


func case_order_of_checks_inactive() -> void:
	var pair := connected_pair(3)
	attempt(pair.subject_peer, &"reset")
	for wrong: Array in [[0, 1], [3, 1], [-1, 1], [0, 4]]:
		attempt(pair.subject_peer, &"send", [wrong[0], PackedByteArray(ONE_BYTE), wrong[1]])
	done()


## Sends on a channel and with flags. If they come with a result, ours leaves the line of the log out.
func _send(peer: PacketPeer, sending: Array) -> void:
	var arguments := [sending[0], PackedByteArray(ONE_BYTE), sending[1]]
	if sending.size() == 2:
		attempt(peer, &"send", arguments)
	else:
		attempt_apart(peer, &"send", arguments, "D37", [sending[2], true], [sending[2], false])


## The flags that the other end sees.
func case_flags_on_arrival() -> void:
	for flags: int in [0, 1, 2, 3, 8, 9, 10, 11]:
		var pair := connected_pair(2)
		clear_events()
		attempt(pair.subject_peer, &"send", [1, PackedByteArray([flags]), flags])
		check(serve(pair.both(), had(pair.partner, 1)), "arrives")
		note("arrives as", pair.partner_peer.call(&"get_packet_flags"))
		note("bytes", pair.partner_peer.get_packet())
	done()


func case_flags_on_arrival_of_large_packets() -> void:
	var bytes := PackedByteArray()
	bytes.resize(3000)
	for flags: int in [0, 1, 2, 8, 10]:
		var pair := connected_pair(2)
		clear_events()
		attempt(pair.subject_peer, &"send", [1, bytes, flags], "flags %d" % flags)
		check(serve(pair.both(), had(pair.partner, 1)), "arrives")
		note("arrives as", pair.partner_peer.call(&"get_packet_flags"))
		note("size", pair.partner_peer.get_packet().size())
	done()


func case_empty_packets() -> void:
	for flags: int in [0, 1, 2]:
		var pair := connected_pair(2)
		clear_events()
		attempt(pair.subject_peer, &"send", [1, PackedByteArray(), flags])
		note("arrives", serve(pair.both(), had(pair.partner, 1)))
		note("events", events(pair.partner))
		note("bytes", pair.partner_peer.get_packet())
		note("error", pair.partner_peer.get_packet_error())
	done()


func case_send_waits_for_service() -> void:
	var pair := connected_pair()
	clear_events()
	attempt(pair.subject_peer, &"send", [0, PackedByteArray(ONE_BYTE), 1])
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray(ONE_BYTE)])
	serve_for([pair.partner], 0.1)
	note("before", events(pair.partner))
	attempt(pair.subject, &"service")
	note("arrive", serve([pair.partner], had(pair.partner, 2)))
	done()


func case_put_packet() -> void:
	var pair := connected_pair(3)
	clear_events()
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray([1, 2])])
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray()])
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray([3])])
	check(serve(pair.both(), had(pair.partner, 2)), "arrive")
	note("events", events(pair.partner))
	note("flags", pair.partner_peer.call(&"get_packet_flags"))
	note("first", pair.partner_peer.get_packet())
	note("second", pair.partner_peer.get_packet())
	done()


func case_put_packet_before_connected() -> void:
	var connection := new_host()
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port(), 3)
	attempt(peer, &"put_packet", [PackedByteArray(ONE_BYTE)])
	attempt(peer, &"put_packet", [PackedByteArray()])
	done()


func case_put_packet_inactive() -> void:
	var pair := connected_pair(3)
	attempt(pair.subject_peer, &"reset")
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray(ONE_BYTE)])
	attempt(pair.subject_peer, &"put_packet", [PackedByteArray()])
	attempt(pair.subject_peer, &"put_var", [5])
	done()


func case_put_var() -> void:
	var pair := connected_pair(3)
	clear_events()
	for value: Variant in [5, 1.5, "words", [1, "two"], {"three": 3}, null, true, Vector2(1, 2)]:
		attempt(pair.subject_peer, &"put_var", [value])
	check(serve(pair.both(), had(pair.partner, 8)), "arrive")
	for index in 8:
		note("value %d" % index, pair.partner_peer.get_var())
	done()


func case_large_put_packet() -> void:
	var pair := connected_pair()
	clear_events()
	var bytes := PackedByteArray()
	bytes.resize(200000)
	bytes.fill(7)
	attempt(pair.subject_peer, &"put_packet", [bytes], "put_packet")
	note("arrives", serve(pair.both(), had(pair.partner, 1)))
	note("same bytes", pair.partner_peer.get_packet() == bytes)
	done()


func case_beyond_the_largest_packet() -> void:
	var pair := connected_pair()
	var bytes := PackedByteArray()
	bytes.resize(32 * 1024 * 1024 + 1)
	var sent: Error = pair.subject_peer.call(&"send", 0, bytes, 1)
	_note_too_large("send", sent)
	_note_too_large("put_packet", pair.subject_peer.put_packet(bytes))
	attempt(pair.subject_peer, &"get_state")
	done()


func _note_too_large(label: String, result: Error) -> void:
	note(label, result)
	differs("%s prints" % label, take_errors(), "D30", false, true)


func case_encode_buffer_size() -> void:
	var pair := connected_pair()
	note("by default", pair.subject_peer.encode_buffer_max_size)
	for size: int in [1024, 1025, 268435456, 1023, 268435457, 0, -1]:
		pair.subject_peer.encode_buffer_max_size = size
		note("prints for %d" % size, take_errors(true))
		note("after %d" % size, pair.subject_peer.encode_buffer_max_size)
	done()


func case_ordered_on_each_channel() -> void:
	var pair := connected_pair(3)
	clear_events()
	for index in 30:
		pair.subject_peer.call(&"send", index % 3, PackedByteArray([index]), 1)
	check(serve(pair.both(), had(pair.partner, 30)), "all packets arrive")
	var by_channel: Array[Array] = [[], [], []]
	for event: Array in events(pair.partner):
		var channel: int = event[3]
		by_channel[channel].append(pair.partner_peer.get_packet()[0])
	note("by channel", by_channel)
	done()
