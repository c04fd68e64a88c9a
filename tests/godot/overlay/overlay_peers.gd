extends "res://lib/overlay_case.gd"
## Which peer is shown, and what of it.

const PORT := 24987
const PATIENCE_MSEC := 10_000


func case_a_client_shows_its_connection() -> void:
	var peer := FakePeers.make_client()
	use(peer)
	show()
	await refresh()
	peer.advance(40_000)
	await refresh()
	var text := shown()
	contains(text, "Client 1234567890 to 203.0.113.7:24565")
	contains(text, "84.5 ms, last 86.0 ms")
	contains(text, "83.0 ms, 131 ms")
	contains(text, "17.2 ms, minute 48.0 ms")
	contains(text, "33.4 ms, minute 66.0 ms")
	contains(text, "3, 420 B")
	contains(text, "5, 1.3 kB")
	lacks(text, "tells no more")
	check(not overlay._view._table.visible, "a client has no table of peers")
	var reading := overlay._monitor.reading
	check(reading.rates["bytes_out"] > reading.rates["payload_out"], "wire and payload are told apart")
	check(overlay._monitor.history.points("bytes_out")[-1].y > 0.0, "the graph has the rate")


func case_a_server_shows_its_worst_peers_first() -> void:
	var peer := FakePeers.make_server()
	use(peer)
	peer.join_many(16)
	overlay.max_rows = 5
	show()
	await refresh()
	peer.advance(1000)
	await refresh()
	equal(overlay._monitor.reading.peer_count, 16, "the number of peers")
	equal(rows().size(), 5, "the number of rows")
	equal(rows()[0].id, 1_600_000_112, "the worst peer")
	check(rows()[0].rate_in > 0.0, "a peer has rates")
	contains(shown(), "1600000112")
	peer.leave(1_600_000_112)
	await refresh()
	equal(rows()[0].id, 1_500_000_105, "the worst peer of those who stay")
	peer.leave_all()
	await refresh()
	check(not overlay._view._table.visible, "an empty table is hidden")


func case_a_large_server_is_read_in_slices() -> void:
	var peer := FakePeers.make_server()
	use(peer)
	peer.join_many(100)
	show()
	await refresh()
	var read := 0
	for row in overlay._monitor.peers.worst(100):
		read += int(not row.figures.is_empty())
	check(read < 100, "the first refresh reads %d of 100 peers" % read)
	for round_number in 5:
		await refresh()
	for row in overlay._monitor.peers.worst(100):
		check(not row.figures.is_empty(), "peer %d has been read" % row.id)


func case_a_mesh_is_not_asked_for_its_host() -> void:
	var peer := FakePeers.make_server()
	peer.id = 2
	peer.relays = false
	use(peer)
	peer.join(3)
	show()
	await refresh()
	contains(shown(), "Mesh 2")
	equal(rows().size(), 1, "the number of rows")


func case_peers_change_close_and_go() -> void:
	var first := FakePeers.make_client()
	use(first)
	show()
	await refresh()
	contains(shown(), "Client")
	use(FakePeers.make_server())
	await refresh()
	contains(shown(), "Server on port 24565")
	tree.root.multiplayer.multiplayer_peer.close()
	await refresh()
	contains(shown(), "Offline")
	use(null)
	await refresh()
	contains(shown(), "Offline")
	use(OfflineMultiplayerPeer.new())
	await refresh()
	contains(shown(), "Offline")
	use(first)
	await refresh()
	contains(shown(), "Client")


func case_the_same_object_becomes_another_host() -> void:
	var peer := FakePeers.make_server()
	use(peer)
	peer.join_many(3)
	show()
	await refresh()
	equal(rows().size(), 3, "the number of rows of the server")
	peer.leave_all()
	peer.join(1)
	peer.id = 99
	await refresh()
	contains(shown(), "Client 99")
	equal(rows().size(), 0, "the number of rows of the client")


func case_a_client_that_connects_has_no_figures_yet() -> void:
	var peer := FakePeers.make_client()
	peer.status = MultiplayerPeer.CONNECTION_CONNECTING
	use(peer)
	show()
	await refresh()
	contains(shown(), "Client, connecting")


func case_the_peer_can_be_chosen() -> void:
	use(FakePeers.make_client())
	var other := FakePeers.make_server()
	other.join(77)
	overlay.peer = other
	show()
	await refresh()
	contains(shown(), "Server on port 24565")
	equal(rows().size(), 1, "the peers of a host that has no API")
	overlay.peer = null
	await refresh()
	contains(shown(), "Client")


func case_a_dropped_peer_ends() -> void:
	var peer := FakePeers.make_server()
	use(peer)
	peer.join(5)
	show()
	await refresh()
	var watched: WeakRef = weakref(peer)
	var connection: WeakRef = weakref(peer.connection(5))
	peer = null
	use(null)
	check(watched.get_ref() == null, "the overlay does not keep the game's peer")
	check(connection.get_ref() == null, "nor its connections")
	await refresh()
	contains(shown(), "Offline")


func case_the_title_can_hide_the_address() -> void:
	use(FakePeers.make_client())
	overlay.show_addresses = false
	show()
	await refresh()
	lacks(shown(), "203.0.113.7")


func case_the_built_in_class_shows_what_it_can_tell() -> void:
	await _check_pair("ENetMultiplayerPeer")


func case_our_class_is_shown() -> void:
	await _check_pair("ENetMultiplayerPeerRs")


func case_a_built_in_mesh_is_shown() -> void:
	var mesh := ENetMultiplayerPeer.new()
	mesh.create_mesh(5)
	use(mesh)
	show()
	await refresh()
	contains(shown(), "Mesh 5")


func case_a_websocket_is_shown() -> void:
	var server := WebSocketMultiplayerPeer.new()
	equal(server.create_server(PORT), OK, "the server's start")
	use(server)
	show()
	await refresh()
	contains(shown(), "Server")
	contains(shown(), "WebSocketMultiplayerPeer tells no more")


## A server and a client of a class in one game, each shown in turn.
func _check_pair(peer_class: String) -> void:
	var server: MultiplayerPeer = ClassDB.instantiate(peer_class)
	var client: MultiplayerPeer = ClassDB.instantiate(peer_class)
	equal(server.call(&"create_server", PORT), OK, "the server's start")
	use(server)
	show()
	await refresh()
	equal(client.call(&"create_client", "127.0.0.1", PORT), OK, "the client's start")
	overlay.peer = client
	await refresh()
	contains(shown(), "Client, connecting to 127.0.0.1:%d" % PORT)
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	while (
		Time.get_ticks_msec() < deadline and (tree.root.multiplayer.get_peers().is_empty()
		or client.get_connection_status() != MultiplayerPeer.CONNECTION_CONNECTED)
	):
		client.poll()
		await tree.process_frame
	await refresh()
	await refresh()
	contains(shown(), "Client %d to 127.0.0.1:%d" % [client.get_unique_id(), PORT])
	check(overlay._monitor.reading.server.has("rtt_smoothed"), "the client knows its round trip")
	check(overlay._monitor.reading.rates.has("datagrams_in"), "the client knows its datagrams")
	overlay.peer = null
	await refresh()
	await refresh()
	contains(shown(), "Server on port %d" % PORT)
	equal(rows().size(), 1, "the number of rows")
	equal(rows()[0].id, client.get_unique_id(), "the peer's id")
	equal(shown().contains("%s tells no more" % peer_class), not overlay._monitor.reading.is_full, "the note of what is missing")
	# By force: the engine's list keeps the id.
	var id := client.get_unique_id()
	server.disconnect_peer(id, true)
	check(tree.root.multiplayer.get_peers().has(id) or overlay._monitor.reading.is_full, "the list keeps the id")
	await refresh()
	await refresh()
	client.close()
	server.close()
	await refresh()
	contains(shown(), "Offline")
