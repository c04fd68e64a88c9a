extends "res://lib/multiplayer_case.gd"
## The queue of received packets, and the getters that describe the next packet.

const KINDS: Array[String] = ["server", "client", "mesh"]


func case_inactive() -> void:
	_note_getters(new_subject(), "new")
	for kind in KINDS:
		var peer := subject_of(kind)
		peer.close()
		_note_getters(peer, "%s, closed" % kind)
	done()


func case_empty() -> void:
	for kind in KINDS:
		_note_getters(subject_of(kind), kind)
	_note_getters(connecting_client(), "connecting")
	done()


func case_getters_describe_the_next_packet() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		var far := far_ends[0]
		far.say("first", 5, ENetPacketPeer.FLAG_RELIABLE)
		check(drive(has_packets(peer, 1)), "one packet arrives")
		far.say("second", 1, ENetPacketPeer.FLAG_UNSEQUENCED)
		check(drive(has_packets(peer, 2)), "two packets arrive")
		for round in 2:
			# The getters do not remove the packet.
			for again in 2:
				note("%s: peer" % kind, peer.get_packet_peer())
				note("%s: channel" % kind, peer.get_packet_channel())
				note("%s: mode" % kind, peer.get_packet_mode())
				note("%s: count" % kind, peer.get_available_packet_count())
			note("%s: bytes" % kind, peer.get_packet().get_string_from_ascii())
			note("%s: error" % kind, peer.get_packet_error())
		_note_getters(peer, "%s, emptied" % kind)
	done()


func case_error_of_the_last_get() -> void:
	var peer := client()
	note("at first", peer.get_packet_error())
	far_ends[0].say("one")
	check(drive(has_packets(peer, 1)), "the packet arrives")
	note("get_packet", peer.get_packet().size())
	note("after a successful get_packet", peer.get_packet_error())
	note("get_packet again", peer.get_packet())
	note("after a failed get_packet", peer.get_packet_error())
	note_errors("getting prints")
	peer.close()
	note("get_packet of a closed peer", peer.get_packet())
	note("after get_packet of a closed peer", peer.get_packet_error())
	note_errors("get_packet of a closed peer prints")
	done()


func case_from_several() -> void:
	var server := server_with([20, 30])
	var mesh := mesh_with([40, 50])
	for far in far_ends:
		for index in 3:
			far.say("%d" % index, 2)
	check(drive(func() -> bool: return (
		server.get_available_packet_count() == 6 and mesh.get_available_packet_count() == 6)), "all packets arrive")
	for subject: MultiplayerPeer in [server, mesh]:
		var packets := take_packets(subject)
		for far in far_ends:
			note("from %d" % far.id, packets.filter(
				func(packet: String) -> bool: return packet.begins_with("%d " % far.id)))
	done()


func case_packets_wait_for_their_reader() -> void:
	const MANY := 200
	var peer := client()
	for index in MANY:
		far_ends[0].say(str(index))
	check(drive(has_packets(peer, MANY)), "all packets arrive")
	settle()
	note("count", peer.get_available_packet_count())
	var expected := range(MANY).map(func(index: int) -> String: return "1 0/2 %d" % index)
	note("in order", take_packets(peer) == expected)
	done()


func case_packets_outlive_their_sender_on_a_server() -> void:
	for kind: String in ["server", "mesh"]:
		far_ends.clear()
		var peer := subject_of(kind)
		far_ends[0].say("left behind")
		check(drive(has_packets(peer, 1)), "the packet arrives")
		far_ends[0].link.peer_disconnect_now()
		check(drive(signalled(peer, "-20")), "the sender leaves")
		note("%s: packets" % kind, take_packets(peer))
		note_errors("%s prints" % kind)
	done()


func case_own_close_drops_packets() -> void:
	for kind in KINDS:
		far_ends.clear()
		var peer := subject_of(kind)
		far_ends[0].say("never read")
		check(drive(has_packets(peer, 1)), "the packet arrives")
		peer.close()
		_note_getters(peer, "%s, closed" % kind)
		must(peer, &"create_server", [0])
		note("%s: packets after a new start" % kind, peer.get_available_packet_count())
	done()


## Packets that a client has not read when its server leaves. Stock drops them with the connection.
func case_unread_when_the_server_leaves() -> void:
	var peer := client()
	far_ends[0].say("read too late")
	check(drive(has_packets(peer, 1)), "the packet arrives")
	far_ends[0].link.peer_disconnect_now()
	check(drive(func() -> bool: return not is_active(peer)), "the client closes")
	note_signals(peer, "client")
	note("packets", peer.get_available_packet_count())
	done()


## The same poll reads the packets and the disconnect.
func case_last_words_to_a_client() -> void:
	var peer := client()
	var heard: Array = []
	on(peer, &"peer_disconnected", func(_id: int) -> void: heard.append("goodbye"))
	far_ends[0].say("last words")
	far_ends[0].link.peer_disconnect_now()
	OS.delay_msec(20)
	var is_over := func() -> bool:
		if is_active(peer):
			peer.poll()
		heard.append_array(take_packets(peer))
		return not is_active(peer)
	check(wait_until(is_over), "the client closes")
	differs("heard", heard, "D10", ["goodbye"], ["1 0/2 last words", "goodbye"])
	done()


func case_last_words_to_a_server() -> void:
	for kind: String in ["server", "mesh"]:
		far_ends.clear()
		var peer := subject_of(kind)
		far_ends[0].say("last words")
		far_ends[0].link.peer_disconnect_now()
		OS.delay_msec(20)
		note("%s: polls" % kind, drive(signalled(peer, "-20")))
		var words: Array = take_packets(peer)
		differs("%s: packets" % kind, words, "D10", [], ["20 0/2 last words"])
	done()


func _note_getters(peer: MultiplayerPeer, label: String) -> void:
	note("%s: count" % label, peer.get_available_packet_count())
	note_errors("%s: count prints" % label)
	note("%s: peer" % label, peer.get_packet_peer())
	note_errors("%s: peer prints" % label)
	note("%s: channel" % label, peer.get_packet_channel())
	note_errors("%s: channel prints" % label)
	note("%s: mode" % label, peer.get_packet_mode())
	note_errors("%s: mode prints" % label)
	note("%s: bytes" % label, peer.get_packet())
	note("%s: error" % label, peer.get_packet_error())
	note_errors("%s: getting prints" % label)
