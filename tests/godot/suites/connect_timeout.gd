extends "res://lib/raw_suite.gd"
## How long an attempt to connect lasts: property `connect_timeout` and the limits of a peer.

const SECONDS := 1.2
## Exceeds the time in which an attempt ends, and stays far below that of ENet's own limits.
const PATIENCE := 10.0

var _silent: Array[PacketPeerUDP] = []


func case_values() -> void:
	if not _is_ours():
		check(not (&"connect_timeout" in new_end(client_class).peer), "stock has no such property")
		return done()
	check_seconds(&"connect_timeout", 0.0)
	done()


## The time counts from create_client on, whenever it is set.
func case_a_client_without_an_answer() -> void:
	for is_late: bool in [false, true]:
		var client := new_end(client_class)
		if _is_ours() and not is_late:
			client.peer.set(&"connect_timeout", SECONDS)
		var start := Time.get_ticks_msec()
		equal(client.join(_silent_port()), OK, "create_client")
		pump([client], func() -> bool: return false, SECONDS / 2)
		check(client.is_active(), "the client waits")
		if not _is_ours():
			# The limits of a peer are stock's only means.
			var server: PacketPeer = client.peer.call(&"get_peer", 1)
			server.call(&"set_timeout", 1, 1000, 2000)
		elif is_late:
			client.peer.set(&"connect_timeout", SECONDS)
			var host: Object = client.peer.get(&"host")
			equal(host.get(&"connect_timeout"), SECONDS, "the current host takes it over")
		check(pump([client], func() -> bool: return not client.is_active(), PATIENCE), "the attempt ends")
		var waited := Time.get_ticks_msec() - start
		check(waited >= 1000 * SECONDS, "not before its time, but after %d ms" % waited)
		equal(client.events, [] as Array[String], "no peer was there")
		expect_errors(0, true, "an attempt that ends")
	done()


func case_a_host_without_an_answer() -> void:
	var client := new_host(client_class)
	equal(client.open(), OK, "create_host")
	if _is_ours():
		client.connection.set(&"connect_timeout", SECONDS)
	var start := Time.get_ticks_msec()
	var peer := client.join(_silent_port())
	if not _is_ours():
		peer.call(&"set_timeout", 1, 1000, 2000)
	check(pump([], func() -> bool:
		client.drain()
		return not client.events.is_empty(), PATIENCE), "the attempt ends")
	var waited := Time.get_ticks_msec() - start
	check(waited >= 1000 * SECONDS, "not before its time, but after %d ms" % waited)
	equal(client.types(), [RawHost.EVENT_DISCONNECT] as Array[int], "the events")
	expect_errors(0, true, "an attempt that ends")
	done()


## The time of an attempt does not end a connection.
func case_a_connection_goes_on() -> void:
	var server := start_server()
	var client := new_end(client_class)
	if _is_ours():
		client.peer.set(&"connect_timeout", SECONDS)
	equal(client.join(server.port), OK, "create_client")
	check(pump([server, client], func() -> bool: return client.is_up()), "connects")
	pump_for([server, client], SECONDS + 0.5)
	check(client.is_up(), "the client is still connected")
	done()


func _is_ours() -> bool:
	return client_class.ends_with("Rs")


## The port of a socket that is open and says nothing.
func _silent_port() -> int:
	var port := free_port()
	var socket := PacketPeerUDP.new()
	equal(socket.bind(port, "127.0.0.1"), OK, "a silent socket")
	_silent.append(socket)
	return port
