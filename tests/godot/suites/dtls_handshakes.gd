extends "res://lib/dtls_suite.gd"
## Handshakes on bad networks, many at once, and with remotes that do not encrypt.

## Exceeds the number of datagrams in a handshake.
const DATAGRAMS := 12
## As in ENetMultiplayerPeerRs.DisconnectReason.
const REASON_NOT_ENCRYPTED := 0x454E540A


## Loses each datagram of a handshake in a connection of its own, alone and together with the next one.
func case_each_datagram_lost() -> void:
	for kind: String in [RSA, P256]:
		var server := encrypted_server(identity(kind), 2 * DATAGRAMS)
		var ends: Array[End] = [server]
		var lost: Array[Array] = []
		for count: int in [1, 2]:
			for number in DATAGRAMS:
				var wire := rough_wire_to(server.port, 0)
				wire.lost_numbers.assign(range(number, number + count))
				lost.append(wire.lost_numbers)
				ends.append(encrypted_client(wire.port, trusting(identity(kind))))
		_check_all_in(ends, lost, kind)
		await clean_up()
	done()


## Doubles every datagram and delays many. (Godot's own server ends a session at a repeated hello message.)
func case_doubled_and_delayed() -> void:
	if not server_class.ends_with("Rs"):
		check(_relays.is_empty(), "not tested with stock")
		done()
		return
	for kind: String in [RSA, P256]:
		var server := encrypted_server(identity(kind), DATAGRAMS)
		var ends: Array[End] = [server]
		var seeds: Array[Array] = []
		for number in DATAGRAMS:
			var wire := rough_wire_to(server.port, number)
			wire.doubling = 1.0
			wire.delay = 0.5
			seeds.append([number])
			ends.append(encrypted_client(wire.port, trusting(identity(kind))))
		_check_all_in(ends, seeds, kind)
		await clean_up()
	done()


func _check_all_in(ends: Array[End], what: Array[Array], kind: String) -> void:
	var is_decided := func() -> bool:
		return ends.slice(1).all(func(end: End) -> bool: return end.is_up() or not end.is_active())
	check(pump(ends, is_decided, PATIENCE), "%s: all handshakes succeed or fail" % kind)
	for index in what.size():
		check(ends[index + 1].is_up(), "%s, %s: the client connects" % [kind, what[index]])
	for client: End in ends.slice(1).filter(func(end: End) -> bool: return end.is_up()):
		equal(client.say("here", 1), OK, "put_packet")
	check(pump(ends, func() -> bool: return ends[0].packets.size() == what.size(), PATIENCE),
			kind + ": packets of all clients arrive")


## Each client is heard under its own id.
func case_crowd() -> void:
	const COUNT := 40
	for kind: String in [RSA, P256]:
		var server := encrypted_server(identity(kind), COUNT)
		var ends: Array[End] = [server]
		for index in COUNT:
			ends.append(encrypted_client(server.port, trusting(identity(kind))))
		check(pump(ends, func() -> bool: return have_met(ends), PATIENCE), kind + ": all clients connect")
		for client: End in ends.slice(1):
			client.say("I am %d" % client.id(), 1)
		check(pump(ends, func() -> bool: return server.packets.size() == COUNT),
				kind + ": packets of all clients arrive")
		for packet in server.packets:
			equal(packet.bytes.get_string_from_utf8(), "I am %d" % packet.from, kind)
		if not server.is_ours:
			# A client of ours that waits for long begins a new handshake, and Godot's server prints the end of the old one.
			for line in _errors.take():
				check(line.contains("TLS handshake error: "), "an error of Godot's server: %s" % line)
		await clean_up()
	done()


## A plain client is not admitted. Our server tells it at once, whatever its class, and prints a warning.
func case_plain_client() -> void:
	var server := encrypted_server(identity(P256))
	var plain := new_end(client_class)
	_errors.take_warnings()
	equal(plain.join(server.port), OK, "create_client")
	var ends: Array[End] = [server, plain]
	pump(ends, func() -> bool: return plain.is_up() or not plain.is_active(), 10.0 if server.is_ours else 1.0)
	check(not plain.is_up() and server.events.is_empty(), "the client is not admitted")
	if server.is_ours:
		check(not plain.is_active(), "the client is told")
		if plain.is_ours:
			equal(plain.peer.call(&"get_disconnect_reason", 1), REASON_NOT_ENCRYPTED, "the reason")
			expect_error_texts(["poll: the server is encrypted"], "a plain client")
		else:
			expect_errors(0, true, "a plain client")
		# The client may have heard of it before the server's last poll.
		server.poll()
		_expect_plain_warning()
	else:
		# Godot's DTLS prints an error.
		expect_errors(1, false, "a plain client")
	done()


func _expect_plain_warning() -> void:
	if _errors.can_see():
		var warnings := _errors.take_warnings()
		equal(warnings.size(), 1, "warnings %s" % [warnings])
		for warning in warnings:
			check(warning.contains("1 request to connect was refused (from 127.0.0.1:"), warning)
			check(warning.contains("dtls_client_setup"), warning)


## The same for hosts that a script services by itself.
func case_plain_host() -> void:
	if not server_class.ends_with("Rs"):
		check(_relays.is_empty(), "not tested with stock")
		done()
		return
	var server := new_host(server_class)
	equal(server.bind(free_port()), OK, "create_host_bound")
	equal(server.connection.call(&"dtls_server_setup", identity(P256).options()), OK, "dtls_server_setup")
	var client := new_host(client_class)
	equal(client.open(), OK, "create_host")
	_errors.take_warnings()
	client.join(server.port)
	check(pump([], func() -> bool:
		server.drain()
		client.drain()
		return not client.events.is_empty(), 10.0), "the client has an event")
	if not client.events.is_empty():
		equal(client.events[0].type, RawHost.EVENT_DISCONNECT, "the client's event")
		equal(client.events[0].data, REASON_NOT_ENCRYPTED, "its data")
	if client.is_ours:
		expect_error_texts(["service: the server is encrypted"], "a plain client")
	else:
		expect_errors(0, true, "a plain client")
	server.drain()
	_expect_plain_warning()
	done()


## The client says early that the server may not encrypt, and goes on until its time is over.
func case_plain_server() -> void:
	const CONNECT_SECONDS := 6.0
	var server := start_server()
	var client := new_end(client_class)
	if client.is_ours:
		client.peer.set(&"connect_timeout", CONNECT_SECONDS)
	_errors.take_warnings()
	var start := Time.get_ticks_msec()
	begin_client(client, server.port, trusting(identity(P256)))
	var ends: Array[End] = [server, client]
	if client.is_ours:
		check(pump(ends, func() -> bool: return not client.is_active(), PATIENCE), "the client closes")
		var waited := Time.get_ticks_msec() - start
		check(waited >= 1000 * CONNECT_SECONDS, "not before its time, but after %d ms" % waited)
		expect_error_texts([], "a plain server")
		if _errors.can_see():
			var warnings := _errors.take_warnings()
			equal(warnings.size(), 1, "warnings %s" % [warnings])
			for warning in warnings:
				check(warning.contains("it may be no DTLS server"), warning)
	else:
		check(not pump(ends, func() -> bool: return client.is_up(), 1.0), "the client is not admitted")
	done()
