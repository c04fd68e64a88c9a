extends "res://lib/raw_suite.gd"
## Base of the suites in which an ENetConnectionRs is itself the multiplayer peer, at the ends that use our class.
## The partner at a stock end is an ENetMultiplayerPeer.

const CONNECTION := "ENetConnectionRs"


func reason_to_skip() -> String:
	if server_class.ends_with("Rs") or client_class.ends_with("Rs"):
		return ""
	return "stock's ENetConnection is not a MultiplayerPeer"


func class_at(peer_class: String) -> String:
	return CONNECTION if peer_class.ends_with("Rs") else peer_class


func new_server() -> End:
	var server := new_end(class_at(server_class))
	equal(begin_server(server), OK, "starting a server")
	return server


func begin_server(server: End) -> Error:
	if not server.is_ours:
		return server.host(free_port())
	server.port = free_port()
	return server.peer.call(&"create_host_bound", "*", server.port)


func new_client(port: int) -> End:
	var client := new_end(class_at(client_class))
	begin_client(client, port)
	return client


func begin_client(client: End, port: int, id: int = 0) -> void:
	if not client.is_ours:
		equal(client.join(port), OK, "starting a client")
		return
	client.port = port
	equal(client.peer.call(&"create_host", 1), OK, "create_host")
	var data := id if id != 0 else client.peer.generate_unique_id()
	var peer: PacketPeer = client.peer.call(&"connect_to_host", RawHost.LOCAL, port, 0, data)
	check(peer != null, "connect_to_host")
	equal(client.id(), data, "the unique id is the connect data")


## A server with connected clients. The server comes first.
func connected_ends(count: int = 1) -> Array[End]:
	var ends: Array[End] = [new_server()]
	for index in count:
		ends.append(new_client(ends[0].port))
	var everybody_is_up := func() -> bool:
		return ends.all(func(end: End) -> bool: return end.is_up()) and ends[0].events.size() == count
	check(pump(ends, everybody_is_up), "all clients connect")
	return ends


## The same session for players on SceneMultiplayer.
func players_on_connections(count: int = 1) -> Array[Player]:
	var server := new_player(class_at(server_class))
	equal(begin_server(server.end), OK, "starting a server")
	server.api.multiplayer_peer = server.end.peer
	for index in count:
		var client := new_player(class_at(client_class))
		begin_client(client.end, server.end.port)
		client.api.multiplayer_peer = client.end.peer
		var id := client.id()
		var met := func() -> bool:
			return client.events.has("connected_to_server") and server.events.has("+%d" % id)
		check(await frames(met), "a client joins")
	return _players
