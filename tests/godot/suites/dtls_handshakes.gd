extends "res://lib/dtls_suite.gd"
## Handshakes on bad networks, many at once, and with remotes that do not encrypt.

## Exceeds the number of datagrams in a handshake.
const DATAGRAMS := 12


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
		await clean_up()
	done()


## A plain client is not admitted, and our server prints no error.
func case_plain_client() -> void:
	var server := encrypted_server(identity(P256))
	var plain := new_end(client_class)
	equal(plain.join(server.port), OK, "create_client")
	pump([server, plain], func() -> bool: return plain.is_up(), 1.0)
	check(not plain.is_up() and server.events.is_empty(), "the client is not admitted")
	if server.is_ours:
		expect_errors(0, true, "a plain client")
	else:
		# Godot's DTLS prints an error.
		expect_errors(1, false, "a plain client")
	done()


func case_plain_server() -> void:
	var server := start_server()
	var client := encrypted_client(server.port, trusting(identity(P256)))
	var ends: Array[End] = [server, client]
	if client.is_ours:
		check(pump(ends, func() -> bool: return not client.is_active(), PATIENCE), "the client closes")
		expect_error_texts(["it may be no DTLS server"], "a plain server")
	else:
		check(not pump(ends, func() -> bool: return client.is_up(), 1.0), "the client is not admitted")
	done()
