extends "res://lib/suite.gd"
## Godot 3's client signals, and what their handlers may do. The client's class is under test.

const SIGNALS: Array[StringName] = [&"connection_succeeded", &"connection_failed", &"server_disconnected"]
const STATUS: Dictionary[StringName, int] = {
	&"connection_succeeded": MultiplayerPeer.CONNECTION_CONNECTED,
	&"connection_failed": MultiplayerPeer.CONNECTION_DISCONNECTED,
	&"server_disconnected": MultiplayerPeer.CONNECTION_DISCONNECTED,
}


func reason_to_skip() -> String:
	return "" if client_class.ends_with("Rs") else "the built-in class has no such signals"


## A client that records these signals, too, each with a check of the status.
func _listening() -> End:
	var client := new_end(client_class)
	var events := client.events
	# The handler must not keep its peer alive.
	var weak: WeakRef = weakref(client.peer)
	for name in SIGNALS:
		client.peer.connect(name, func() -> void:
			var peer: MultiplayerPeer = weak.get_ref()
			var fits: bool = peer.get_connection_status() == STATUS[name]
			events.append(String(name) if fits else "%s with status %d" % [name, peer.get_connection_status()]))
	return client


## A server where attempts fail: soon if the engine in use rejects requests with an answer, otherwise by timeout.
func _refusing() -> End:
	var server := new_end(client_class)
	equal(server.host(free_port()), OK, "create_server")
	server.peer.refuse_new_connections = true
	if not server.tells_refused:
		server.peer.close()
	return server


func case_order_of_signals() -> void:
	var server := start_server()
	var client := _listening()
	equal(client.join(server.port), OK, "create_client")
	var met := func() -> bool: return client.is_up() and server.events.size() == 1
	check(pump([server, client], met), "the ends connect")
	server.peer.close()
	check(pump([client], func() -> bool: return not client.is_active()), "the server closes")
	equal(client.events, ["+1", "connection_succeeded", "-1", "server_disconnected"] as Array[String], "signals")
	done()


func case_a_failed_attempt() -> void:
	var server := _refusing()
	var client := _listening()
	equal(client.join(server.port), OK, "create_client")
	check(pump([server, client], func() -> bool: return not client.is_active(), 40.0), "the client closes")
	equal(client.events, ["connection_failed"] as Array[String], "signals")
	done()


func case_client_disconnects() -> void:
	for how: String in ["close", "force", "ask"]:
		var server := start_server()
		var client := _listening()
		client.join(server.port)
		check(pump([server, client], func() -> bool: return server.events.size() == 1), "connects")
		match how:
			"close":
				client.peer.close()
			"force":
				client.peer.disconnect_peer(1, true)
			"ask":
				client.peer.disconnect_peer(1)
		check(pump([server, client], func() -> bool: return not client.is_active()), how)
		var expected: Array[String] = ["+1", "connection_succeeded"]
		if how == "ask":
			expected.append_array(["-1", "server_disconnected"])
		equal(client.events, expected, how)
	done()


## A client may connect to the next server from either handler.
func case_reconnecting_in_handlers() -> void:
	for first_refuses: bool in [true, false]:
		var first := _refusing() if first_refuses else start_server()
		var second := start_server()
		var client := _listening()
		var name := &"connection_failed" if first_refuses else &"server_disconnected"
		var try_next := func() -> void: equal(client.join(second.port), OK, "create_client in a handler")
		client.peer.connect(name, try_next)
		client.join(first.port)
		if not first_refuses:
			check(pump([first, client], func() -> bool: return first.events.size() == 1), "connects")
			first.peer.close()
		var ends: Array[End] = [first, second, client]
		check(pump(ends, func() -> bool: return second.events.size() == 1, 40.0), "the next server signals the client")
		check(client.is_up(), "the client is connected")
		equal(client.events.slice(-2), ["+1", "connection_succeeded"] as Array[String], "signals")
		client.peer.disconnect(name, try_next)
	done()


## A signal's statement must still be true when it is emitted, because a handler of an earlier signal may have closed
## the peer.
func case_closing_in_handlers() -> void:
	for name: StringName in [&"peer_connected", &"peer_disconnected", &"connection_succeeded"]:
		var server := start_server()
		var client := _listening()
		var close := func(_id: int = 0) -> void: client.peer.close()
		client.peer.connect(name, close)
		client.join(server.port)
		if name == &"peer_disconnected":
			check(pump([server, client], func() -> bool: return server.events.size() == 1), "connects")
			server.peer.close()
		check(pump([server, client], func() -> bool: return not client.is_active()), "ends")
		pump_for([client], 0.05)
		match name:
			&"peer_connected":
				equal(client.events, ["+1"] as Array[String], name)
			&"peer_disconnected":
				var expected: Array[String] = ["+1", "connection_succeeded", "-1", "server_disconnected"]
				equal(client.events, expected, name)
			_:
				equal(client.events, ["+1", "connection_succeeded"] as Array[String], name)
		client.peer.disconnect(name, close)
	done()


func case_polling_in_handlers() -> void:
	var server := start_server()
	var client := _listening()
	var poll := func(_id: int) -> void: client.peer.poll()
	client.peer.peer_connected.connect(poll)
	client.peer.peer_disconnected.connect(poll)
	client.join(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 1 and client.is_up()), "connects")
	server.peer.close()
	check(pump([client], func() -> bool: return not client.is_active()), "ends")
	equal(client.events, ["+1", "connection_succeeded", "-1", "server_disconnected"] as Array[String],
			"each signal is emitted once")
	client.peer.peer_connected.disconnect(poll)
	client.peer.peer_disconnected.disconnect(poll)
	done()


## The handler frees the peer in the middle of its poll.
func case_freeing_in_handlers() -> void:
	for name in SIGNALS:
		var fails := name == &"connection_failed"
		var server := _refusing() if fails else start_server()
		var held: Array[MultiplayerPeer] = [ClassDB.instantiate(client_class)]
		var weak: WeakRef = weakref(held[0])
		held[0].connect(name, func() -> void: held.clear())
		held[0].call(&"create_client", "127.0.0.1", server.port)
		var step := func() -> bool:
			var peer: MultiplayerPeer = weak.get_ref()
			if peer != null and peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
				peer.poll()
			return held.is_empty()
		if name == &"server_disconnected":
			check(pump([server], func() -> bool: return step.call() or server.events.size() == 1), "connects")
			server.peer.close()
		check(pump([server], step, 40.0), "%s is emitted" % name)
		await tree.process_frame
		check(weak.get_ref() == null, "the handler frees the peer")
	done()


func case_server_has_no_client_signals() -> void:
	var server := new_end(client_class)
	var events := server.events
	for name in SIGNALS:
		server.peer.connect(name, func() -> void: events.append(String(name)))
	server.host(free_port())
	var client := new_end(server_class)
	client.join(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "connects")
	var id := client.id()
	client.peer.close()
	check(pump([server], func() -> bool: return server.events.size() == 2), "leaves")
	server.peer.close()
	equal(server.events, ["+%d" % id, "-%d" % id] as Array[String], "signals")
	done()
