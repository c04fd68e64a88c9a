extends "res://lib/suite.gd"
## Our network thread: its work while the main thread is busy. Stock has no such thread.

const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
const BUSY_MSEC := 1500
const WORD := "hello"


func reason_to_skip() -> String:
	return "" if client_class.ends_with("Rs") else "the client has no thread"


func case_the_property() -> void:
	for name: String in ["ENetMultiplayerPeerRs", "ENetConnectionRs"]:
		var peer: MultiplayerPeer = ClassDB.instantiate(name)
		for value: bool in [true, false, true]:
			peer.set(&"threaded", value)
			equal(peer.get(&"threaded"), value, name)
	done()


func case_the_stall_timeout() -> void:
	check_seconds(&"stall_timeout", 60.0)
	var ends := _connected()
	var host: Object = ends[1].peer.call(&"get_host")
	ends[1].peer.set(&"stall_timeout", 7.0)
	equal(host.get(&"stall_timeout"), 7.0, "the current host takes it over")
	done()


## A client that hangs times out, as it does without a network thread, but not before its stall timeout.
func case_a_hanging_client_times_out() -> void:
	const STALL_SECONDS := 1.0
	var ends := _connected()
	ends[1].peer.set(&"stall_timeout", STALL_SECONDS)
	var id := ends[1].id()
	var patient: PacketPeer = ends[0].peer.call(&"get_peer", id)
	patient.call(&"set_timeout", 1, 100, 300)
	patient.call(&"ping_interval", 20)
	ends[1].poll()
	var begun := Time.get_ticks_msec()
	check(pump([ends[0]], func() -> bool: return ends[0].events.has("-%d" % id)), "the client times out")
	var lasted := Time.get_ticks_msec() - begun
	check(lasted >= STALL_SECONDS * 1000, "after %d ms" % lasted)
	done()


## A client that polls again before the other end has timed it out loses nothing.
func case_a_client_that_hangs_for_a_while() -> void:
	const STALL_SECONDS := 0.3
	const PACKETS := 100
	for mode: int in [RELIABLE, UNRELIABLE]:
		var ends := _connected()
		ends[1].peer.set(&"stall_timeout", STALL_SECONDS)
		var id := ends[1].id()
		for index in PACKETS:
			ends[0].send(str(index).to_utf8_buffer(), id, mode)
			pump_for([ends[0]], 0.015)
		check(pump(ends, func() -> bool: return ends[1].packets.size() == PACKETS), "all packets arrive, mode %d" % mode)
		equal(ends[0].events, ["+%d" % id] as Array[String], "the server's signals")
		equal(ends[1].events, ["+1"] as Array[String], "the client's signals")
		ends[1].say(WORD)
		check(pump(ends, func() -> bool: return not ends[0].packets.is_empty()), "the client goes on")
	done()


## The main thread blocks for several timeouts of the other end, right after it has sent a packet.
func case_a_busy_main_thread_keeps_the_connection() -> void:
	const PACKETS := 300
	var ends := _connected()
	var id := ends[1].id()
	var patient: PacketPeer = ends[0].peer.call(&"get_peer", id)
	patient.call(&"set_timeout", 1, 100, 300)
	for index in PACKETS:
		ends[0].send(str(index).to_utf8_buffer(), id, RELIABLE)
	ends[1].say(WORD)
	# Like a client that is loading. Only the other end, which a real game has in another process, keeps running.
	var begun := Time.get_ticks_msec()
	while Time.get_ticks_msec() - begun < BUSY_MSEC:
		ends[0].poll()
		OS.delay_msec(5)
	equal(ends[0].texts(), [WORD] as Array[String], "packets sent before the blocking")
	equal(ends[0].events, ["+%d" % id] as Array[String], "the other end keeps the connection")
	equal(statistic_of(patient, ENetPacketPeer.PEER_PACKET_LOSS), 0.0, "packet loss at the other end")
	equal(ends[1].packets.size(), 0, "no packet is delivered between polls")
	check(pump(ends, func() -> bool: return ends[1].packets.size() == PACKETS), "all packets are delivered")
	var expected: Array[String] = []
	for index in PACKETS:
		expected.append(str(index))
	equal(ends[1].texts(), expected, "order of the packets")
	equal(ends[1].events, ["+1"] as Array[String], "the client's signals")
	done()


## Without a network thread, the same blocking makes the other end time out.
func case_without_a_thread_the_connection_times_out() -> void:
	var ends := _connected()
	ends[1].peer.set(&"threaded", false)
	var patient: PacketPeer = ends[0].peer.call(&"get_peer", ends[1].id())
	patient.call(&"set_timeout", 1, 100, 300)
	patient.call(&"ping_interval", 20)
	check(pump([ends[0]], func() -> bool: return ends[0].events.size() == 2), "the client times out")
	done()


func case_round_trips_without_frames() -> void:
	const FRAME_MSEC := 50
	var ends := _connected()
	var measured: Array[float] = []
	for is_threaded: bool in [true, false]:
		for end in ends:
			if end.is_ours:
				end.peer.set(&"threaded", is_threaded)
		var link: PacketPeer = ends[0].peer.call(&"get_peer", ends[1].id())
		for round in 20:
			link.call(&"ping")
			for end in ends:
				end.poll()
			OS.delay_msec(FRAME_MSEC)
		measured.append(statistic_of(link, ENetPacketPeer.PEER_ROUND_TRIP_TIME))
	# A built-in server reads the acknowledgement in its polls, so its measurement contains frames even then.
	if ends[0].is_ours:
		check(measured[0] < FRAME_MSEC / 2.0 and measured[1] > FRAME_MSEC / 2.0, "%s ms" % [measured])
	else:
		check(measured[1] > FRAME_MSEC / 2.0, "%s ms" % [measured])
	done()


## Signals are emitted by polls only, on the polling thread.
func case_signals_come_from_polls() -> void:
	var server := start_server()
	var client := start_client(server.port)
	client.peer.set(&"threaded", true)
	var main := OS.get_thread_caller_id()
	var threads: Array[int] = []
	var polling: Array[bool] = [false]
	for end: End in [server, client]:
		var note := func(_id: int) -> void:
			threads.append(OS.get_thread_caller_id())
			check(polling[0], "the signal is emitted in a poll")
		end.peer.peer_connected.connect(note)
		end.peer.peer_disconnected.connect(note)
	var turn := func() -> void:
		OS.delay_msec(2)
		polling[0] = true
		server.poll()
		client.poll()
		polling[0] = false
	check(_until(turn, 2, threads), "the ends connect")
	server.peer.disconnect_peer(client.id())
	check(_until(turn, 4, threads), "the ends disconnect")
	check(threads.all(func(thread: int) -> bool: return thread == main), "all signals are emitted on the main thread")
	done()


func case_threaded_may_change_at_any_time() -> void:
	const ROUNDS := 60
	var ends := _connected()
	for index in ROUNDS:
		ends[1].peer.set(&"threaded", index % 2 == 0)
		ends[1].say(str(index))
		ends[0].say(str(index))
		if index % 3 == 0:
			ends[index % 2].poll()
	var all_there := func() -> bool:
		return ends.all(func(end: End) -> bool: return end.packets.size() == ROUNDS)
	check(pump(ends, all_there), "all packets arrive")
	equal(ends[0].texts(), ends[1].texts(), "order of the packets")
	done()


## The error is the same with and without the thread.
func case_system_errors_are_printed() -> void:
	const TOO_LARGE := 70_000
	var host: MultiplayerPeer = ClassDB.instantiate("ENetConnectionRs")
	equal(host.call(&"create_host_bound", "127.0.0.1", free_port()), OK, "create_host_bound")
	for is_threaded: bool in [true, false]:
		host.set(&"threaded", is_threaded)
		host.call(&"service")
		host.call(&"socket_send", "127.0.0.1", 5000, pattern(TOO_LARGE))
		expect_errors(1, true, "threaded: %s" % is_threaded)
	host.close()
	done()


## The peer is closed by a script, closed in a handler, or freed.
func case_endings() -> void:
	for how: String in ["close", "free", "handler"]:
		var ends := _connected()
		var goodbye := _end(ends, how)
		check(pump(ends, func() -> bool: return ends[0].events.has(goodbye)),
				"the other end signals the disconnect: " + how)
		# Packets of a peer that was disconnected by the handler are dropped.
		if ends[0].keeps_last_words and how != "handler":
			equal(ends[0].texts(), [WORD] as Array[String], "the packet sent before the end: " + how)
	done()


func case_leaked_at_quit() -> void:
	var server := start_server()
	var program := godot_program()
	# The other process's report of the leaked object must not appear in this process's output.
	var arguments := godot_arguments("res://leaver.gd", ["leak", client_class, str(server.port)])
	var piped := OS.execute_with_pipe(program, arguments)
	var child: int = piped.get("pid", -1)
	check(child > 0, "\"%s\" starts; set GODOT to the Godot binary" % program)
	check(pump([server], func() -> bool: return server.events.size() == 1, 30.0), "the client connects")
	check(pump([server], func() -> bool: return not OS.is_process_running(child), 30.0), "the process ends")
	equal(OS.get_process_exit_code(child), 0, "the exit code")
	done()


func _connected() -> Array[End]:
	var ends := connected(1)
	ends[1].peer.set(&"threaded", true)
	pump_for(ends, 0.05)
	return ends


## A separate function, because the caller's reference would keep the object alive.
func _end(ends: Array[End], how: String) -> String:
	var leaver := ends[1]
	var goodbye := "-%d" % leaver.id()
	leaver.say(WORD)
	match how:
		"close":
			leaver.peer.close()
		"free":
			_ends.erase(leaver)
			ends.remove_at(1)
		"handler":
			var peer := leaver.peer
			peer.peer_disconnected.connect(func(_id: int) -> void: peer.close(), CONNECT_ONE_SHOT)
			ends[0].peer.disconnect_peer(leaver.id())
	return goodbye


func _until(turn: Callable, count: int, threads: Array[int]) -> bool:
	for index in 2500:
		if threads.size() >= count:
			return true
		turn.call()
	return false


func statistic_of(peer: PacketPeer, which: int) -> float:
	return peer.call(&"get_statistic", which)
