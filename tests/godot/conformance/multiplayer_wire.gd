extends "res://lib/multiplayer_case.gd"
## Transfer modes and channels on the wire, in both directions.

const ALL_MODES: Array[String] = ["server", "client", "mesh"]
const FLUSH_IMMEDIATE := 1
const USABLE_CHANNELS: Array[int] = [-2147483648, -5, -1, 0, 1, 2, 17, 252, 253]


func case_modes_and_channels_sent() -> void:
	for kind in ALL_MODES:
		var subject := subject_of(kind)
		var far: FarEnd = far_ends.pop_back()
		far_ends = [far]
		for mode in MODES:
			for channel in USABLE_CHANNELS:
				far.seen.clear()
				var text := "%d on %d" % [mode, channel]
				note("%s: %s" % [kind, text], send(subject, text, 0, mode, channel))
				check(drive(saw(far, 1)), "%s: %s arrives" % [kind, text])
				note("%s: %s arrives as" % [kind, text], far.seen)
		note_errors("%s: sending prints" % kind)
	done()


## In FLUSH_IMMEDIATE our class, too, sends without waiting for a poll.
func case_put_packet_sends_at_once() -> void:
	for kind in ALL_MODES:
		far_ends.clear()
		var subject := subject_of(kind)
		if kit.is_ours:
			subject.set(&"flush_mode", FLUSH_IMMEDIATE)
		var far := far_ends[0]
		far.seen.clear()
		for mode in MODES:
			send(subject, "now", 0, mode)
		check(drive_far(saw(far, 3)), "%s: the packets arrive" % kind)
		note(kind, far.seen)
	done()


func case_packets_share_a_datagram() -> void:
	for kind: String in ["server", "client"]:
		far_ends.clear()
		var subject := subject_of(kind)
		var far := far_ends[0]
		far.seen.clear()
		settle()
		_pop_sent_packets(subject)
		for count in 3:
			send(subject, "shared", 0, UNRELIABLE)
		differs("%s: datagrams at once" % kind, _pop_sent_packets(subject), "D32", 3, 0)
		subject.poll()
		check(drive_far(saw(far, 3)), "%s: the packets arrive" % kind)
		note("%s: arrived" % kind, far.seen)
	done()


## Without polls, the other end times the peer out after this silence.
func case_without_polls() -> void:
	for kind: String in ["server", "client"]:
		far_ends.clear()
		subject_of(kind)
		var far := far_ends[0]
		far.link.set_timeout(1, 100, 200)
		far.link.ping_interval(20)
		var is_given_up := func() -> bool: return not far.link.is_active() or far.link.get_state() != ENetPacketPeer.STATE_CONNECTED
		differs("%s: is timed out" % kind, drive_far(is_given_up, 1.0), "D34", true, false)
	done()


func _pop_sent_packets(subject: MultiplayerPeer) -> int:
	var count: float = host_of(subject).call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_PACKETS)
	return int(count)


func case_large_packets_sent() -> void:
	var subject := client()
	var far := far_ends[0]
	for mode in MODES:
		for size: int in [1364, 1365, 5000]:
			far.seen.clear()
			send(subject, "a".repeat(size), 0, mode)
			check(drive(saw(far, 1)), "%d in mode %d arrives" % [size, mode])
			note("%d in mode %d" % [size, mode], far.seen.map(func(what: String) -> String: return what.left(4)))
	done()


func case_invalid_channels() -> void:
	for kind in ALL_MODES:
		var subject := subject_of(kind)
		for channel: int in [254, 255, 256, 257, 2147483647]:
			for target: int in [0, far_id(kind)]:
				var label := "%s: channel %d to %d" % [kind, channel, target]
				differs(label, send(subject, "x", target, RELIABLE, channel), "D7", OK, ERR_INVALID_PARAMETER)
				differs("%s prints" % label, take_errors(), "D7", channel == 254, true)
		note("%s: set as given" % kind, subject.transfer_channel)
		note("%s: then channel 0 works" % kind, send(subject, "x", far_id(kind)))
		subject.close()
	done()


## Both ends have agreed on fewer channels.
func case_channels_that_the_connection_lacks() -> void:
	var subject := client(3)
	for channel: int in [1, 3, 4, 253]:
		if channel <= 3:
			note("channel %d" % channel, send(subject, "on %d" % channel, 0, RELIABLE, channel))
			continue
		var error := send(subject, "on %d" % channel, 0, RELIABLE, channel)
		differs("channel %d" % channel, error, "D7", OK, ERR_INVALID_PARAMETER)
		# Stock prints an error here too, from the connection that rejects the channel.
		differs("channel %d prints" % channel, take_errors(), "D7", true, true)
	check(drive(saw(far_ends[0], 2)), "the packets arrive")
	note("arrived", far_ends[0].seen)
	done()


func case_channels_of_some_in_a_broadcast() -> void:
	var server := server_with([])
	for channels: int in [3, 10]:
		var far := join(server, 20 + channels, channels)
		check(drive(func() -> bool: return signals(server).size() == far_ends.size() and _is_up(far)),
				"the far end joins")
		far.seen.clear()
	note("channel 1", send(server, "both", 0, RELIABLE, 1))
	note("channel 8", send(server, "one", 0, RELIABLE, 8))
	note_errors("a broadcast that only one client can receive prints")
	differs("channel 9", send(server, "none", 0, RELIABLE, 9), "D7", OK, ERR_INVALID_PARAMETER)
	differs("channel 9 prints", take_errors(), "D7", false, true)
	check(drive(saw(far_ends[1], 2)), "the packets arrive")
	settle()
	for far in far_ends:
		note("far %d" % far.id, far.seen)
	done()


func case_more_than_32_mebibytes() -> void:
	var subject := client()
	var bytes := PackedByteArray()
	bytes.resize(32 * 1024 * 1024 + 1)
	differs("reliable", subject.put_packet(bytes), "D7", OK, ERR_INVALID_PARAMETER)
	differs("reliable prints", take_errors(), "D7", false, true)
	note("still connected", is_up(subject))
	done()


func case_invalid_modes() -> void:
	var subject := new_subject()
	for value: int in [3, 100]:
		subject.transfer_mode = ORDERED
		subject.set(&"transfer_mode", value)
		take_errors(true)
		differs("mode %d" % value, subject.transfer_mode, "D13", value, ORDERED)
	done()


func case_settings_are_stored_as_given() -> void:
	var subject := new_subject()
	for channel: int in [0, 1, 253, 254, 255, 256, -1, -100, 2147483647]:
		subject.transfer_channel = channel
		note("channel %d" % channel, subject.get_transfer_channel())
	for mode in MODES:
		subject.transfer_mode = mode as MultiplayerPeer.TransferMode
		note("mode %d" % mode, subject.get_transfer_mode())
	note_errors("setting prints")
	done()


func case_channels_and_flags_received() -> void:
	for kind in ALL_MODES:
		far_ends.clear()
		var subject := subject_of(kind)
		var far := far_ends[0]
		for flags: int in [0, 1, 2, 8, 3, 9, 10, 11]:
			for channel: int in [0, 1, 2, 3, 18, 254]:
				far.say("%d with %d" % [channel, flags], channel, flags)
				check(drive(has_packets(subject, 1)), "%s: channel %d, flags %d" % [kind, channel, flags])
				note("%s: channel %d, flags %d" % [kind, channel, flags], take_packets(subject))
	done()


func case_large_packets_received() -> void:
	var subject := client()
	for flags: int in [0, 1, 2, 8, 10]:
		far_ends[0].say("a".repeat(5000), 2, flags)
		check(drive(has_packets(subject, 1)), "flags %d" % flags)
		note("flags %d: size" % flags, _size_of_next(subject))
	done()


func _size_of_next(subject: MultiplayerPeer) -> Array[int]:
	return [subject.get_packet_channel(), subject.get_packet_mode(), subject.get_packet().size()]


## Scripts cannot send empty packets with put_packet.
func case_empty_packets() -> void:
	for kind in ALL_MODES:
		far_ends.clear()
		var subject := subject_of(kind)
		var far := far_ends[0]
		far.seen.clear()
		note("%s: put_packet without bytes" % kind, subject.put_packet(PackedByteArray()))
		settle()
		note("%s: sent" % kind, far.seen)
		note("%s: the far end's" % kind, far.say("", 3))
		check(drive(has_packets(subject, 1)), "the packet arrives")
		note("%s: its channel" % kind, subject.get_packet_channel())
		note("%s: its bytes" % kind, subject.get_packet())
		note("%s: error" % kind, subject.get_packet_error())
		note_errors("%s prints" % kind)
	done()


func case_variables() -> void:
	var subject := client()
	var value := {"place": Vector2(3, 4), "list": [1, "two", null]}
	note("put_var", subject.put_var(value))
	check(drive(saw(far_ends[0], 1)), "the packet is sent")
	far_ends[0].link.send(0, var_to_bytes(value), ENetPacketPeer.FLAG_RELIABLE)
	check(drive(has_packets(subject, 1)), "the packet arrives")
	note("get_var", subject.get_var())
	note_errors("variables print")
	done()
