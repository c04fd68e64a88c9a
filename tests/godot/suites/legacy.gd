extends "res://lib/raw_suite.gd"
## Members of Godot 3's class that Godot 4 dropped. The client's class is under test, in both roles; the server's class
## is the other end.

const Threaded := preload("res://lib/threaded.gd")
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
const ORDERED := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
## Longer than the time limit of a case.
const FOR_EVER_USEC := 200_000_000


func reason_to_skip() -> String:
	return "" if client_class.ends_with("Rs") else "the built-in class has none of these members"


## A server of the tested class, with one client of the other class.
func _served(settings: Dictionary = {}) -> Array[End]:
	var server := new_end(client_class)
	for property: StringName in settings:
		server.peer.set(property, settings[property])
	equal(server.host(free_port()), OK, "create_server")
	var client := new_end(server_class)
	equal(client.join(server.port), OK, "create_client")
	var met := func() -> bool: return client.is_up() and server.events.size() == 1
	check(pump([server, client], met), "the ends connect")
	return [server, client]


func case_defaults() -> void:
	var peer: MultiplayerPeer = ClassDB.instantiate(client_class)
	var values: Array = ["always_ordered", "channel_count", "server_relay", "compression_mode", "wire_protocol"].map(
		func(name: StringName) -> Variant: return peer.get(name))
	equal(values, [false, 3, true, 0, 0], "defaults")
	done()


func case_always_ordered() -> void:
	var ends := connected()
	var receiver := ends[0]
	var sender := ends[1]
	for ordered: bool in [true, false]:
		sender.peer.set(&"always_ordered", ordered)
		equal(sender.peer.get(&"always_ordered"), ordered, "the property after setting it while active")
		receiver.packets.clear()
		equal(sender.send("x".to_utf8_buffer(), 1, UNRELIABLE), OK, "put_packet")
		check(pump(ends, func() -> bool: return receiver.packets.size() == 1), "the packet arrives")
		equal(receiver.packets[0].mode, ORDERED if ordered else UNRELIABLE, "always_ordered %s" % ordered)
	done()


func case_channel_count() -> void:
	var ends := _served({"channel_count": 4})
	var of_server: PacketPeer = ends[1].peer.call(&"get_peer", 1)
	equal(of_server.call(&"get_channels"), 4, "the channels of a server's connection")
	equal(ends[1].send("x".to_utf8_buffer(), 1, UNRELIABLE, 2), OK, "the last channel")
	check(pump(ends, func() -> bool: return ends[0].packets.size() == 1), "the packet arrives")
	equal(ends[0].packets[0].channel, 2, "the packet's channel")
	var client := new_end(client_class)
	client.peer.set(&"channel_count", 5)
	var server := start_server()
	client.join(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "connects")
	var of_client: PacketPeer = server.peer.call(&"get_peer", client.id())
	equal(of_client.call(&"get_channels"), 5, "the channels of a client's connection")
	done()


func case_channel_count_out_of_range() -> void:
	var peer: MultiplayerPeer = ClassDB.instantiate(client_class)
	for count: int in [-1, 0, 2, 256, 1 << 40]:
		peer.set(&"channel_count", count)
		expect_error_texts(["Rs.set_channel_count: the number of channels must be 3 to 255"], str(count))
		equal(peer.get(&"channel_count"), 3, "the channel count is unchanged")
	done()


func case_settings_of_a_session() -> void:
	var server := new_end(client_class)
	server.host(free_port())
	for setting: Array in [["channel_count", 9, 3], ["server_relay", false, true], ["wire_protocol", 1, 0]]:
		var name: StringName = setting[0]
		server.peer.set(name, setting[1])
		expect_error_texts(["cannot be changed while the peer is active"], name)
		equal(server.peer.get(name), setting[2], name)
	server.peer.close()
	server.peer.set(&"wire_protocol", 2)
	expect_error_texts(["Rs.set_wire_protocol: there is no wire protocol 2"], "a wrong number")
	done()


func case_transfer_channel_of_its_own() -> void:
	var ends := connected()
	equal(ends[1].send("x".to_utf8_buffer(), 1, UNRELIABLE, -1), OK, "put_packet")
	equal(ends[1].peer.transfer_channel, -1, "the transfer channel after setting it")
	check(pump(ends, func() -> bool: return ends[0].packets.size() == 1), "the packet arrives")
	equal(ends[0].packets[0].channel, 0, "the packet uses the mode's own channel")
	done()


func case_close_connection() -> void:
	for waits: bool in [false, true]:
		var ends := _served()
		var begun := Time.get_ticks_usec()
		if waits:
			ends[0].peer.call(&"close_connection", 50_000)
			check(Time.get_ticks_usec() - begun >= 50_000, "close_connection waits")
		else:
			ends[0].peer.call(&"close_connection")
		equal(ends[0].is_active(), false, "the server is closed when the call returns")
		check(pump([ends[1]], func() -> bool: return not ends[1].is_active()), "the client receives the disconnect")
		equal(ends[1].events, ["+1", "-1"] as Array[String], "the client's signals")
	done()


func case_close_connection_without_clients() -> void:
	var server := new_end(client_class)
	server.peer.call(&"close_connection", FOR_EVER_USEC)
	check(not server.is_active(), "inactive")
	equal(server.host(free_port()), OK, "create_server")
	server.peer.call(&"close_connection", FOR_EVER_USEC)
	check(not server.is_active(), "the server closes at once without clients")
	var ends := _served()
	ends[0].peer.call(&"close_connection", -1)
	expect_error_texts(["Rs.close_connection: the time to wait must not be negative"], "a wrong number")
	check(not ends[0].is_active(), "the server closes despite the error")
	check(pump([ends[1]], func() -> bool: return not ends[1].is_active()), "the client receives the disconnect")
	done()


func case_last_packet_channel() -> void:
	var ends := connected()
	ends[1].drains = false
	for channel: int in [3, 0]:
		equal(ends[0].send("x".to_utf8_buffer(), 0, UNRELIABLE, channel), OK, "put_packet")
	var peer := ends[1].peer
	check(pump(ends, func() -> bool: return peer.get_available_packet_count() == 2), "the packets arrive")
	equal(peer.call(&"get_last_packet_channel"), -1, "before the first get_packet")
	expect_error_texts(["Rs.get_last_packet_channel: no packet was read"], "before the first get_packet")
	for channel: int in [3, 0]:
		equal(peer.get_packet_channel(), channel, "the channel of the next packet")
		equal(peer.get_packet().size(), 1, "the packet's size")
		equal(peer.call(&"get_last_packet_channel"), channel, "the channel of the last packet")
	peer.poll()
	equal(peer.call(&"get_last_packet_channel"), -1, "after the next poll")
	expect_error_texts(["Rs.get_last_packet_channel: no packet was read"], "after the next poll")
	done()


func case_addresses() -> void:
	for server_is_tried: bool in [false, true]:
		var ends := _served() if server_is_tried else connected()
		var tried := ends[0] if server_is_tried else ends[1]
		var id := ends[1].id() if server_is_tried else 1
		var other: PacketPeer = tried.peer.call(&"get_peer", id)
		equal(tried.peer.call(&"get_peer_address", id), "127.0.0.1", "address")
		equal(tried.peer.call(&"get_peer_address", id), other.call(&"get_remote_address"), "the same")
		equal(tried.peer.call(&"get_peer_port", id), other.call(&"get_remote_port"), "port")
		for wrong: int in [0, 2, -1, id + (1 << 32)]:
			equal(tried.peer.call(&"get_peer_address", wrong), "", "an unknown id")
			equal(tried.peer.call(&"get_peer_port", wrong), 0, "an unknown id")
			expect_errors(2, true, "an unknown id")
		tried.peer.close()
		equal(tried.peer.call(&"get_peer_address", id), "", "a closed peer")
		expect_error_texts(["Rs.get_peer_address: the peer is not active"], "a closed peer")
	done()


## Stock takes more than five seconds to time out a silent client.
func case_peer_timeout() -> void:
	var ends := _served()
	var id := ends[1].id()
	var peer := ends[0].peer
	# The client must be silent when it is not polled.
	Threaded.end(ends[1].peer)
	peer.call(&"set_peer_timeout", id, 1, 100, 400)
	peer.call(&"set_peer_timeout", id, 5, 4, 3)
	peer.call(&"set_peer_timeout", id, -1, 4, 30)
	peer.call(&"set_peer_timeout", 12345, 1, 100, 400)
	peer.call(&"set_peer_timeout", id + (1 << 32), 1, 100, 400)
	expect_errors(4, true, "nonsense")
	var gone := func() -> bool: return ends[0].events.has("-%d" % id)
	check(pump([ends[0]], gone, 4.0), "the silent client times out early")
	done()
