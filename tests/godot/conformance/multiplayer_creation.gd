extends "res://lib/multiplayer_case.gd"
## create_server, create_client, create_mesh and set_bind_ip: the order of their checks, and the state of the object
## afterwards.

const FarWire := preload("res://lib/far_wire.gd")

## An address reserved for documentation, which no machine has.
const FOREIGN_IP := "203.0.113.1"


func case_new_object() -> void:
	var peer := new_subject()
	note("mode", peer.transfer_mode)
	note("channel", peer.transfer_channel)
	note("buffer", peer.encode_buffer_max_size)
	note_state(peer, "new")
	attempt(peer, &"get_host")
	attempt(peer, &"get_peer", [1])
	note("property host", peer.get(&"host"))
	note_errors("property host prints")
	done()


## Outside the main thread our class creates no object, and an existing one does not change.
func case_another_thread() -> void:
	var name := new_subject().get_class()
	var made: bool = _elsewhere(func() -> bool:
		var object: Object = ClassDB.instantiate(name)
		return object != null)
	differs("an object is made", [made, take_errors()], "D33", [true, false], [false, true])
	var peer := new_subject()
	var created: Error = _elsewhere(peer.call.bind(&"create_server", 0))
	differs("create_server", created, "D33", OK, ERR_UNAVAILABLE)
	take_errors()
	if kit.is_ours:
		must(peer, &"create_server", [0])
	_elsewhere(peer.poll)
	take_errors()
	note_state(peer, "polled there")
	_elsewhere(peer.close)
	differs("still a server", is_up(peer), "D33", false, true)
	take_errors()
	done()


func case_server_arguments() -> void:
	for arguments: Array in [
		[-1], [65536], [0, 0], [0, -5], [0, 4096], [0, 32, 0, 0, -1], [-1, 0, 0, 0, -1],
	]:
		var peer := new_subject()
		attempt(peer, &"create_server", arguments)
		note_state(peer, "after create_server%s" % [arguments])
		attempt(peer, &"create_server", [0])
		note("is a server afterwards", is_up(peer))
	done()


func case_server_limits_accepted() -> void:
	for arguments: Array in [[0, 1], [0, 4095], [0, 32, 1], [0, 32, 253], [0, 32, 0, 1, 1]]:
		var peer := new_subject()
		attempt(peer, &"create_server", arguments)
		note_state(peer, "server%s" % [arguments])
	done()


## Stock never checks the incoming bandwidth.
func case_server_incoming_bandwidth() -> void:
	var peer := new_subject()
	var error: Error = peer.call(&"create_server", 0, 32, 0, -1)
	differs("in_bandwidth -1", error, "D2", OK, ERR_INVALID_PARAMETER)
	differs("in_bandwidth -1 prints", take_errors(), "D2", false, true)
	differs("is a server", is_up(peer), "D2", true, false)
	done()


## The order is visible only where two checks have different error codes.
func case_order_of_checks() -> void:
	var port := free_port()
	var blocker := partner_peer()
	check(blocker.create_server(port) == OK, "binding the port with a stock server")
	for arguments: Array in [[port], [port, 0], [port, 32, 0, 0, -1]]:
		attempt(new_subject(), &"create_server", arguments, "taken port %s" % [arguments.slice(1)])
	for arguments: Array in [
		["", 0, 0, 0, 0, port], ["", 0, 0, -1, 0, port], ["", 0, 0, 0, -1, port], ["", 0, 0, -1], ["", -1, 0, 0, 0, -1],
		[LOCALHOST, 5000, 0, 0, 0, port],
	]:
		attempt(new_subject(), &"create_client", arguments, "client %s" % [arguments.slice(0, 5)])
	var active := new_subject()
	must(active, &"create_mesh", [5])
	attempt(active, &"create_server", [-1, 0])
	attempt(active, &"create_client", ["", -1])
	attempt(active, &"create_mesh", [0])
	attempt(active, &"create_mesh", [7])
	note_state(active, "still")
	blocker.close()
	done()


func case_active_refuses_in_every_mode() -> void:
	for mode: String in ["server", "client", "mesh"]:
		var peer := subject_of(mode)
		peer.refuse_new_connections = true
		for call: Array in [[&"create_server", [0]], [&"create_client", [LOCALHOST, 5000]], [&"create_mesh", [9]]]:
			var method: StringName = call[0]
			var arguments: Array = call[1]
			attempt(peer, method, arguments, "%s: %s" % [mode, method])
		note_state(peer, mode)
	done()


func case_refuse_flag_is_cleared_first() -> void:
	for call: Array in [
		[&"create_server", [-1]], [&"create_server", [0]], [&"create_client", [LOCALHOST, 0]],
		[&"create_client", [LOCALHOST, 5000]], [&"create_mesh", [0]], [&"create_mesh", [5]],
	]:
		var method: StringName = call[0]
		var arguments: Array = call[1]
		var peer := new_subject()
		peer.refuse_new_connections = true
		attempt(peer, method, arguments)
		note("refuses after %s" % method, peer.refuse_new_connections)
	done()


func case_client_arguments() -> void:
	for arguments: Array in [
		[LOCALHOST, 5000, 0, -1], [LOCALHOST, 5000, 0, 0, -1], [LOCALHOST, 5000, 0, 0, 0, -1],
		[LOCALHOST, 5000, 0, 0, 0, 65536], [LOCALHOST, 0], [LOCALHOST, -1], [LOCALHOST, 65536],
		["no-such-host.invalid", 5000], ["", 5000], ["*", 5000], ["256.1.1.1", 5000],
	]:
		var peer := new_subject()
		attempt(peer, &"create_client", arguments)
		note_state(peer, "after create_client%s" % [arguments])
		attempt(peer, &"create_client", [LOCALHOST, 5000])
		note("connects afterwards", peer.get_connection_status())
	done()


func case_client_state() -> void:
	var peer := connecting_client()
	note_state(peer, "at first")
	check(drive(func() -> bool: return is_up(peer)), "the client connects")
	note_state(peer, "connected")
	done()


func case_mesh_ids() -> void:
	for id: int in [0, -1, -2147483648, 1, 2, 2147483647]:
		var peer := new_subject()
		attempt(peer, &"create_mesh", [id])
		note("status", peer.get_connection_status())
		if is_active(peer):
			note("id", peer.get_unique_id())
			note_state(peer, "mesh")
	done()


func case_server_on_port_zero() -> void:
	var one := new_subject()
	var other := new_subject()
	attempt(one, &"create_server", [0])
	attempt(other, &"create_server", [0])
	note("the ports differ", port_of(one) > 0 and port_of(one) != port_of(other))
	done()


func case_client_sends_nothing_before_the_poll() -> void:
	var listener := PacketPeerUDP.new()
	check(listener.bind(0, LOCALHOST) == OK, "opening a socket")
	var peer := new_subject()
	attempt(peer, &"create_client", [LOCALHOST, listener.get_local_port()], "create_client")
	OS.delay_msec(20)
	note("datagrams before", listener.get_available_packet_count())
	peer.poll()
	check(wait_until(func() -> bool: return listener.get_available_packet_count() > 0), "a datagram")
	note("datagrams after", listener.get_available_packet_count())
	done()


func case_flushing_the_host_sends_too() -> void:
	var listener := PacketPeerUDP.new()
	check(listener.bind(0, LOCALHOST) == OK, "opening a socket")
	var peer := new_subject()
	attempt(peer, &"create_client", [LOCALHOST, listener.get_local_port()], "create_client")
	attempt(host_of(peer), &"flush")
	check(wait_until(func() -> bool: return listener.get_available_packet_count() > 0), "a datagram")
	note("datagrams", listener.get_available_packet_count())
	done()


## Every field of the connect request, except the random ones.
func case_fields_of_the_connect_command() -> void:
	for arguments: Array in [[], [3, 50000, 60000], [1, 1, 0], [253], [254], [300], [-1]]:
		var listener := PacketPeerUDP.new()
		check(listener.bind(0, LOCALHOST) == OK, "opening a socket")
		var peer := new_subject()
		peer.callv(&"create_client", [LOCALHOST, listener.get_local_port()] + arguments)
		note_errors("create_client%s prints" % [arguments])
		if not is_active(peer):
			note("%s is refused" % [arguments], true)
			continue
		peer.poll()
		check(wait_until(func() -> bool: return listener.get_available_packet_count() > 0), "a datagram")
		var fields := FarWire.connect_fields(listener.get_packet())
		note("%s: id" % [arguments], fields.get("data") == peer.get_unique_id())
		fields.erase("data")
		differs("%s: size" % [arguments], fields.get("size"), "D38", 52, 72)
		fields.erase("size")
		note("%s: fields" % [arguments], fields)
	done()


## The answer contains the server's limits. Stock uses max_channels as the incoming bandwidth.
func case_fields_of_the_servers_answer() -> void:
	for arguments: Array in [[0, 0, 0], [0, 0, 70000], [5, 50000, 60000]]:
		var peer := new_subject()
		peer.callv(&"create_server", [0, 8] + arguments)
		var far_socket := PacketPeerUDP.new()
		check(far_socket.connect_to_host(LOCALHOST, port_of(peer)) == OK, "opening a socket")
		far_socket.put_packet(FarWire.connect_request(5))
		var answered := func() -> bool: return far_socket.get_available_packet_count() > 0
		check(drive(answered), "an answer")
		var fields := FarWire.verify_fields(far_socket.get_packet())
		var channels: int = arguments[0]
		var is_limited := channels > 0
		var incoming: int = arguments[1]
		var stock_incoming := channels + 2 if is_limited else 0
		if is_limited:
			differs("%s: channels" % [arguments], fields.get("channels"), "D1", 255, channels + 2)
			differs("%s: incoming" % [arguments], fields.get("incoming"), "D1", stock_incoming, incoming)
		else:
			note("%s: channels" % [arguments], fields.get("channels"))
			note("%s: incoming" % [arguments], fields.get("incoming"))
		for field: String in ["channels", "incoming"]:
			fields.erase(field)
		note("%s: other fields" % [arguments], fields)
	done()


func case_max_channels_limits_channels() -> void:
	for limit: int in [1, 3, 253]:
		var server := server_with([], limit)
		var far := join(server, 20)
		check(drive(signalled(server, "+20")), "the far end joins")
		check(drive(func() -> bool: return _is_up(far)), "the far end is connected")
		differs("channels with %d" % limit, far.link.get_channels(), "D1", 255, limit + 2)
	done()


func case_local_port() -> void:
	var far := FarEnd.new()
	far_ends.append(far)
	var port := listen(far.connection)
	var local_port := free_port()
	var peer := new_subject()
	attempt(peer, &"create_client", [LOCALHOST, port, 0, 0, 0, local_port], "create_client")
	note("the host uses the local port", host_of(peer).call(&"get_local_port") == local_port)
	check(drive(func() -> bool: return is_up(peer) and far.link != null), "the client connects")
	note("the far end sees the local port", far.link.get_remote_port() == local_port)
	done()


func case_bind_ip() -> void:
	var peer := new_subject()
	for ip: String in ["127.0.0.1", "no address", "", "*", "127.0.0.1:80", "300.0.0.1"]:
		attempt(peer, &"set_bind_ip", [ip])
	attempt(peer, &"set_bind_ip", [FOREIGN_IP])
	attempt(peer, &"create_server", [0])
	attempt(peer, &"create_client", [LOCALHOST, 5000, 0, 0, 0, free_port()], "client with a local port")
	attempt(peer, &"create_client", [LOCALHOST, 5000], "client without")
	peer.close()
	attempt(peer, &"set_bind_ip", ["nonsense"])
	attempt(peer, &"create_server", [0], "the foreign address survives close and a wrong value")
	attempt(peer, &"set_bind_ip", ["*"])
	attempt(peer, &"create_server", [0], "any address")
	done()


func case_bind_ip_while_active() -> void:
	var server := server_with([20])
	attempt(server, &"set_bind_ip", [FOREIGN_IP])
	try_send(server, "x", 20)
	check(drive(saw(far_ends[0], 2)), "the packet arrives")
	note("the far end", far_ends[0].seen)
	server.close()
	attempt(server, &"create_server", [0], "the next server uses the address")
	done()


func case_bound_to_one_address() -> void:
	var server := new_subject()
	server.call(&"set_bind_ip", "127.0.0.2")
	attempt(server, &"create_server", [0])
	var port := port_of(server)
	var elsewhere := PacketPeerUDP.new()
	check(elsewhere.connect_to_host(LOCALHOST, port) == OK, "opening a socket")
	elsewhere.put_packet(FarWire.connect_request(5))
	settle()
	note("answers elsewhere", elsewhere.get_available_packet_count() > 0)
	var there := PacketPeerUDP.new()
	check(there.connect_to_host("127.0.0.2", port) == OK, "opening a socket")
	there.put_packet(FarWire.connect_request(5))
	note("answers there", drive(func() -> bool: return there.get_available_packet_count() > 0))
	done()


## Numbers that do not fit into 32 bits.
func case_wide_numbers() -> void:
	const WIDE := 1 << 32
	var fits := [OK, false]
	var refused := [ERR_INVALID_PARAMETER, true]
	for arguments: Array in [[WIDE], [0, WIDE + 2], [0, 2, 0, 0, WIDE]]:
		attempt_apart(new_subject(), &"create_server", arguments, "D28", fits, refused)
	attempt(new_subject(), &"create_server", [0, WIDE])
	# ENet's bandwidth is an unsigned number of 32 bits.
	attempt_apart(new_subject(), &"create_server", [0, 2, 0, 0, WIDE - 1], "D28", refused, fits)
	var port := [LOCALHOST, WIDE + 5000]
	attempt_apart(new_subject(), &"create_client", port, "D28", fits, [ERR_CANT_CREATE, true])
	attempt(new_subject(), &"create_client", [LOCALHOST, WIDE])
	attempt(new_subject(), &"create_client", [LOCALHOST, 5000, WIDE])
	var bandwidth := [LOCALHOST, 5000, 0, WIDE - 1]
	attempt_apart(new_subject(), &"create_client", bandwidth, "D28", refused, fits)
	var local_port := [LOCALHOST, 5000, 0, 0, 0, WIDE]
	attempt_apart(new_subject(), &"create_client", local_port, "D28", fits, refused)
	attempt_apart(new_subject(), &"create_mesh", [WIDE + 5], "D28", fits, refused)
	for id: int in [WIDE, WIDE - 1]:
		attempt(new_subject(), &"create_mesh", [id])
	var server := server_with([20])
	var there := ["<ENetPacketPeer>", false]
	attempt_apart(server, &"get_peer", [WIDE + 20], "D28", there, [null, true])
	attempt(server, &"disconnect_peer", [WIDE + 30])
	note("sending", send(server, "x", WIDE + 20, RELIABLE, WIDE + 1))
	note("channel", server.transfer_channel)
	check(drive(saw(far_ends[0], 2)), "the packet arrives")
	note("far", far_ends[0].seen)
	done()


func _elsewhere(what: Callable) -> Variant:
	var thread := Thread.new()
	check(thread.start(what) == OK, "a thread starts")
	return thread.wait_to_finish()
