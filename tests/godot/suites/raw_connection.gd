extends "res://lib/raw_suite.gd"
## ENetConnection and ENetPacketPeer without a multiplayer peer: connecting, sending and statistics.

const NO_FLAGS := 0
const UNSEQUENCED := ENetPacketPeer.FLAG_UNSEQUENCED
const FRAGMENT := ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT


func case_connecting() -> void:
	for data: int in [0, 1, 4_000_000_000]:
		var server := bound_host(server_class)
		var client := open_host(client_class)
		# Stock has no port before it sends.
		equal(client.local_port() > 0, client.is_ours, "whether the port is known before sending")
		var peer := client.join(server.port, 5, data)
		equal(state(peer), ENetPacketPeer.STATE_CONNECTING, "the peer's state after connect_to_host")
		equal(client.peers(), [peer], "the peer is listed at once")
		var met := func() -> bool: return server.events.size() == 1 and client.events.size() == 1
		check(serve([server, client], met), "the hosts connect")
		equal([server.types(), client.types()], [[1], [1]], "each host has one event")
		var guest := server.events[0].peer
		check(guest is PacketPeer and client.events[0].peer == peer, "the events name the peers")
		equal([server.events[0].data, server.events[0].channel], [data, 0], "data and channel of the server's event")
		equal([client.events[0].data, client.events[0].channel], [0, 0], "data and channel of the client's event")
		equal(server.peers(), [guest], "the server's list")
		for each: PacketPeer in [guest, peer]:
			equal([state(each), is_active(each)], [CONNECTED, true], "then")
			equal(each.call(&"get_channels"), 5, "the number of channels")
			equal(each.call(&"get_remote_address"), RawHost.LOCAL, "address")
		equal(guest.call(&"get_remote_port"), client.local_port(), "the client's port")
		equal(peer.call(&"get_remote_port"), server.port, "the server's port")
		equal(server.local_port(), server.port, "the server's local port")
	done()


func case_channel_limits() -> void:
	var server := bound_host(server_class, 32, 4)
	equal(server.connection.call(&"get_max_channels"), 4, "the channel limit of create_host_bound")
	# The host's limit, the number requested, and the expected result.
	for plan: Vector3i in [
		Vector3i(4, 9, 4), Vector3i(4, 3, 3), Vector3i(3, 0, 3), Vector3i(0, 0, 255), Vector3i(0, 200, 200),
		Vector3i(1, 255, 1),
	]:
		server.connection.call(&"channel_limit", plan.x)
		equal(server.connection.call(&"get_max_channels"), plan.x if plan.x > 0 else 255, "channel_limit")
		var joined := link(server, open_host(client_class), plan.y)
		for peer in joined.peers:
			equal(peer.call(&"get_channels"), plan.z, "%d of %d" % [plan.y, plan.x])
		var highest := plan.z - 1
		for direction in 2:
			equal(send(joined.peers[direction], highest, "x".to_utf8_buffer()), OK, "sending on the last channel")
		var heard := func() -> bool: return server.events.size() == 1 and joined.hosts[1].events.size() == 1
		check(serve(joined.hosts, heard), "the packet arrives")
		equal(server.events[0].channel, highest, "the packet's channel")
	done()


func case_flags_and_channels() -> void:
	var joined := linked(7)
	# Flags of a small packet and of a split one on arrival. Only packets split into unreliable fragments may lose parts.
	var arrives := {
		NO_FLAGS: [0, RELIABLE],
		RELIABLE: [RELIABLE, RELIABLE],
		UNSEQUENCED: [UNSEQUENCED, RELIABLE],
		RELIABLE | UNSEQUENCED: [RELIABLE, RELIABLE],
		FRAGMENT: [0, FRAGMENT],
		RELIABLE | FRAGMENT: [RELIABLE, RELIABLE],
		UNSEQUENCED | FRAGMENT: [UNSEQUENCED, FRAGMENT],
		RELIABLE | UNSEQUENCED | FRAGMENT: [RELIABLE, RELIABLE],
	}
	for flags: int in arrives:
		for channel: int in [0, 1, 6]:
			for direction in 2:
				var expected: Array = arrives[flags]
				var small: int = expected[0]
				var split: int = expected[1]
				var what := "flags %d, channel %d" % [flags, channel]
				_send_and_compare(joined, direction, channel, pattern(0), flags, small, what + ", empty")
				_send_and_compare(joined, direction, channel, pattern(1000), flags, small, what)
				_send_and_compare(joined, direction, channel, pattern(5000), flags, split, what + ", split")
	done()


func case_large_packets() -> void:
	var joined := linked(2)
	for direction in 2:
		_send_and_compare(joined, direction, 1, pattern(1_000_000), RELIABLE, RELIABLE, "1 MB")
		_send_and_compare(joined, direction, 1, pattern(100_000), FRAGMENT, FRAGMENT, "100 kB in fragments")
	done()


## `direction` 0 is from the bound host to the other.
func _send_and_compare(
	joined: Link, direction: int, channel: int, bytes: PackedByteArray, flags: int, expected: int, what: String
) -> void:
	var to := joined.hosts[1 - direction]
	to.events.clear()
	# A full socket buffer may drop unreliable packets.
	for attempt in (1 if expected == RELIABLE else 20):
		equal(send(joined.peers[direction], channel, bytes, flags), OK, what)
		var patience := 20.0 if expected == RELIABLE else 0.5
		if serve(joined.hosts, func() -> bool: return not to.events.is_empty(), patience):
			break
	equal(to.types(), [RawHost.EVENT_RECEIVE] as Array[int], what)
	if to.received().size() == 1:
		var event := to.received()[0]
		check(event.bytes == bytes, what + ": the content is exact")
		check(event.peer == joined.peers[1 - direction], what + ": sender")
		equal([event.channel, event.flags, event.data], [channel, expected, 0],
				what + ": channel, flags and data on arrival")


func case_many_in_order() -> void:
	const COUNT := 2000
	const CHANNELS := 3
	var joined := linked(CHANNELS)
	for index in COUNT:
		for peer in joined.peers:
			equal(send(peer, index % CHANNELS, str(index).to_utf8_buffer()), OK, "send")
	var all_there := func() -> bool:
		return joined.hosts.all(func(host: RawHost) -> bool: return host.events.size() == COUNT)
	check(serve(joined.hosts, all_there, 20.0), "everything arrives")
	for host: RawHost in joined.hosts:
		var next: Array[int] = [0, 1, 2]
		for event in host.received():
			equal(event.bytes.get_string_from_ascii(), str(next[event.channel]), "in order on its channel")
			next[event.channel] += CHANNELS
	done()


func case_packets_of_the_packet_peer() -> void:
	var joined := linked(2)
	for direction in 2:
		var to := joined.hosts[1 - direction]
		equal(joined.peers[direction].put_packet("put".to_utf8_buffer()), OK, "put_packet")
		check(serve(joined.hosts, func() -> bool: return to.events.size() == 1), "the packet arrives")
		var event := to.events[0]
		equal([event.bytes, event.channel, event.flags], ["put".to_utf8_buffer(), 0, RELIABLE],
				"bytes, channel and flags")
		to.events.clear()
		# The packets are not read before they are counted.
		var waiting := joined.peers[1 - direction]
		for text: String in ["one", "two"]:
			equal(send(joined.peers[direction], 1, text.to_utf8_buffer(), NO_FLAGS), OK, "send")
		joined.hosts[direction].flush()
		var both_wait := func() -> bool:
			to.connection.call(&"service")
			return waiting.get_available_packet_count() == 2
		check(pump([], both_wait), "both packets wait")
		for text: String in ["one", "two"]:
			equal(waiting.call(&"get_packet_flags"), 0, "flags of the next packet")
			equal(waiting.get_packet().get_string_from_ascii(), text, "order of the packets")
		equal([waiting.get_packet(), waiting.get_packet_error()], [PackedByteArray(), ERR_UNAVAILABLE],
				"get_packet without a packet")
		expect_errors(1, to.is_ours, "get_packet without a packet")
	done()


func case_broadcast() -> void:
	var server := bound_host(server_class)
	var hosts: Array[RawHost] = [server]
	for channels: int in [4, 4, 2]:
		hosts.append(link(server, open_host(client_class), channels).hosts[1])
	equal(server.peers().size(), 3, "three peers are connected")
	for flags: int in [RELIABLE, NO_FLAGS, UNSEQUENCED]:
		for channel: int in [0, 3]:
			var what := "flags %d, channel %d" % [flags, channel]
			# The hosts whose connection has the channel.
			var hearers := hosts.slice(1, 4 if channel == 0 else 3)
			for host in hosts:
				host.events.clear()
			server.connection.call(&"broadcast", channel, what.to_utf8_buffer(), flags)
			var heard := func() -> bool:
				return hearers.all(func(host: RawHost) -> bool: return host.events.size() == 1)
			check(serve(hosts, heard), what + " reaches all hosts that have the channel")
			for host: RawHost in hearers:
				var event := host.events[0]
				equal([event.bytes, event.channel, event.flags], [what.to_utf8_buffer(), channel, flags], what)
	serve_for(hosts, 0.05)
	check(hosts[3].events.is_empty(), "the host without the channel receives nothing")
	# The opposite direction, where a host has only one peer.
	hosts[1].connection.call(&"broadcast", 1, "back".to_utf8_buffer(), RELIABLE)
	check(serve(hosts, func() -> bool: return server.events.size() == 1), "a client's broadcast reaches the server")
	done()


func case_compression() -> void:
	var server := bound_host(server_class)
	var client := open_host(client_class)
	for host: RawHost in [server, client]:
		host.connection.call(&"compress", ENetConnection.COMPRESS_RANGE_CODER)
	var joined := link(server, client, 2)
	var zeros := PackedByteArray()
	zeros.resize(200_000)
	for direction in 2:
		joined.hosts[direction].pop_statistic(ENetConnection.HOST_TOTAL_SENT_DATA)
		_send_and_compare(joined, direction, 1, zeros, RELIABLE, RELIABLE, "zeros")
		var sent := joined.hosts[direction].pop_statistic(ENetConnection.HOST_TOTAL_SENT_DATA)
		check(sent < zeros.size() / 2, "%d bytes for %d" % [sent, zeros.size()])
		# Data that does not shrink is sent uncompressed.
		_send_and_compare(joined, direction, 1, pattern(20_000), RELIABLE, RELIABLE, "noise")
	done()


func case_socket_send() -> void:
	for peer_class: String in [server_class, client_class]:
		var host := bound_host(peer_class)
		var stranger := PacketPeerUDP.new()
		equal(stranger.bind(free_port(), RawHost.LOCAL), OK, "binding the stranger's socket")
		for bytes: PackedByteArray in ["punch".to_utf8_buffer(), pattern(1), pattern(1400)]:
			host.connection.call(&"socket_send", RawHost.LOCAL, stranger.get_local_port(), bytes)
			check(pump([], func() -> bool: return stranger.get_available_packet_count() == 1), "the packet arrives")
			check(stranger.get_packet() == bytes, "the bytes are unchanged")
			equal([stranger.get_packet_ip(), stranger.get_packet_port()], [RawHost.LOCAL, host.port],
					"the sender's address and port")
	done()


## Buffer sizes depend on the system, but every system provides room for a few datagrams.
func case_socket_buffers() -> void:
	for own_class: String in [server_class, client_class]:
		if not own_class.ends_with("Rs"):
			continue
		var connection: RefCounted = ClassDB.instantiate("ENetConnectionRs")
		equal(connection.call(&"get_socket_buffer_sizes"), Vector2i.ZERO, "without a host")
		expect_errors(1, true, "without a host")
		equal(connection.call(&"create_host_bound", RawHost.LOCAL, free_port()), OK, "a host")
		var sizes: Vector2i = connection.call(&"get_socket_buffer_sizes")
		check(sizes.x >= 4096 and sizes.y >= 4096, "sizes: %s" % sizes)
		connection.call(&"destroy")
	check(true, "stock has no such method")
	done()


## Datagrams that are not ENet, or belong to no peer, have no effect.
func case_foreign_datagrams() -> void:
	var joined := linked(2)
	var stranger := PacketPeerUDP.new()
	for direction in 2:
		var host := joined.hosts[direction]
		equal(stranger.connect_to_host(RawHost.LOCAL, host.local_port()), OK, "connecting the stranger's socket")
		for size: int in [1, 2, 3, 4, 8, 48, 52, 600, 1400]:
			stranger.put_packet(pattern(size))
		host.pop_statistic(ENetConnection.HOST_TOTAL_RECEIVED_PACKETS)
		for each: RawHost in joined.hosts:
			each.events.clear()
		var came: Array[int] = [0]
		var all_came := func() -> bool:
			came[0] += host.pop_statistic(ENetConnection.HOST_TOTAL_RECEIVED_PACKETS)
			return came[0] >= 9
		check(serve(joined.hosts, all_came), "the host reads the datagrams")
		equal(host.events.size(), 0, "the host has no event")
		_send_and_compare(joined, direction, 1, pattern(3000), RELIABLE, RELIABLE, "after the invalid datagrams")
		_send_and_compare(joined, 1 - direction, 1, pattern(3000), RELIABLE, RELIABLE, "in the other direction")
	done()


func case_statistics() -> void:
	const SENT_DATA := ENetConnection.HOST_TOTAL_SENT_DATA
	const SENT := ENetConnection.HOST_TOTAL_SENT_PACKETS
	const GOT_DATA := ENetConnection.HOST_TOTAL_RECEIVED_DATA
	const GOT := ENetConnection.HOST_TOTAL_RECEIVED_PACKETS
	var joined := linked(2)
	for direction in 2:
		for host: RawHost in joined.hosts:
			for which: int in [SENT_DATA, SENT, GOT_DATA, GOT]:
				host.pop_statistic(which)
				equal(host.pop_statistic(which), 0, "popped")
		_send_and_compare(joined, direction, 1, pattern(30_000), RELIABLE, RELIABLE, "30 kB")
		# Acknowledgements are in flight for a while.
		serve_for(joined.hosts, 0.02)
		for turn in 2:
			var from := joined.hosts[turn]
			var to := joined.hosts[1 - turn]
			var sent := from.pop_statistic(SENT)
			var bytes := from.pop_statistic(SENT_DATA)
			check(sent > 0 and bytes > 0, "both ends have statistics")
			equal([to.pop_statistic(GOT), to.pop_statistic(GOT_DATA)], [sent, bytes], "the statistics of both ends match")
			if turn == direction:
				check(bytes > 30_000 and bytes < 33_000, "%d bytes for 30000" % bytes)
	for peer in joined.peers:
		check(statistic(peer, ENetPacketPeer.PEER_ROUND_TRIP_TIME) < 400, "the round trip was measured")
		equal(statistic(peer, ENetPacketPeer.PEER_PACKET_THROTTLE), ENetPacketPeer.PACKET_THROTTLE_SCALE, "throttle")
		equal(statistic(peer, ENetPacketPeer.PEER_PACKET_LOSS), 0, "loss")
	done()


func case_throttle_is_agreed_on() -> void:
	var joined := linked()
	for direction in 2:
		var values: Array[int] = [1000 + direction, 3 + direction, 5 + direction]
		joined.peers[direction].callv(&"throttle_configure", values)
		for peer: PacketPeer in [joined.peers[direction], joined.peers[1 - direction]]:
			var is_set := func() -> bool:
				return values == ([
					statistic(peer, ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL),
					statistic(peer, ENetPacketPeer.PEER_PACKET_THROTTLE_ACCELERATION),
					statistic(peer, ENetPacketPeer.PEER_PACKET_THROTTLE_DECELERATION),
				] as Array[int])
			check(serve(joined.hosts, is_set), "both ends have the throttle setting")
	done()


## A host without a free slot does not answer with stock; ours rejects the request.
func case_full_host() -> void:
	var server := bound_host(server_class, 1)
	var first := link(server, open_host(client_class))
	var late := open_host(client_class)
	var peer := late.join(server.port)
	serve_for([server, first.hosts[1], late], 0.2)
	if server.tells_refused:
		equal(late.types(), [RawHost.EVENT_DISCONNECT] as Array[int], "the client is rejected")
	else:
		equal([state(peer), late.events.size()], [ENetPacketPeer.STATE_CONNECTING, 0], "the client keeps connecting")
	equal(server.events.size(), 0, "the server has no event")
	late.events.clear()
	first.peers[1].call(&"peer_disconnect", 0)
	if server.tells_refused:
		check(serve([server, first.hosts[1]], func() -> bool: return server.events.size() == 1), "a slot becomes free")
		peer = late.join(server.port)
	var in_turn := func() -> bool: return state(peer) == CONNECTED and server.events.size() == 2
	check(serve([server, first.hosts[1], late], in_turn), "the client connects once a slot is free")
	equal(server.types(), [RawHost.EVENT_DISCONNECT, RawHost.EVENT_CONNECT] as Array[int], "the server's events")
	done()


func case_a_hundred_at_once() -> void:
	const COUNT := 100
	var server := bound_host(server_class, COUNT)
	var hosts: Array[RawHost] = [server]
	for index in COUNT:
		var client := open_host(client_class)
		client.join(server.port, 2, 1000 + index)
		hosts.append(client)
	check(serve(hosts, func() -> bool: return server.events.size() == COUNT, 20.0), "all clients connect")
	var data: Array[int] = []
	for event in server.events:
		data.append(event.data)
	data.sort()
	var expected: Array[int] = []
	expected.assign(range(1000, 1000 + COUNT))
	equal(data, expected, "the connect data of all clients")
	equal(server.peers().size(), COUNT, "all peers are listed")
	done()
