extends "res://lib/conformance_case.gd"
## connect_to_host: its checks, its arguments, and the peer that it returns.


func case_bad_ports() -> void:
	for port: int in [0, -1, 65536, -65536]:
		var connection := new_host(2)
		attempt(connection, &"connect_to_host", [LOCALHOST, port])
		attempt(connection, &"get_peers")
	done()


func case_names_that_do_not_resolve() -> void:
	for address: String in ["", "no-such-host.invalid", "127.0.0.256"]:
		var connection := new_host(2)
		attempt(connection, &"connect_to_host", [address, 5000])
		attempt(connection, &"get_peers")
	done()


func case_name_that_resolves() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := new_host(2)
	attempt(connection, &"connect_to_host", ["localhost", port], "by name")
	note("connects", serve([connection, partner], had(connection, 1)))
	note("events", events(connection))
	done()


func case_peer_at_once() -> void:
	var connection := new_host(2)
	var port := free_port()
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port)
	note("peer", peer)
	attempt(peer, &"is_active")
	attempt(peer, &"get_state")
	attempt(peer, &"get_remote_address")
	note("remote port", peer.call(&"get_remote_port") == port)
	attempt(peer, &"get_channels")
	attempt(connection, &"get_peers")
	done()


func case_nothing_is_sent_before_service() -> void:
	var partner := partner_connection()
	var connection := new_host(2)
	attempt(connection, &"connect_to_host", [LOCALHOST, listen(partner)], "connect_to_host")
	serve_for([partner], 0.1)
	note("received", partner.pop_statistic(ENetConnection.HOST_TOTAL_RECEIVED_PACKETS))
	attempt(connection, &"pop_statistic", [1])
	done()


func case_one_attempt_at_a_time() -> void:
	var connection := new_host(2)
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "the first")
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "the second")
	attempt(connection, &"get_peers")
	attempt(connection, &"service")
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "the third")
	done()


func case_no_second_while_connected() -> void:
	var pair := connected_pair()
	attempt(pair.subject, &"connect_to_host", [LOCALHOST, free_port()], "while connected")
	attempt(pair.subject, &"get_peers")
	attempt(pair.subject_peer, &"get_state")
	done()


func case_no_attempt_on_a_host_that_accepted() -> void:
	var pair := connected_pair(0, 0, true)
	attempt(pair.subject, &"connect_to_host", [LOCALHOST, free_port()], "after accepting")
	attempt(pair.subject, &"get_peers")
	done()


func case_listener_may_connect_too() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := kit.connection()
	listen(connection)
	attempt(connection, &"connect_to_host", [LOCALHOST, port], "from a bound host")
	note("connects", serve([connection, partner], had(connection, 1)))
	done()


func case_again_after_the_end() -> void:
	var pair := connected_pair()
	clear_events()
	attempt(pair.subject_peer, &"peer_disconnect")
	note("ends", serve(pair.both(), had(pair.subject, 1)))
	var port: int = pair.partner.call(&"get_local_port")
	attempt(pair.subject, &"connect_to_host", [LOCALHOST, port], "again")
	note("connects", serve(pair.both(), had(pair.subject, 2)))
	note("events", events(pair.subject))
	done()


## A peer that was reset still occupies its slot until the next service().
func case_again_after_reset() -> void:
	var connection := new_host(2)
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port())
	attempt(peer, &"reset")
	attempt(connection, &"get_peers")
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "at once")
	attempt(connection, &"service")
	attempt(connection, &"get_peers")
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "after service")
	done()


func case_channels_asked_for() -> void:
	for channels: int in [0, 1, 5, 255, 256, 300, -1]:
		var connection := new_host(2)
		var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port(), channels)
		note("peer for %d channels" % channels, peer)
		if peer != null:
			attempt(peer, &"get_channels")
		note_errors("%d channels print" % channels)
	done()


func case_channels_agreed_on() -> void:
	for limits: Array in [[5, 2], [2, 5], [0, 3], [3, 0], [0, 0], [255, 254]]:
		var partner := partner_connection()
		var limit: int = limits[1]
		var port := listen(partner, 4, limit)
		var connection := new_host(2)
		var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port, limits[0])
		check(serve([connection, partner], had(connection, 1)), "connects")
		note("asked %d of %d" % limits, peer.call(&"get_channels"))
	done()


## The connecting host's own channel limit does not limit the number that it requests.
func case_own_limit_and_asking() -> void:
	var partner := partner_connection()
	var port := listen(partner, 4, 10)
	var connection := kit.connection()
	attempt(connection, &"create_host", [1, 3])
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port, 8)
	note("before", peer.call(&"get_channels"))
	check(serve([connection, partner], had(connection, 1)), "connects")
	note("after", peer.call(&"get_channels"))
	done()


func case_connect_data() -> void:
	for data: int in [0, 1, 77, 2147483648, 4000000000, 4294967295, -1, 4294967296 + 5]:
		var pair := connected_pair(1, data)
		note("connector with %d" % data, events(pair.subject))
		note("acceptor with %d" % data, events(pair.partner))
	done()


func case_connect_data_accepted() -> void:
	for data: int in [0, 77, 4000000000]:
		var pair := connected_pair(1, data, true)
		note("acceptor with %d" % data, events(pair.subject))
		note("connector with %d" % data, events(pair.partner))
	done()


func case_states_on_the_way() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := new_host(2)
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port)
	note("queued", peer.call(&"get_state"))
	attempt(connection, &"service")
	note("sent", peer.call(&"get_state"))
	check(serve([partner], _has_received(partner)), "the partner receives the answer")
	note("answered", peer.call(&"get_state"))
	check(serve([connection], had(connection, 1)), "connected")
	note("connected", peer.call(&"get_state"))
	done()


func case_acceptor_lists_after_the_event() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	var partner := new_client(port)
	partner.service()
	var has_answered := func() -> bool:
		serve_once(connection)
		return connection.call(&"pop_statistic", 1) > 0.0
	check(serve([], has_answered), "the subject answers")
	attempt(connection, &"get_peers")
	check(serve([connection, partner], had(connection, 1)), "connected")
	attempt(connection, &"get_peers")
	done()


func case_default_arguments() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := new_host(2)
	attempt(connection, &"connect_to_host", [LOCALHOST, port], "with defaults")
	check(serve([connection, partner], had(partner, 1)), "connected")
	note("events", events(partner))
	var peer: PacketPeer = partner.get_peers()[0]
	note("channels", peer.call(&"get_channels"))
	done()


## pop_statistic resets the counter, so the condition is true once per datagram.
func _has_received(connection: ENetConnection) -> Callable:
	return func() -> bool:
		return connection.pop_statistic(ENetConnection.HOST_TOTAL_RECEIVED_PACKETS) > 0.0
