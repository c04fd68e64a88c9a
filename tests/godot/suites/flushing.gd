extends "res://lib/player_suite.gd"
## When packets are sent: with our class once per frame by default, with the built-in class immediately.

const Threaded := preload("res://lib/threaded.gd")
const Leaver := preload("res://leaver.gd")
const PACKETS := 10
const SENT_PACKETS := 1
const _WORD: PackedByteArray = [63]
const FLUSH_FRAME := 0
const FLUSH_IMMEDIATE := 1
## A ping or a retransmission may add a datagram, so the smallest of this many counts is used.
const ATTEMPTS := 5
## Places within a frame from which a game may send.
const PLACES: Array[String] = [
	"physics_process", "api_poll", "process_frame", "process", "deferred", "timer", "tween",
]


## Runs a callable once, in a node's processing.
class Actor:
	extends Node

	var in_process := Callable()
	var in_physics := Callable()

	func _process(_delta: float) -> void:
		in_process = _run(in_process)

	func _physics_process(_delta: float) -> void:
		in_physics = _run(in_physics)

	static func _run(what: Callable) -> Callable:
		if what.is_valid():
			what.call()
		return Callable()


## An API that is polled with the others at the start of a frame.
class Probe:
	extends MultiplayerAPIExtension

	var before := Callable()

	func _poll() -> Error:
		if before.is_valid():
			before.call()
		return OK


var _actor: Actor
var _probe: Probe
var _probe_root: Node


func case_the_mode() -> void:
	for peer_class: String in [server_class, client_class]:
		var peer: MultiplayerPeer = ClassDB.instantiate(peer_class)
		if not _is_ours(peer):
			check(not (&"flush_mode" in peer), "stock has no such property")
			continue
		equal(peer.get(&"flush_mode"), FLUSH_FRAME, "the default mode")
		peer.set(&"flush_mode", FLUSH_IMMEDIATE)
		equal(peer.get(&"flush_mode"), FLUSH_IMMEDIATE, "the mode after setting it")
		for wrong: int in [-1, 2, 4294967296]:
			peer.set(&"flush_mode", wrong)
			expect_errors(1, true, "mode %d" % wrong)
			equal(peer.get(&"flush_mode"), FLUSH_IMMEDIATE, "after %d" % wrong)
	done()


func case_a_frame_is_a_datagram() -> void:
	var players := await _players_and_probe()
	for sender in 2:
		var ours := players[sender].end.is_ours
		for place in PLACES:
			var count := await _datagrams(players, sender, place)
			equal(count, 1 if ours else PACKETS, "%s's datagrams, put in %s" % ["client" if sender else "server", place])
	await _end_probe()
	done()


func case_immediate_mode_matches_stock() -> void:
	var players := await _players_and_probe()
	for sender in 2:
		if players[sender].end.is_ours:
			players[sender].end.peer.set(&"flush_mode", FLUSH_IMMEDIATE)
		for place in PLACES:
			equal(await _datagrams(players, sender, place), PACKETS, "put in " + place)
	await _end_probe()
	done()


## A packet sent from a physics step or as an answer to a packet is not delayed until the processing step.
func case_processing_delays_nothing() -> void:
	var players := await _players_and_probe()
	for place: String in ["physics_process", "api_poll"]:
		for sender in 2:
			var left := [-1]
			var act := func() -> void:
				_sent(players[sender])
				_put(players[sender], PACKETS)
				_actor.in_process = func() -> void: left[0] = _sent(players[sender])
			_act_in(place, players, sender, act)
			check(await frames(func() -> bool: return left[0] >= 0), "a frame passes")
			var expected := 1 if players[sender].end.is_ours else PACKETS
			var count: int = left[0]
			check(count >= expected, "%d datagrams, put in %s" % [count, place])
	await _end_probe()
	done()


## An answer, which in a real game comes from another process, is sent in the next frame, as with stock.
func case_round_trips_take_no_more_frames() -> void:
	const ROUNDS := 20
	var players := await _players_and_probe()
	var frames_taken: Array[int] = []
	for index in ROUNDS:
		var begun := -1
		var heard := [0, 0]
		for side in 2:
			players[side].api.peer_packet.connect(
				func(_id: int, _bytes: PackedByteArray) -> void: heard[side] += 1, CONNECT_ONE_SHOT)
		_actor.in_process = func() -> void: players[1].api.send_bytes(_WORD, 1)
		begun = Engine.get_process_frames()
		var answers := func() -> void:
			if heard[0] == 1:
				heard[0] = 2
				players[0].api.send_bytes(_WORD, players[1].id())
		while heard[1] == 0 and Engine.get_process_frames() - begun < 100:
			await tree.process_frame
			if not _actor.in_process.is_valid():
				_actor.in_process = answers
		frames_taken.append(Engine.get_process_frames() - begun)
	frames_taken.sort()
	# A packet sent in one frame is received at the start of the next.
	equal(frames_taken[int(ROUNDS / 2.0)], 2, "frames of a round trip, of %s" % [frames_taken])
	await _end_probe()
	done()


## Both ends answer in their handlers, and both are in this process: the API that is polled second answers the first
## in the same frame, so that each frame has a round trip, as with stock.
func case_answers_in_handlers_take_a_frame() -> void:
	const FRAMES := 40
	var players := await _players_and_probe()
	var trips := [0]
	for side in 2:
		var api := players[side].api
		var answer := func(id: int, _bytes: PackedByteArray) -> void:
			trips[0] += side
			if trips[0] <= FRAMES:
				api.send_bytes(_WORD, id)
		api.peer_packet.connect(answer)
	players[1].api.send_bytes(_WORD, 1)
	var begun := Engine.get_process_frames()
	check(await frames(func() -> bool: return trips[0] >= FRAMES), "round trips go on: %d" % trips[0])
	var taken := Engine.get_process_frames() - begun
	check(taken <= FRAMES + 10, "%d frames for %d round trips" % [taken, FRAMES])
	for player in players:
		# The handlers hold their APIs.
		for connection: Dictionary in player.api.peer_packet.get_connections():
			var handler: Callable = connection["callable"]
			player.api.peer_packet.disconnect(handler)
	await _end_probe()
	done()


## A game that puts the same number of packets in each frame has them sent with the last one. One that is missing delays the
## others until the next poll, once, and nothing is lost.
func case_a_usual_number_of_packets() -> void:
	const USUAL := 8
	const FRAMES := 64
	var players := await _players_and_probe()
	var server := players[0]
	var sent: Array[int] = []
	var put_some := func(count: int) -> void:
		_sent(server)
		_put(server, count)
		sent.append(_sent(server))
	var heard := players[1].events.size()
	var total := 0
	for count: int in range(FRAMES).map(func(_index: int) -> int: return USUAL) + [USUAL, USUAL - 1, USUAL]:
		total += count
		sent.clear()
		_actor.in_process = put_some.bind(count)
		check(await frames(func() -> bool: return not sent.is_empty()), "a frame follows")
		await frame()
		if not server.end.is_ours:
			equal(sent, [count] as Array[int], "stock sends each at once")
		elif total == USUAL:
			equal(sent, [0] as Array[int], "the first frame's packets wait for its end")
		elif total == (FRAMES + 1) * USUAL:
			check(sent[0] >= 1, "the usual frame's packets leave with the last one")
		elif total == (FRAMES + 2) * USUAL - 1:
			equal(sent, [0] as Array[int], "seven wait for an eighth")
		elif total == (FRAMES + 3) * USUAL - 1:
			equal(sent, [0] as Array[int], "the number has changed")
	var all := heard + total
	check(await frames(func() -> bool: return players[1].events.size() >= all), "the packets arrive")
	equal(players[1].events.size(), all, "each arrives once")
	await _end_probe()
	done()


## Acknowledgements share the datagram of the frame's answers, and are sent also without an answer.
func case_acknowledgements_wait_for_the_frame() -> void:
	var players := await _players_and_probe()
	if players[0].end.is_ours:
		for answers: bool in [false, true]:
			var counts: Array[int] = []
			for attempt in ATTEMPTS:
				await frames_for(0.05)
				_sent(players[0])
				players[0].api.peer_packet.connect(
					func(_id: int, _bytes: PackedByteArray) -> void:
						if answers:
							_actor.in_process = _put.bind(players[0], 3),
					CONNECT_ONE_SHOT)
				var heard := players[0].events.size()
				players[1].api.send_bytes(_WORD, 1, MultiplayerPeer.TRANSFER_MODE_RELIABLE)
				check(await frames(func() -> bool: return players[0].events.size() > heard), "the packet arrives")
				await frame()
				counts.append(_sent(players[0]))
			equal(counts.min(), 1, "datagrams with an answer: %s" % answers)
	else:
		check(true, "not tested with stock, which acknowledges at once")
	await _end_probe()
	done()


## A few full datagrams may be delayed, so that one system call sends them.
func case_full_datagrams_are_sent_without_polls() -> void:
	const MANY := 450
	var ends := _connected()
	pump_for(ends, 0.05)
	_sent_by(ends[0].peer)
	for index in MANY:
		ends[0].send(pattern(100))
	var count := _sent_by(ends[0].peer)
	# Twelve packets fit into one datagram.
	check(count >= 32 and count < MANY / 11.0 if ends[0].is_ours else count == MANY, "%d before any poll" % count)
	check(pump(ends, func() -> bool: return ends[1].packets.size() == MANY), "the packets arrive")
	done()


## Without frames, the next poll sends the queued packets together with the acknowledgements of its own reads.
func case_a_loop_of_polls() -> void:
	var ends := _connected()
	pump_for(ends, 0.05)
	for sender in 2:
		_sent_by(ends[sender].peer)
		for index in PACKETS:
			ends[sender].say(str(index))
		ends[sender].poll()
		var count := _sent_by(ends[sender].peer)
		# Stock sends its acknowledgements in separate datagrams.
		check(count == 1 if ends[sender].is_ours else count >= PACKETS, "%d with the next poll" % count)
	check(pump(ends, func() -> bool: return ends[0].packets.size() == PACKETS), "the packets arrive")
	done()


func case_flush_mode_of_connections() -> void:
	if server_class == "ENetMultiplayerPeerRs":
		var host: MultiplayerPeer = ClassDB.instantiate("ENetConnectionRs")
		equal(host.get(&"flush_mode"), FLUSH_FRAME, "the default mode")
		host.call(&"create_host_bound", "*", free_port())
		host.poll()
		host.set(&"flush_mode", FLUSH_IMMEDIATE)
		equal(host.get(&"flush_mode"), FLUSH_IMMEDIATE, "the mode after setting it")
		host.close()
	else:
		check(true, "not tested with stock")
	done()


## A peer that is freed right after it queued a packet still sends it.
func case_freeing_sends_queued_packets() -> void:
	for leaver in 2:
		var ends := connected(1)
		var stays := ends[1 - leaver]
		var goodbye := "-%d" % ends[leaver].id()
		equal(ends[leaver].say("words"), OK, "sending a packet")
		_ends.erase(ends[leaver])
		ends.remove_at(leaver)
		check(pump(ends, func() -> bool: return stays.journal.has(goodbye)), "the other end receives the disconnect")
		if stays.keeps_last_words:
			equal(stays.texts(), ["words"] as Array[String], "the packets that arrived")
	done()


func case_quitting_sends_queued_packets() -> void:
	for how: String in ["quit", "free", "finalize"]:
		var server := start_server()
		var child := start_godot("res://leaver.gd", [how, client_class, str(server.port)])
		if child <= 0:
			break
		check(pump([server], func() -> bool: return server.events.size() == 2, 30.0),
				"the client connects and disconnects: " + how)
		if server.keeps_last_words:
			equal(server.texts(), [Leaver.WORD] as Array[String], how)
		server.peer.close()
	done()


func _connected() -> Array[End]:
	var ends := connected(1)
	for end in ends:
		Threaded.end(end.peer)
	return ends


func _players_and_probe() -> Array[Player]:
	_probe = Probe.new()
	_probe_root = Node.new()
	_probe_root.name = "Probe"
	tree.root.add_child(_probe_root)
	# The probe is polled first, so it sees what was sent before any peer is polled.
	tree.set_multiplayer(_probe, _probe_root.get_path())
	_actor = Actor.new()
	tree.root.add_child(_actor)
	var players := await players_connected(1)
	for player in players:
		player.api.server_relay = false
		# A network thread sends at its own time, so the datagrams would not be counted in the right frame.
		Threaded.end(player.end.peer)
	await frames_for(0.1)
	return players


func _end_probe() -> void:
	await end_all()
	tree.set_multiplayer(null, _probe_root.get_path())
	_probe_root.queue_free()
	_actor.queue_free()
	await tree.process_frame


## The number of datagrams in which the packets of one frame are sent before the next frame.
func _datagrams(players: Array[Player], sender: int, place: String) -> int:
	var counts: Array[int] = []
	for attempt in ATTEMPTS:
		await frames_for(0.02)
		var put_in := [-1]
		var count := [-1]
		_probe.before = func() -> void:
			if put_in[0] == Engine.get_process_frames() - 1 and count[0] < 0:
				count[0] = _sent(players[sender])
		var act := func() -> void:
			_sent(players[sender])
			_put(players[sender], PACKETS)
			put_in[0] = Engine.get_process_frames()
		_act_in(place, players, sender, act)
		check(await frames(func() -> bool: return count[0] >= 0), "a frame follows: " + place)
		_probe.before = Callable()
		counts.append(count[0])
	var least: int = counts.min()
	return least


func _act_in(place: String, players: Array[Player], sender: int, act: Callable) -> void:
	match place:
		"physics_process":
			_actor.in_physics = act
		"api_poll":
			players[sender].api.peer_packet.connect(
				func(_id: int, _bytes: PackedByteArray) -> void: act.call(), CONNECT_ONE_SHOT)
			var other := players[1 - sender]
			other.api.send_bytes(_WORD, players[sender].id(), MultiplayerPeer.TRANSFER_MODE_RELIABLE)
		"process_frame":
			tree.process_frame.connect(act, CONNECT_ONE_SHOT)
		"process":
			_actor.in_process = act
		"deferred":
			_actor.in_process = act.call_deferred
		"timer":
			tree.create_timer(0.001).timeout.connect(act)
		"tween":
			tree.create_tween().tween_callback(act)


func _put(from: Player, count: int) -> void:
	for index in count:
		from.api.send_bytes(PackedByteArray([index]), 0, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)


func _sent(player: Player) -> int:
	return _sent_by(player.end.peer)


func _sent_by(peer: MultiplayerPeer) -> int:
	var host: RefCounted = peer.call(&"get_host")
	var count: float = host.call(&"pop_statistic", SENT_PACKETS)
	return int(count)


static func _is_ours(peer: MultiplayerPeer) -> bool:
	return peer.get_class().ends_with("Rs")
