extends "res://lib/dtls_suite.gd"
## How encrypted connections end, restart, and are refused.

## ENet alone takes five seconds or more to detect a lost remote.
const AT_ONCE := 2.0


func case_reconnecting() -> void:
	var who := identity(P256)
	var server := encrypted_server(who)
	for round_number in 5:
		server.events.clear()
		var client := encrypted_client(server.port, trusting(who))
		var ends: Array[End] = [server, client]
		check(pump(ends, func() -> bool: return have_met(ends)), "round %d" % round_number)
		equal(client.say("here"), OK, "put_packet")
		check(pump(ends, func() -> bool: return server.packets.size() == round_number + 1), "the packet arrives")
		var left := "-%d" % client.id()
		client.peer.close()
		check(pump(ends, func() -> bool: return server.events.has(left), AT_ONCE), "the server signals the disconnect")
	done()


## The objects are reused, and encrypted again at ends of our class.
func case_restarted_server() -> void:
	var who := identity(P256)
	var ends := encrypted_ends(who)
	ends[0].peer.close()
	check(pump(ends, func() -> bool: return not ends[1].is_active(), AT_ONCE), "the client receives the disconnect")
	if ends[0].is_ours and ends[1].is_ours:
		equal(ends[0].host(ends[0].port), OK, "create_server")
		equal(host_of(ends[0]).call(&"dtls_server_setup", who.options()), OK, "dtls_server_setup")
		equal(ends[1].join(ends[0].port), OK, "create_client")
		equal(host_of(ends[1]).call(&"dtls_client_setup", NAME, trusting(who)), OK, "dtls_client_setup")
		check(pump(ends, func() -> bool: return ends[1].is_up(), PATIENCE), "the ends connect again")
	done()


## The client sends close_notify only, without an ENet disconnect.
func case_client_closes_the_session() -> void:
	for kind: String in [RSA, P256]:
		var ends := encrypted_ends(identity(kind))
		var left := "-%d" % ends[1].id()
		if ends[1].is_ours:
			host_of(ends[1]).call(&"destroy")
		else:
			_relays[-1].close()
		if ends[0].is_ours:
			check(pump(ends, func() -> bool: return ends[0].events.has(left), AT_ONCE),
					"the server signals the disconnect")
		else:
			_check_relay_notices(_relays[0], ends)
		await clean_up()
	done()


func case_server_closes_the_session() -> void:
	for kind: String in [RSA, P256]:
		var ends := encrypted_ends(identity(kind))
		if ends[0].is_ours:
			host_of(ends[0]).call(&"destroy")
		else:
			_relays[0].close()
		if ends[1].is_ours:
			check(pump(ends, func() -> bool: return not ends[1].is_active(), AT_ONCE), "the client closes")
		else:
			_check_relay_notices(_relays[-1], ends)
		await clean_up()
	done()


## Godot's own client would lose ENet's disconnect if it read it together with close_notify.
func case_no_close_notify_with_the_disconnect() -> void:
	for how: String in ["close", "disconnect_peer", "disconnect_peer by force"]:
		var ends := encrypted_ends(identity(P256))
		var goodbye := "-1"
		match how:
			"close":
				ends[0].peer.close()
			"disconnect_peer":
				ends[0].peer.disconnect_peer(ends[1].id())
			_:
				ends[0].peer.disconnect_peer(ends[1].id(), true)
		check(pump(ends, func() -> bool: return ends[1].events.has(goodbye), AT_ONCE), "%s: the client signals it" % how)
		if ends[0].is_ours and not ends[1].is_ours:
			pump_for(ends, 0.3)
			equal(_relays[-1].ended.size(), 0, "%s: sessions that ended meanwhile" % how)
		await clean_up()
	done()


func _check_relay_notices(relay: Relay, ends: Array[End]) -> void:
	check(pump(ends, func() -> bool: return relay.ended.size() == 1, AT_ONCE), "Godot's DTLS ends the session")
	for session in relay.ended:
		equal(session.dtls.get_status(), PacketPeerDTLS.STATUS_DISCONNECTED, "the session's status is not an error")


## Handshakes are refused; connected clients stay.
func case_refusing() -> void:
	if not server_class.ends_with("Rs"):
		check(_relays.is_empty(), "not tested with stock: its server cannot inform the relay")
		done()
		return
	var who := identity(P256)
	var ends := encrypted_ends(who)
	var server := ends[0]
	server.peer.refuse_new_connections = true
	var refused := encrypted_client(server.port, trusting(who))
	var all: Array[End] = [server, ends[1], refused]
	if refused.is_ours:
		check(pump(all, func() -> bool: return not refused.is_active(), AT_ONCE), "the refused client gets an alert")
		expect_error_texts(["the remote refused"], "a refused client")
	else:
		var relay := _relays[-1]
		check(pump(all, func() -> bool: return not relay.ended.is_empty(), AT_ONCE), "the refused client gets an alert")
		expect_errors(1, false, "a refused client")
	equal(server.events.size(), 1, "the number of signals is unchanged")
	equal(ends[1].say("still here"), OK, "put_packet")
	check(pump(all, func() -> bool: return server.packets.size() == 1), "the connected client is not affected")
	server.peer.refuse_new_connections = false
	refused.peer.close()
	var late := encrypted_client(server.port, trusting(who))
	all = [server, ends[1], late]
	check(pump(all, func() -> bool: return late.is_up() and server.events.size() == 2), "later clients are admitted")
	done()
