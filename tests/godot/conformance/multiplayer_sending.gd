extends "res://lib/multiplayer_case.gd"
## put_packet: the order of its checks, and the recipients of the packet.


func case_inactive() -> void:
	var peer := new_subject()
	for target: int in [0, 1, -1, 5, -5]:
		try_send(peer, "x", target)
	done()


func case_connecting_comes_before_the_target() -> void:
	var peer := connecting_client()
	for target: int in [0, 1, -1, 5, peer.get_unique_id()]:
		note("to %s" % (str(target) if target < 10 else "itself"), send(peer, "x", target))
		note_errors("sending prints")
	peer.poll()
	note("after a poll", send(peer, "x", 1))
	note_errors("after a poll prints")
	done()


func case_target_comes_before_the_channel() -> void:
	for kind: String in ["server", "client", "mesh"]:
		var peer := subject_of(kind)
		note(kind, send(peer, "x", 77, RELIABLE, 254))
		note_errors("%s prints" % kind)
	done()


func case_targets_of_a_server() -> void:
	var server := server_with([20, 30, 40])
	for target: int in [0, 20, 30, -20, -40]:
		try_send(server, "to %d" % target, target)
	for target: int in [1, -1, 77, -77, -2147483648, 2147483647]:
		try_send(server, "lost", target)
	_expect_last_word(server, [20, 30, 40])
	done()


func case_targets_of_a_mesh() -> void:
	var mesh := mesh_with([20, 30, 40])
	for target: int in [0, 20, 30, -20, -40]:
		try_send(mesh, "to %d" % target, target)
	# 1 is the mesh's own id.
	for target: int in [1, -1, 77, -77, -2147483648]:
		try_send(mesh, "lost", target)
	_expect_last_word(mesh, [20, 30, 40])
	done()


func case_targets_of_a_client() -> void:
	var subject := client()
	var own := subject.get_unique_id()
	for target: int in [0, 1, -1]:
		try_send(subject, "to %d" % target, target)
	for target: int in [own, -own, 5, -5, -2147483648]:
		var label := "itself" if target == own else ("all but itself" if target == -own else str(target))
		note("to %s" % label, send(subject, "lost", target))
		note_errors("to %s prints" % label)
	_expect_last_word(subject, [1])
	done()


func case_no_recipients() -> void:
	var server := server_with([])
	var mesh := mesh_with([])
	for subject: MultiplayerPeer in [server, mesh]:
		for target: int in [0, 1, -1, 20]:
			try_send(subject, "x", target)
	done()


func case_target_is_not_checked_when_set() -> void:
	var server := server_with([20])
	for target: int in [77, -77, 2147483647, -2147483648]:
		server.set_target_peer(target)
	note_errors("setting prints")
	server.set_target_peer(30)
	note("to an id that has not joined", server.put_packet("early".to_utf8_buffer()))
	note_errors("to an id that has not joined prints")
	join(server, 30)
	check(drive(signalled(server, "+30")), "the far end joins")
	note("to the joined id", server.put_packet("now".to_utf8_buffer()))
	check(drive(saw(far_ends[1], 2)), "the packet arrives")
	note("far 30", far_ends[1].seen)
	done()


func case_default_target_is_everybody() -> void:
	var server := server_with([20, 30])
	note("put_packet", server.put_packet("all".to_utf8_buffer()))
	check(drive(func() -> bool: return far_ends.all(func(far: FarEnd) -> bool: return far.seen.size() == 2)),
			"the packet arrives")
	for far in far_ends:
		note("far %d" % far.id, far.seen)
	done()


func case_settings_survive_closing() -> void:
	for kind: String in ["server", "client", "mesh"]:
		var peer := subject_of(kind)
		peer.transfer_mode = UNRELIABLE
		peer.transfer_channel = 7
		peer.set_target_peer(77)
		peer.close()
		note("%s: mode" % kind, peer.transfer_mode)
		note("%s: channel" % kind, peer.transfer_channel)
		must(peer, &"create_server", [0])
		note("%s: mode after a new start" % kind, peer.transfer_mode)
		note("%s: channel after a new start" % kind, peer.transfer_channel)
		note("%s: the target is still set" % kind, peer.put_packet("x".to_utf8_buffer()))
		note_errors("%s: sending prints" % kind)
	done()


## The id stays valid until the other end has acknowledged the disconnect.
func case_sending_to_a_disconnecting_peer() -> void:
	for call: Array in [[&"peer_disconnect", []], [&"peer_disconnect_later", []]]:
		far_ends.clear()
		var server := server_with([20, 30])
		var method: StringName = call[0]
		attempt(peer_of(server, 20), method)
		note("%s: to the leaving peer" % method, send(server, "to it", 20))
		differs("%s: to the leaving peer prints" % method, take_errors(), "D17", true, false)
		try_send(server, "to the other", 30)
		try_send(server, "to all", 0)
		check(drive(signalled(server, "-20")), "the disconnect is signalled")
		try_send(server, "after", 20)
		check(drive(saw(far_ends[1], 3)), "the other far end receives the packets")
		for far in far_ends:
			note("%s: far %d" % [method, far.id], far.seen)
	done()


func case_sending_to_a_reset_peer() -> void:
	for call: Array in [[&"peer_disconnect_now", []], [&"reset", []]]:
		far_ends.clear()
		var server := server_with([20, 30])
		var method: StringName = call[0]
		attempt(peer_of(server, 20), method)
		note("%s: to the leaving peer" % method, send(server, "to it", 20))
		differs("%s: to the leaving peer prints" % method, take_errors(), "D17", true, false)
		try_send(server, "to all", 0)
		try_send(server, "all but it", -20)
		server.poll()
		try_send(server, "after the poll", 20)
		check(drive(saw(far_ends[1], 3)), "the other far end receives the packets")
		note("%s: far 30" % method, far_ends[1].seen)
	done()


func case_many_packets_keep_their_order() -> void:
	const MANY := 300
	var subject := client()
	for index in MANY:
		send(subject, str(index), 0, RELIABLE, index % 3)
	check(drive(saw(far_ends[0], MANY)), "all packets arrive")
	for channel in 3:
		var prefix := "%d/1 " % (0 if channel == 0 else channel + 1)
		var texts := far_ends[0].seen.filter(func(what: String) -> bool: return what.begins_with(prefix))
		var expected := range(channel, MANY, 3).map(func(index: int) -> String: return prefix + str(index))
		note("channel %d in order" % channel, texts == expected)
	done()


## Notes the packets received by each far end, once a final broadcast has arrived at all of them.
func _expect_last_word(subject: MultiplayerPeer, ids: Array) -> void:
	send(subject, "last")
	var all_heard := func() -> bool:
		return far_ends.all(func(far: FarEnd) -> bool: return far.seen.has("0/1 last"))
	check(drive(all_heard), "all far ends receive the last packet")
	for index in ids.size():
		note("far %d" % ids[index], far_ends[index].packets())
