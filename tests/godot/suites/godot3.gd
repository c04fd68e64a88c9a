extends "res://lib/compression_suite.gd"
## Connections to Godot 3 in another process. Its peers prepend a header to each packet that Godot 4 does not know, so
## the tests use hosts of the client's class, driven by hand.

const PACKETS := 300
## Godot 3's channel for each transfer mode. It reserves another channel for itself.
const CHANNEL_OF: Array[int] = [2, 2, 1]
const FLAGS_OF: Array[int] = [ENetPacketPeer.FLAG_UNSEQUENCED, 0, ENetPacketPeer.FLAG_RELIABLE]
const HEADER := 8
const SERVER_ID := 1

var _process := 0


func reason_to_skip() -> String:
	if OS.get_environment("GODOT3").is_empty():
		return "the variable GODOT3 is not set to a Godot 3"
	return "" if server_class == client_class else "these suites test one class only"


func clean_up() -> void:
	if _process > 0:
		OS.kill(_process)
	await super()


## One client per compression mode, driven by hand.
func case_servers_of_godot3() -> void:
	var ports: Array[int] = []
	for mode in MODES:
		ports.append(free_port())
	_start("host", ports)
	var hosts: Array[RawHost] = []
	var peers: Array[PacketPeer] = []
	var ids: Array[int] = []
	for mode in MODES:
		var host := open_host(client_class)
		host.connection.call(&"compress", mode)
		# Godot 3 uses the connect data as the id.
		ids.append(1_000_000 + mode)
		peers.append(host.join(ports[mode], 3, ids[mode]))
		hosts.append(host)
	var all_connected := func() -> bool:
		return peers.all(func(peer: PacketPeer) -> bool: return state(peer) == CONNECTED)
	check(serve(hosts, all_connected, 20.0), "all clients connect to Godot 3")
	for mode in MODES:
		_exchange(hosts[mode], peers[mode], ids[mode], SERVER_ID, NAMES[mode])
	done()


## One server per compression mode, driven by hand.
func case_clients_of_godot3() -> void:
	var hosts: Array[RawHost] = []
	var ports: Array[int] = []
	for mode in MODES:
		var host := bound_host(client_class)
		host.connection.call(&"compress", mode)
		ports.append(host.port)
		hosts.append(host)
	_start("join", ports)
	var all_connected := func() -> bool:
		return hosts.all(func(host: RawHost) -> bool: return host.events.size() == 1)
	check(serve(hosts, all_connected, 20.0), "Godot 3's clients connect")
	for mode in MODES:
		if hosts[mode].events.is_empty():
			continue
		var joined := hosts[mode].events[0]
		check(joined.data > SERVER_ID and joined.data < 1 << 31, "its id, %d" % joined.data)
		_exchange(hosts[mode], joined.peer, SERVER_ID, joined.data, NAMES[mode])
	done()


## Ends that compress with different modes. (Godot 3's zlib would print errors of its own.)
func case_unequal_modes() -> void:
	var port := free_port()
	_start("host", [port], FASTLZ)
	var right := open_host(client_class)
	right.connection.call(&"compress", FASTLZ)
	var wrong := open_host(client_class)
	wrong.connection.call(&"compress", ZLIB)
	var hosts: Array[RawHost] = [right, wrong]
	var peers: Array[PacketPeer] = [right.join(port, 3, 5), wrong.join(port, 3, 6)]
	check(serve(hosts, func() -> bool: return state(peers[0]) == CONNECTED, 20.0), "equal")
	serve_for(hosts, 1.0)
	equal(state(peers[1]), ENetPacketPeer.STATE_CONNECTING, "unequal")
	done()


func _start(role: String, ports: Array[int], first_mode: int = NONE) -> void:
	var arguments := PackedStringArray([
		"--path", ProjectSettings.globalize_path("res://").path_join("../godot3"), "--script", "echo.gd", role,
	])
	for number in ports.size():
		arguments.append_array([str(ports[number]), str(first_mode + number)])
	_process = OS.create_process(OS.get_environment("GODOT3"), arguments)
	check(_process > 0, "Godot 3 starts")


## Every packet comes back in the transfer mode in which it was sent.
func _exchange(host: RawHost, peer: PacketPeer, own_id: int, its_id: int, what: String) -> void:
	var hosts: Array[RawHost] = [host]
	host.events.clear()
	if state(peer) != CONNECTED:
		return
	# On a slow machine ENet must not mistake late acknowledgements for congestion.
	peer.call(&"throttle_configure", 5000, 2, 0)
	host.pop_statistic(ENetConnection.HOST_TOTAL_SENT_DATA)
	host.pop_statistic(ENetConnection.HOST_TOTAL_RECEIVED_DATA)
	var bytes := 0
	for index in PACKETS:
		var mode := index % 3
		var said := PackedByteArray([mode]) + payload(index)
		equal(send(peer, CHANNEL_OF[mode], _header(own_id, its_id) + said, FLAGS_OF[mode]), OK, "send")
		bytes += said.size()
		# The number of packets in flight is limited, so that no buffer overflows.
		var wait := func() -> bool: return host.events.size() > index - MOST_UNDERWAY
		if not serve(hosts, wait):
			break
	check(serve(hosts, func() -> bool: return host.events.size() == PACKETS), what + ": all answers arrive")
	var seen := {}
	for event in host.received():
		check(event.bytes.slice(0, HEADER) == _header(its_id, own_id), what + ": the answer's header")
		var heard := event.bytes.slice(HEADER)
		var index := heard.decode_u32(1)
		check(heard == PackedByteArray([index % 3]) + payload(index), "%s: packet %d" % [what, index])
		equal(event.channel, CHANNEL_OF[index % 3], "%s: channel of packet %d" % [what, index])
		seen[index] = true
	equal(seen.size(), PACKETS, what + ": number of different packets")
	for statistic: int in [ENetConnection.HOST_TOTAL_SENT_DATA, ENetConnection.HOST_TOTAL_RECEIVED_DATA]:
		var travelled := host.pop_statistic(statistic)
		equal(travelled < bytes * 0.8, what != NAMES[NONE], "%s: %d bytes for %d" % [what, travelled, bytes])


## The header contains source and destination.
func _header(from: int, to: int) -> PackedByteArray:
	var bytes := zeros(HEADER)
	bytes.encode_u32(0, from)
	bytes.encode_s32(4, to)
	return bytes
