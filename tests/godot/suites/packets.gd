extends "res://lib/suite.gd"
## Packets: sizes, modes, channels, order, and the queue of received packets.

const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
const ORDERED := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const MODES: Array[int] = [UNRELIABLE, ORDERED, RELIABLE]
## The largest payload that fits into one fragment.
const ONE_FRAGMENT := 1364
## Number of unreliable packets in a row, how many are sent per poll, and the share that must arrive.
const PACED := 600
const PACE := 4
const LEAST_SHARE := 0.99
const ATTEMPTS := 5


func case_sizes_in_every_mode() -> void:
	var ends := connected(1)
	# Sizes around one fragment, the largest datagram, and two and three fragments.
	for size: int in [
		1, 2, 3, 1363, 1364, 1365, 1366, 1391, 1392, 1393, 1400, 2727, 2728, 2729, 4092, 4093, 65_535, 70_000,
	]:
		for mode in MODES:
			_send_and_compare(ends, ends[0], ends[1], ends[1].id(), size, mode)
			_send_and_compare(ends, ends[1], ends[0], 1, size, mode)
	done()


func case_four_megabytes() -> void:
	var ends := connected(1)
	_send_and_compare(ends, ends[0], ends[1], ends[1].id(), 4_000_000, RELIABLE)
	_send_and_compare(ends, ends[1], ends[0], 1, 4_000_000, RELIABLE)
	done()


## A large unreliable packet may lose fragments to a full socket buffer. One that arrives must be complete.
func case_large_unreliable() -> void:
	var ends := connected(1)
	for mode: int in [UNRELIABLE, ORDERED]:
		ends[1].packets.clear()
		for index in 5:
			ends[0].send(pattern(70_000), ends[1].id(), mode)
			pump(ends, func() -> bool: return ends[1].packets.size() == index + 1, 1.0)
		check(ends[1].packets.size() >= 1, "mode %d: %d of 5 came" % [mode, ends[1].packets.size()])
		for packet in ends[1].packets:
			check(packet.bytes == pattern(70_000), "the content is exact")
			equal(packet.mode, ORDERED, "split packets arrive as ordered")
	done()


func _send_and_compare(
	ends: Array[End], from: End, to: End, target: int, size: int, mode: int
) -> void:
	var what := "%d bytes in mode %d" % [size, mode]
	var bytes := pattern(size)
	equal(bytes.size(), size, "the pattern's size")
	# Unreliable packets may be lost to a full socket buffer, or dropped by ENet's throttle on a busy machine.
	for attempt in 20:
		to.packets.clear()
		equal(from.send(bytes, target, mode), OK, what)
		if pump(ends, func() -> bool: return not to.packets.is_empty(), 20.0 if mode == RELIABLE else 1.0):
			break
	if to.packets.is_empty():
		check(false, what + " never arrives")
		return
	var packet := to.packets[0]
	check(packet.bytes == bytes, what + ": the content is exact")
	equal(packet.from, from.id(), what + ": sender")
	equal(packet.channel, 0, what + ": channel")
	var expected := ORDERED if mode == UNRELIABLE and size > ONE_FRAGMENT else mode
	equal(packet.mode, expected, what + ": mode on arrival")


## Scripts cannot send empty packets with put_packet, but stock's ENetPacketPeer can.
func case_empty_packet() -> void:
	var ends := connected(1)
	if ends[1].is_ours:
		equal(ends[1].peer.put_packet(PackedByteArray()), OK, "put_packet without bytes")
		ends[1].send("after".to_utf8_buffer())
		check(pump(ends, func() -> bool: return not ends[0].packets.is_empty()), "the next packet arrives")
		equal(ends[0].texts(), ["after"] as Array[String], "no packet was sent for the empty one")
		done()
		return
	var server := ends[0]
	server.drains = false
	var connection: Object = ends[1].peer.call(&"get_peer", 1)
	equal(connection.call(&"send", 3, PackedByteArray(), 1), OK, "send without bytes")
	var peer := server.peer
	check(pump(ends, func() -> bool: return peer.get_available_packet_count() == 1), "the packet arrives")
	equal(peer.get_packet_channel(), 2, "channel")
	equal(peer.get_packet_mode(), RELIABLE, "mode")
	equal(peer.get_packet(), PackedByteArray(), "content")
	equal(peer.get_packet_error(), OK, "no error")
	equal(peer.get_available_packet_count(), 0, "the queue is empty after reading")
	done()


func case_modes_and_channels() -> void:
	var ends := connected(1)
	for mode in MODES:
		for channel: int in [0, 1, 2, 17, 253]:
			for direction in 2:
				var from := ends[direction]
				var to := ends[1 - direction]
				to.packets.clear()
				var target := to.id()
				var text := "%d on %d" % [mode, channel]
				for attempt in 20:
					equal(from.send(text.to_utf8_buffer(), target, mode, channel), OK, text)
					var patience := 5.0 if mode == RELIABLE else 0.5
					if pump(ends, func() -> bool: return not to.packets.is_empty(), patience):
						break
				check(not to.packets.is_empty(), text + " arrives")
				if not to.packets.is_empty():
					equal(to.packets[0].channel, channel, text + ": channel")
					equal(to.packets[0].mode, mode, text + ": mode")
					equal(to.packets[0].bytes.get_string_from_utf8(), text, text + ": content")
	done()


func case_negative_channel_is_automatic() -> void:
	var ends := connected(1)
	ends[1].send("x".to_utf8_buffer(), 1, RELIABLE, -1)
	check(pump(ends, func() -> bool: return ends[0].packets.size() == 1), "the packet arrives")
	equal(ends[0].packets[0].channel, 0, "the packet's channel")
	done()


## Stock returns OK and sends nothing or uses another channel; our class reports the error.
func case_missing_channels() -> void:
	var ends := connected(1)
	for channel: int in [254, 255, 256, 300]:
		var error := ends[1].send("x".to_utf8_buffer(), 1, RELIABLE, channel)
		equal(error, ERR_INVALID_PARAMETER if ends[1].is_ours else OK, "channel %d" % channel)
		if ends[1].is_ours:
			expect_errors(1, true, "channel %d" % channel)
		elif channel == 254:
			expect_error_texts(["Unable to send packet on channel 255"], "channel 254")
		else:
			expect_error_texts([], "channel %d" % channel)
	pump_for(ends, 0.1)
	if ends[1].is_ours:
		equal(ends[0].packets.size(), 0, "nothing was sent")
	done()


## Stock uses max_channels as the incoming bandwidth.
func case_max_channels() -> void:
	var server := start_server(4, 2)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	for channel: int in [1, 2]:
		equal(client.send("x".to_utf8_buffer(), 1, RELIABLE, channel), OK, "channel %d" % channel)
	check(pump([server, client], func() -> bool: return server.packets.size() == 2), "both packets arrive")
	var beyond := client.send("x".to_utf8_buffer(), 1, RELIABLE, 3)
	pump_for([server, client], 0.1)
	var limited := server.is_ours
	equal(server.packets.size(), 2 if limited else 3, "channel 3")
	equal(beyond, ERR_INVALID_PARAMETER if limited and client.is_ours else OK, "sending on channel 3")
	expect_errors(1 if limited else 0, client.is_ours, "channel 3")
	done()


func case_reliable_order() -> void:
	var ends := connected(1)
	for index in 2000:
		ends[0].send(("%d" % index).to_utf8_buffer(), 0, RELIABLE, index % 3)
		ends[1].send(("%d" % index).to_utf8_buffer(), 0, RELIABLE, index % 3)
	var all_there := func() -> bool:
		return ends[0].packets.size() == 2000 and ends[1].packets.size() == 2000
	check(pump(ends, all_there, 20.0), "all packets arrive")
	for end in ends:
		var next: Array[int] = [0, 1, 2]
		for packet in end.packets:
			var number := packet.bytes.get_string_from_utf8().to_int()
			equal(number, next[packet.channel], "channel %d is in order" % packet.channel)
			next[packet.channel] = number + 3
	done()


## The packets are sent a few at a time, so that no socket buffer overflows, and must arrive in order. On a busy machine
## ENet's throttle may drop some after a late acknowledgement, so a new connection is tried.
func case_unreliable_order() -> void:
	for mode: int in [UNRELIABLE, ORDERED]:
		for direction in 2:
			var counts: Array[int] = []
			while counts.size() < ATTEMPTS:
				counts.append(_paced(mode, direction))
				if counts[-1] >= PACED * LEAST_SHARE:
					break
			check(
				counts[-1] >= PACED * LEAST_SHARE,
				"mode %d, direction %d: %s of %d packets arrive" % [mode, direction, counts, PACED])
	done()


## The number of packets that arrive.
func _paced(mode: int, direction: int) -> int:
	var ends := connected(1)
	var from := ends[direction]
	var to := ends[1 - direction]
	for index in PACED:
		from.send(("%d" % index).to_utf8_buffer(), to.id(), mode)
		if index % PACE == PACE - 1:
			pump_for(ends, 0.0)
	pump(ends, func() -> bool: return to.packets.size() == PACED, 0.5)
	var last := -1
	for packet in to.packets:
		var number := packet.bytes.get_string_from_utf8().to_int()
		check(number > last, "mode %d is in order on loopback" % mode)
		last = number
	return to.packets.size()


func case_queue() -> void:
	var ends := connected(1)
	var server := ends[0]
	server.drains = false
	var peer := server.peer
	ends[1].send("a".to_utf8_buffer(), 1, RELIABLE, 4)
	ends[1].send("b".to_utf8_buffer(), 1, RELIABLE, 4)
	check(pump(ends, func() -> bool: return peer.get_available_packet_count() == 2), "both packets arrive")
	# The getters describe the next packet and do not remove it.
	equal(peer.get_packet_channel(), 4, "channel")
	equal(peer.get_packet_peer(), ends[1].id(), "peer")
	equal(peer.get_packet().get_string_from_utf8(), "a", "the first packet")
	equal(peer.get_available_packet_count(), 1, "one packet is left")
	equal(peer.get_packet_channel(), 4, "the channel of the next packet")
	equal(peer.get_packet().get_string_from_utf8(), "b", "the second packet")
	equal(peer.get_packet(), PackedByteArray(), "get_packet on an empty queue")
	equal(peer.get_packet_error(), ERR_UNAVAILABLE, "the error of get_packet on an empty queue")
	expect_errors(1, server.is_ours, "get_packet on an empty queue")
	equal(peer.get_packet_peer(), 1, "peer when empty")
	equal(peer.get_packet_channel(), 1, "channel when empty")
	equal(peer.get_packet_mode(), RELIABLE, "mode when empty")
	expect_errors(3, server.is_ours, "properties of an empty queue")
	done()


func case_packets_outlive_the_sender() -> void:
	var ends := connected(1)
	var server := ends[0]
	server.drains = false
	var id := ends[1].id()
	ends[1].send("last words".to_utf8_buffer())
	check(pump(ends, func() -> bool: return server.peer.get_available_packet_count() == 1), "the packet arrives")
	ends[1].peer.close()
	check(pump([server], func() -> bool: return server.events.size() == 2), "the sender leaves")
	equal(server.peer.get_available_packet_count(), 1, "the packet is still there")
	equal(server.peer.get_packet_peer(), id, "the packet's sender")
	equal(server.peer.get_packet().get_string_from_utf8(), "last words", "the packet's content")
	done()


func case_variables() -> void:
	var ends := connected(1)
	var server := ends[0]
	server.drains = false
	var value := {"place": Vector2(3, 4), "list": [1, "two", null]}
	equal(ends[1].peer.put_var(value), OK, "put_var")
	check(pump(ends, func() -> bool: return server.peer.get_available_packet_count() == 1), "the packet arrives")
	equal(server.peer.get_var(), value, "get_var")
	done()


func case_too_large() -> void:
	var ends := connected(1)
	var bytes := PackedByteArray()
	bytes.resize(32 * 1024 * 1024 + 1)
	var error := ends[0].send(bytes, ends[1].id())
	equal(error, ERR_INVALID_PARAMETER if ends[0].is_ours else OK, "more than 32 MiB")
	expect_errors(1 if ends[0].is_ours else 0, ends[0].is_ours, "more than 32 MiB")
	ends[0].send("still good".to_utf8_buffer(), ends[1].id())
	check(pump(ends, func() -> bool: return ends[1].packets.size() == 1), "the connection still works")
	done()
