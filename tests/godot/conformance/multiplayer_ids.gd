extends "res://lib/multiplayer_case.gd"
## Ids: which ids peers have, and which ids are admitted.

const HIGHEST := 2147483647
## What the far end of ours sees, with the reason: see ENetMultiplayerPeerRs.DisconnectReason.
const REFUSED := "disconnect %d" % 0x454E5406
const FULL := "disconnect %d" % 0x454E5407
const ID_IN_USE := "disconnect %d" % 0x454E5408


func case_own_id_by_stage() -> void:
	var peer := connecting_client()
	var id := peer.get_unique_id()
	note("connecting: in range", id >= 2 and id <= HIGHEST)
	note_errors("connecting: asking prints")
	var far := far_ends[0]
	check(drive(func() -> bool: return is_up(peer) and far.link != null), "the client connects")
	note("connected: the same", peer.get_unique_id() == id)
	note("the far end received the id", far.seen.has("connect %d" % id))
	peer.close()
	note("closed", peer.get_unique_id())
	note_errors("closed: asking prints")
	must(peer, &"create_client", [LOCALHOST, 5000])
	note("a new client has a new id", peer.get_unique_id() != id)
	done()


func case_generated_ids() -> void:
	var peer := new_subject()
	var ids := {}
	for index in 100:
		ids[peer.generate_unique_id()] = true
	note("in range", ids.keys().all(func(id: int) -> bool: return id >= 2 and id <= HIGHEST))
	note("differ", ids.size() > 95)
	note_errors("generating prints")
	done()


func case_accepted_ids() -> void:
	var server := server_with([])
	for id: int in [2, 3, 65536, HIGHEST - 1, HIGHEST]:
		var far := join(server, id)
		check(drive(func() -> bool: return signals(server).has("+%d" % id) and _is_up(far)), "%d joins" % id)
		note("peer %d" % id, attempt(server, &"get_peer", [id]))
		try_send(server, "hello", id)
		check(drive(saw(far, 2)), "the far end receives the packet")
		note("far %d" % id, far.seen)
	note_signals(server, "server")
	done()


func case_rejected_ids() -> void:
	for id: int in [0, 1]:
		var server := server_with([20])
		_note_not_let_in(server, join(server, id), "D3", "id %d" % id, ID_IN_USE)
		server.close()
		far_ends.clear()
	done()


func case_id_in_use() -> void:
	var server := server_with([20])
	var first := far_ends[0]
	_note_not_let_in(server, join(server, 20), "D3", "the second 20", ID_IN_USE)
	try_send(server, "still you", 20)
	check(drive(saw(first, 2)), "the first client receives the packet")
	note("the first", first.seen)
	done()


func case_id_is_free_again() -> void:
	var server := server_with([20])
	far_ends[0].link.peer_disconnect_now()
	check(drive(signalled(server, "-20")), "the client leaves")
	join(server, 20)
	check(drive(func() -> bool: return signals(server).size() == 3), "another client joins")
	note_signals(server, "server")
	done()


## Stock admits the client under a negative id, to which nothing can be sent.
func case_ids_beyond_the_highest() -> void:
	for id: int in [HIGHEST + 1, 4000000000, 4294967295]:
		var server := server_with([])
		var far := join(server, id)
		var wrapped := id - (1 << 32)
		var is_judged := func() -> bool:
			return signals(server).size() == 1 or far.seen.has(ID_IN_USE)
		check(drive(is_judged), "%d is admitted or rejected" % id)
		settle()
		differs("%d: signals" % id, signals(server).size(), "D8", 1, 0)
		differs("%d: under the negative id" % id, signals(server).has("+%d" % wrapped), "D8", true, false)
		differs("%d: rejected" % id, far.seen.has(ID_IN_USE), "D8", false, true)
		server.close()
		far_ends.clear()
	done()


func case_refusing() -> void:
	var server := server_with([20])
	server.refuse_new_connections = true
	note("flag", server.is_refusing_new_connections())
	_note_not_let_in(server, join(server, 30), "D3", "refused", REFUSED)
	try_send(server, "inside", 20)
	check(drive(func() -> bool: return far_ends[0].seen.has("0/1 inside")), "a connected peer is not affected")
	server.refuse_new_connections = false
	join(server, 40)
	note("later clients are admitted", drive(signalled(server, "+40")))
	note_signals(server, "server")
	server.refuse_new_connections = true
	server.close()
	note("after close", server.refuse_new_connections)
	note_errors("the flag prints")
	done()


## Stock decides on a newcomer when it has confirmed the connection, ours when it requests it.
func case_refusing_while_the_request_is_answered() -> void:
	var server := server_with([])
	server.refuse_new_connections = true
	var far := join(server, 20)
	check(drive(saw(far, 1)), "the request is answered")
	server.refuse_new_connections = false
	settle()
	differs("signals", signals(server), "D3", ["+20"], [])
	done()


func case_full_server() -> void:
	var server := new_subject()
	must(server, &"create_server", [0, 2])
	for id: int in [20, 30]:
		join(server, id)
		check(drive(signalled(server, "+%d" % id)), "%d joins" % id)
	var surplus := join(server, 40)
	check(drive(func() -> bool: return not kit.is_ours or not surplus.seen.is_empty()), "our server answers")
	settle()
	differs("the client beyond the limit", surplus.seen, "D4", [], [FULL])
	far_ends[0].link.peer_disconnect_now()
	check(drive(signalled(server, "-20")), "one client leaves")
	far_ends.remove_at(0)
	join(server, 50)
	note("a free slot is used again", drive(signalled(server, "+50")))
	server.close()
	done()


func case_joins_of_one_poll() -> void:
	var server := server_with([])
	for id in range(20, 25):
		join(server, id)
	for far in far_ends:
		far.serve()
	OS.delay_msec(20)
	server.poll()
	# ENet regards a peer as connected once the far end has acknowledged, so the far ends run first.
	drive_far(func() -> bool: return far_ends.all(_is_up))
	for far in far_ends:
		far.serve()
	OS.delay_msec(20)
	server.poll()
	differs("joins of the poll", signals(server).size(), "D5", 1, 5)
	check(drive(func() -> bool: return signals(server).size() == 5), "all clients join")
	note("each once", range(20, 25).all(func(id: int) -> bool: return signals(server).count("+%d" % id) == 1))
	done()


func case_datagrams_of_one_poll() -> void:
	const MANY := 400
	var server := server_with([20])
	var far := far_ends[0]
	for index in MANY:
		far.say("x", 2, ENetPacketPeer.FLAG_UNSEQUENCED)
	OS.delay_msec(20)
	server.poll()
	differs("more than 256 packets", server.get_available_packet_count() > 256, "D5", false, true)
	done()


## With stock the far end believes that it is connected; ours ends its attempt.
func _note_not_let_in(server: MultiplayerPeer, far: FarEnd, difference: String, label: String, end: String) -> void:
	var before := signals(server).size()
	check(drive(saw(far, 1)), "%s is answered" % label)
	settle()
	note("%s: signals" % label, signals(server).size() - before)
	differs("%s: the far end" % label, far.seen, difference, ["connect 0"], [end])
	# The far end would keep retransmitting, because nothing acknowledges its packets.
	far_ends.erase(far)
