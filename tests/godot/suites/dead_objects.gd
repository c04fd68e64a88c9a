extends "res://lib/mesh_suite.gd"
## Objects that a script keeps after their end: whether they can be asked for it, and how often their errors are printed.

const CALLS := 100
const PRINTED := 10


func reason_to_skip() -> String:
	return "" if server_class.ends_with("Rs") else "stock has no status of hosts, and prints each error"


## The status of a host that a session has is the session's while the host lives.
func case_status_of_a_kept_host() -> void:
	var server := start_server()
	var client := start_client(server.port)
	var hosts: Array[MultiplayerPeer] = [_host_of(server)]
	if client.is_ours:
		hosts.append(_host_of(client))
		equal(_status(hosts[1]), MultiplayerPeer.CONNECTION_CONNECTING, "a client that connects")
	check(pump([server, client], client.is_up), "the client connects")
	for host in hosts:
		equal(_status(host), MultiplayerPeer.CONNECTION_CONNECTED, "while the session lasts")
	server.peer.close()
	equal(_status(hosts[0]), MultiplayerPeer.CONNECTION_DISCONNECTED, "a closed server's host")
	check(pump([client], func() -> bool: return not client.is_active()), "the client hears of it")
	equal(_status(hosts[-1]), MultiplayerPeer.CONNECTION_DISCONNECTED, "the host of a client that has closed")
	# The next session has another host.
	equal(server.host(free_port()), OK, "create_server")
	equal(_status(hosts[0]), MultiplayerPeer.CONNECTION_DISCONNECTED, "the former host")
	var present := _host_of(server)
	equal(_status(present), MultiplayerPeer.CONNECTION_CONNECTED, "the new host")
	present.call(&"destroy")
	equal(_status(present), MultiplayerPeer.CONNECTION_DISCONNECTED, "a destroyed host")
	done()


func case_status_of_hosts_of_a_mesh() -> void:
	var mesh := new_end(server_class)
	equal(mesh.peer.call(&"create_mesh", 5), OK, "create_mesh")
	var joined := linked()
	var host: MultiplayerPeer = joined.hosts[0].connection
	equal(mesh.peer.call(&"add_mesh_peer", 7, host), OK, "add_mesh_peer")
	equal(_status(host), MultiplayerPeer.CONNECTION_CONNECTED, "in the mesh")
	mesh.peer.close()
	equal(_status(host), MultiplayerPeer.CONNECTION_DISCONNECTED, "after the mesh")
	joined.hosts[0].is_open = false
	done()


func case_repeated_errors() -> void:
	var server := start_server()
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return client.is_up() and server.events.size() == 1), "connected")
	var host := _host_of(server)
	var peer: PacketPeer = server.peer.call(&"get_peer", client.id())
	server.peer.close()
	var bytes := PackedByteArray([1])
	var calls: Array[Callable] = [
		func() -> void: host.call(&"socket_send", "127.0.0.1", server.port, bytes),
		func() -> void: host.call(&"service"),
		func() -> void: host.call(&"get_peers"),
		func() -> void: host.call(&"get_local_port"),
		func() -> void: host.call(&"refuse_new_connections", true),
		func() -> void: peer.call(&"send", 0, bytes, 1),
		func() -> void: peer.put_packet(bytes),
		func() -> void: peer.call(&"ping"),
		func() -> void: peer.call(&"get_remote_address"),
		func() -> void: peer.call(&"get_statistic", 0),
		func() -> void: server.peer.put_packet(bytes),
		func() -> void: server.peer.poll(),
		func() -> void: server.peer.get_unique_id(),
	]
	for index in calls.size():
		for call_number in CALLS:
			calls[index].call()
		_expect_limited(index)
	# Other objects have their own lines.
	var other := new_end(server_class)
	other.peer.put_packet(bytes)
	expect_errors(1, true, "another object")
	done()


func _expect_limited(index: int) -> void:
	var lines := _errors.take()
	if not _errors.can_see():
		return
	equal(lines.size(), PRINTED, "the number of lines of call %d" % index)
	for line: String in lines.slice(0, -1):
		check(line.ends_with("is not active."), line)
	check(lines[-1].contains("only counted"), lines[-1])


func _host_of(end: End) -> MultiplayerPeer:
	return end.peer.get(&"host")


func _status(peer: MultiplayerPeer) -> int:
	return peer.get_connection_status()
