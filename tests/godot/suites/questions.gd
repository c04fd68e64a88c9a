extends "res://lib/suite.gd"
## The questions that SceneMultiplayer asks a peer all the time, each at every moment of a session. Our classes answer
## them without the object, from facts beside it. The suite `threads` asks them on another thread.

const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
const ORDERED := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
const DISCONNECTED := MultiplayerPeer.CONNECTION_DISCONNECTED
const CONNECTING := MultiplayerPeer.CONNECTION_CONNECTING
const CONNECTED := MultiplayerPeer.CONNECTION_CONNECTED
## More than our classes keep beside their objects.
const CROWD := 400
const OVERRIDING := "
extends %s

func _get_unique_id() -> int:
	return 77

func _get_connection_status() -> ConnectionStatus:
	return CONNECTION_CONNECTING

func _get_available_packet_count() -> int:
	return 5
"


func case_inactive() -> void:
	for name: String in [server_class, client_class]:
		_check_inactive(new_end(name).peer, "new")
	done()


func case_transfer_settings() -> void:
	for name: String in [server_class, client_class]:
		var peer := new_end(name).peer
		for mode: int in [UNRELIABLE, ORDERED, RELIABLE]:
			for channel: int in [0, 3, 2_147_483_647, -1]:
				peer.transfer_mode = mode as MultiplayerPeer.TransferMode
				peer.transfer_channel = channel
				equal([peer.transfer_mode, peer.transfer_channel], [mode, channel], "transfer mode and channel")
	done()


func case_server_and_client() -> void:
	var server := start_server()
	_check_state(server, [1, CONNECTED, true], "a server")
	var client := start_client(server.port)
	var id := client.id()
	check(id > 1, "a client has its id from the start")
	_check_state(client, [id, CONNECTING, true], "a client that connects")
	check(pump([server, client], func() -> bool: return client.is_up() and server.events.size() == 1), "it connects")
	_check_state(client, [id, CONNECTED, true], "a client")
	_check_state(server, [1, CONNECTED, true], "a server with a client")
	client.peer.close()
	_check_inactive(client.peer, "a client after close")
	check(pump([server], func() -> bool: return server.events.size() == 2), "the client leaves")
	server.peer.close()
	_check_inactive(server.peer, "a server after close")
	equal(client.join(server.port), OK, "create_client again")
	check(client.id() != id and client.id() > 1, "another id")
	done()


func case_refusing() -> void:
	for end: End in connected():
		equal(end.peer.refuse_new_connections, false, "refusing at first")
		end.peer.refuse_new_connections = true
		equal(end.peer.refuse_new_connections, true, "refusing")
		end.peer.close()
		equal(end.peer.refuse_new_connections, false, "refusing after close")
	done()


func case_mesh() -> void:
	for name: String in [server_class, client_class]:
		var mesh := new_end(name)
		equal(mesh.peer.call(&"create_mesh", 9), OK, "create_mesh")
		_check_state(mesh, [9, CONNECTED, false], "a mesh")
	done()


func case_handlers_of_joins_and_leaves() -> void:
	var server := start_server()
	var client := start_client(server.port)
	var id := client.id()
	var seen: Array[Array] = []
	for end: End in [server, client]:
		# A handler that holds its own peer would keep it alive.
		var peer: WeakRef = weakref(end.peer)
		var side := "server" if end == server else "client"
		var note := func(_id: int, signal_name: String) -> void:
			var asked: MultiplayerPeer = peer.get_ref()
			seen.append([side + signal_name] + _state(asked))
		end.peer.peer_connected.connect(note.bind(" +"))
		end.peer.peer_disconnected.connect(note.bind(" -"))
	check(pump([server, client], func() -> bool: return seen.size() == 2), "it connects")
	check(seen.has(["server +", 1, CONNECTED, true]), "the server's handler of a join: %s" % [seen])
	check(seen.has(["client +", id, CONNECTED, true]), "the client's handler of a join: %s" % [seen])
	seen.clear()
	server.peer.disconnect_peer(id)
	check(pump([server, client], func() -> bool: return seen.size() == 2), "it is disconnected")
	check(seen.has(["server -", 1, CONNECTED, true]), "the server's handler of a leave: %s" % [seen])
	check(seen.has(["client -", id, CONNECTED, true]), "the client's handler of a leave: %s" % [seen])
	_check_inactive(client.peer, "a client after its connection ended")
	done()


## Handlers change the session, and the answers are those of the changed session.
func case_changes_in_handlers() -> void:
	var server := start_server()
	var after: Array = []
	var change := func(_id: int) -> void:
		server.peer.transfer_channel = 4
		server.peer.transfer_mode = ORDERED
		server.peer.refuse_new_connections = true
		after.append([
			server.peer.transfer_channel, server.peer.transfer_mode, server.peer.refuse_new_connections])
		server.peer.close()
		after.append(server.peer.get_connection_status())
		after.append(server.peer.call(&"create_mesh", 12))
		after.append_array(_state(server.peer))
	server.peer.peer_connected.connect(change)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return not after.is_empty()), "the handler ran")
	equal(after, [[4, ORDERED, true], DISCONNECTED, OK, 12, CONNECTED, false], "the answers in the handler")
	_check_state(server, [12, CONNECTED, false], "after the handler")
	server.peer.peer_connected.disconnect(change)
	done()


func case_waiting_packets() -> void:
	var ends := connected(2)
	var server := ends[0]
	server.drains = false
	var modes: Array[int] = [RELIABLE, RELIABLE, ORDERED, UNRELIABLE]
	var channels: Array[int] = [0, 3, 5, 0]
	var sent: Array[Array] = []
	for index in modes.size():
		var client := ends[1 + index % 2]
		sent.append([client.id(), channels[index], modes[index]])
		keep_throttle_open(server, client)
		equal(client.send(PackedByteArray([index]), 1, modes[index], channels[index]), OK, "sending")
		var has_all := func() -> bool: return server.peer.get_available_packet_count() == index + 1
		check(pump(ends, has_all), "packet %d arrives" % index)
		equal(_head(server.peer), sent[0], "the first packet stays the first")
	for index in sent.size():
		equal(server.peer.get_available_packet_count(), sent.size() - index, "the number of packets")
		equal(_head(server.peer), sent[index], "packet %d" % index)
		equal(server.peer.get_packet(), PackedByteArray([index]), "its content")
	equal(server.peer.get_available_packet_count(), 0, "the number of packets at the end")
	_check_packetless(server.peer, "a peer that is read out")
	equal(ends[1].send(PackedByteArray([9]), 1), OK, "sending")
	check(pump(ends, func() -> bool: return server.peer.get_available_packet_count() == 1), "a packet arrives")
	server.peer.close()
	_check_inactive(server.peer, "closing drops packets")
	done()


## SceneMultiplayer takes a packet and then calls scripts, which ask about the next one.
func case_handlers_of_packets() -> void:
	var ends := connected()
	var server := ends[0]
	server.drains = false
	for text: String in ["one", "two"]:
		# SceneMultiplayer's command for raw bytes.
		equal(ends[1].send(PackedByteArray([3]) + text.to_utf8_buffer(), 1, RELIABLE, 2), OK, "sending")
	check(pump(ends, func() -> bool: return server.peer.get_available_packet_count() == 2), "two packets arrive")
	var api := SceneMultiplayer.new()
	api.root_path = ^"/root"
	api.multiplayer_peer = server.peer
	var id := ends[1].id()
	# The client joined before the API had the peer.
	server.peer.peer_connected.emit(id)
	var seen: Array = []
	var look := func(from: int, bytes: PackedByteArray) -> void:
		seen.append([from, bytes.get_string_from_utf8(), api.get_unique_id(), api.is_server()])
		seen.append(server.peer.get_available_packet_count())
		if server.peer.get_available_packet_count() > 0:
			seen.append(_head(server.peer))
	api.peer_packet.connect(look)
	api.poll()
	# The handler holds the API.
	api.peer_packet.disconnect(look)
	equal(seen, [[id, "one", 1, true], 1, [id, 2, RELIABLE], [id, "two", 1, true], 0], "what the handlers see")
	api.multiplayer_peer = null
	done()


func case_many_objects() -> void:
	for name: String in [server_class, client_class]:
		var peers: Array[MultiplayerPeer] = []
		for round_number in 3:
			while peers.size() < CROWD:
				var peer: MultiplayerPeer = ClassDB.instantiate(name)
				equal(peer.get_connection_status(), DISCONNECTED, "a new object")
				peers.append(peer)
			for index in CROWD:
				peers[index].close()
				equal(peers[index].call(&"create_mesh", index + 1 + round_number), OK, "create_mesh")
				peers[index].transfer_channel = index
			for index in CROWD:
				equal(peers[index].get_unique_id(), index + 1 + round_number, "the id of an object of many")
				equal(peers[index].transfer_channel, index, "the channel of an object of many")
			# The objects of the next round have the addresses of some that are freed here.
			peers = peers.filter(func(peer: MultiplayerPeer) -> bool: return peer.transfer_channel % 2 == 1)
			for peer in peers:
				equal(peer.get_unique_id(), peer.transfer_channel + 1 + round_number, "after others were freed")
	done()


## Stock's methods cannot be overridden.
func case_script_that_overrides() -> void:
	for name: String in ["ENetMultiplayerPeerRs", "ENetConnectionRs"]:
		var script := GDScript.new()
		script.source_code = OVERRIDING % name
		equal(script.reload(), OK, "the script compiles")
		var peer: MultiplayerPeer = script.new()
		var api := SceneMultiplayer.new()
		for attempt in 2:
			equal(peer.get_unique_id(), 77, "%s: the script's id" % name)
			equal(peer.get_connection_status(), CONNECTING, "%s: the script's status" % name)
			equal(peer.get_available_packet_count(), 5, "%s: the script's count" % name)
			equal(peer.is_server_relay_supported(), false, "%s: what the script leaves alone" % name)
		api.multiplayer_peer = peer
		equal(api.get_unique_id(), 77, "%s: the script's id, to SceneMultiplayer" % name)
		api.multiplayer_peer = null
		peer.set_script(null)
		equal(peer.get_connection_status(), DISCONNECTED, "%s: the status without the script" % name)
	done()


## The other class with a session.
func case_connection() -> void:
	var end := new_end("ENetConnectionRs")
	_check_inactive(end.peer, "a new connection")
	equal(end.peer.call(&"create_host_bound", "127.0.0.1", free_port()), OK, "create_host_bound")
	_check_state(end, [1, CONNECTED, true], "a bound host")
	end.peer.refuse_new_connections = true
	equal(end.peer.is_refusing_new_connections(), true, "a host that refuses")
	end.peer.call(&"refuse_new_connections", false)
	equal(end.peer.is_refusing_new_connections(), false, "a host that refuses no more")
	end.peer.call(&"destroy")
	_check_inactive(end.peer, "a destroyed host")
	done()


## Own id, status, and whether SceneMultiplayer may relay packets.
func _state(peer: MultiplayerPeer) -> Array:
	return [peer.get_unique_id(), peer.get_connection_status(), peer.is_server_relay_supported()]


## The packet that is read next.
func _head(peer: MultiplayerPeer) -> Array:
	return [peer.get_packet_peer(), peer.get_packet_channel(), peer.get_packet_mode()]


func _check_state(end: End, state: Array, label: String) -> void:
	equal(_state(end.peer), state, label)
	equal(end.peer.get_available_packet_count(), 0, "%s: packets" % label)
	equal(end.peer.refuse_new_connections, false, "%s: refusing" % label)
	_check_packetless(end.peer, label)


func _check_inactive(peer: MultiplayerPeer, label: String) -> void:
	equal(peer.get_connection_status(), DISCONNECTED, "%s: status" % label)
	equal(peer.is_server_relay_supported(), false, "%s: relay" % label)
	equal(peer.get_available_packet_count(), 0, "%s: packets" % label)
	equal(peer.refuse_new_connections, false, "%s: refusing" % label)
	var is_ours := peer.get_class().ends_with("Rs")
	for attempt in 2:
		equal(peer.get_unique_id(), 0, "%s: id" % label)
		expect_errors(1, is_ours, "%s: id" % label)
	_check_packetless(peer, label)


## Asking about a packet where there is none prints an error each time.
func _check_packetless(peer: MultiplayerPeer, label: String) -> void:
	var is_ours := peer.get_class().ends_with("Rs")
	for method: StringName in [&"get_packet_peer", &"get_packet_channel", &"get_packet_mode"]:
		var answer: int = peer.call(method)
		expect_errors(1, is_ours, "%s: %s" % [label, method])
		if is_ours:
			equal(answer, RELIABLE if method == &"get_packet_mode" else 1, "%s: %s" % [label, method])
