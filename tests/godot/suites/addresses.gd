extends "res://lib/guarding_suite.gd"
## IPv6 addresses as text: ours have the form of `IP` and of Godot's other classes, and are read in every form. The stock
## class of this Godot has no IPv6.

const SHORT := "::1"


func reason_to_skip() -> String:
	var skipped := super()
	if skipped.is_empty() and not client_class.ends_with("Rs"):
		skipped = "the built-in class of this Godot has no IPv6"
	return skipped


## The address as Godot writes it.
func _long() -> String:
	var long := IP.resolve_hostname(SHORT)
	equal(long, "0:0:0:0:0:0:0:1", "Godot's form")
	return long


func case_addresses_of_peers() -> void:
	var long := _long()
	var udp := PacketPeerUDP.new()
	var other := PacketPeerUDP.new()
	equal(udp.bind(0, SHORT), OK, "bind")
	other.connect_to_host(SHORT, udp.get_local_port())
	other.put_packet(PackedByteArray([1]))
	check(pump([], func() -> bool: return udp.get_available_packet_count() > 0), "a datagram arrives")
	udp.get_packet()
	equal(udp.get_packet_ip(), long, "the address of PacketPeerUDP")
	var server := start_server()
	var asked: Array[String] = []
	server.peer.set(&"join_filter", func(newcomer: Dictionary) -> bool:
		asked.append(newcomer["address"])
		return true)
	for form: String in [SHORT, long]:
		var client := new_end(client_class)
		equal(client.join(server.port, form), OK, "create_client with " + form)
		var ends: Array[End] = [server, client]
		check(pump(ends, func() -> bool: return client.is_up() and server.events.has("+%d" % client.id())), form)
		for pair: Array in [[server, client.id()], [client, 1]]:
			var end: End = pair[0]
			var id: int = pair[1]
			equal(_peer(end, id).call(&"get_remote_address"), long, "get_remote_address")
			equal(end.peer.call(&"get_peer_address", id), long, "get_peer_address")
		client.peer.close()
	equal(asked, [long, long] as Array[String], "the addresses that the join filter is shown")
	server.peer.set(&"join_filter", Callable())
	done()


## An IPv4 client of a server that listens for both has an IPv4 address.
func case_ipv4() -> void:
	var ends := connected(1)
	equal(ends[0].peer.call(&"get_peer_address", ends[1].id()), IP.resolve_hostname(LOCAL), "get_peer_address")
	done()


func case_addresses_that_are_passed() -> void:
	var long := _long()
	for form: String in [SHORT, long]:
		var bound := new_host(server_class)
		equal(bound.connection.call(&"create_host_bound", form, 0, 4), OK, "create_host_bound with " + form)
		bound.is_open = true
		var target := PacketPeerUDP.new()
		equal(target.bind(0, SHORT), OK, "bind")
		bound.connection.call(&"socket_send", form, target.get_local_port(), PackedByteArray([7]))
		check(pump([], func() -> bool: return target.get_available_packet_count() == 1), "socket_send to " + form)
		var client := new_host(client_class)
		equal(client.open(), OK, "create_host")
		client.connection.call(&"connect_to_host", form, bound.local_port())
		check(pump([], func() -> bool:
			bound.drain()
			client.drain()
			return not bound.events.is_empty()), "connect_to_host with " + form)
		if not bound.events.is_empty():
			equal(bound.events[0].peer.call(&"get_remote_address"), long, "get_remote_address")
		var server := new_end(server_class)
		server.peer.call(&"set_bind_ip", form)
		equal(server.host(free_port()), OK, "create_server bound to " + form)
		for banner: Object in [server.peer, bound.connection]:
			equal(banner.call(&"ban_address", form), OK, "ban_address with " + form)
			equal(_banned(banner), [long], "the banned addresses")
			for other: String in [SHORT, long]:
				equal(banner.call(&"get_ban_time_left", other), INF, "get_ban_time_left with " + other)
			equal(banner.call(&"unban_address", SHORT if form == long else long), true, "unban_address")
	done()
