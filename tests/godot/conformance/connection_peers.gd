extends "res://lib/conformance_case.gd"
## get_peers, channel limits, and the effect of destroying a host on its peers.


func case_typed_array() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"get_peers")
	attempt(connection, &"connect_to_host", [LOCALHOST, free_port()], "connect_to_host")
	attempt(connection, &"get_peers")
	done()


func case_array_is_a_copy() -> void:
	var pair := connected_pair()
	var peers: Array = pair.subject.call(&"get_peers")
	peers.clear()
	attempt(pair.subject, &"get_peers")
	done()


func case_order_of_peers() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	var partners := _joined(connection, port, 3)
	note("by port", _places(connection, partners))
	clear_events()
	var second: PacketPeer = connection.call(&"get_peers")[1]
	attempt(second, &"peer_disconnect_now")
	attempt(connection, &"get_peers")
	attempt(connection, &"service")
	note("without the second partner", _places(connection, partners))
	partners[1] = _joined(connection, port, 1)[0]
	note("with a new partner", _places(connection, partners))
	done()


func case_disconnecting_peers_are_listed() -> void:
	var pair := connected_pair()
	attempt(pair.subject_peer, &"peer_disconnect")
	attempt(pair.subject, &"get_peers")
	clear_events()
	check(serve(pair.both(), had(pair.subject, 1)), "disconnected")
	attempt(pair.subject, &"get_peers")
	done()


func case_dropped_peers_are_removed_by_service() -> void:
	for method: StringName in [&"peer_disconnect_now", &"reset"]:
		var pair := connected_pair()
		attempt(pair.subject_peer, method)
		attempt(pair.subject, &"get_peers")
		attempt(pair.subject, &"service")
		attempt(pair.subject, &"get_peers")
	done()


func case_channel_limit_values() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host", [4, 7])
	attempt(connection, &"get_max_channels")
	for limit: int in [0, 1, 2, 254, 255, 256, 1000, -1, -1000, 1 << 32]:
		attempt(connection, &"channel_limit", [limit])
		attempt(connection, &"get_max_channels")
	done()


func case_max_channels_of_creation() -> void:
	for channels: int in [0, 1, 2, 254, 255]:
		var connection := kit.connection()
		attempt(connection, &"create_host", [1, channels])
		attempt(connection, &"get_max_channels")
	done()


func case_channel_limit_is_for_newcomers() -> void:
	var connection := kit.connection()
	var port := listen(connection, 4, 6)
	_joined(connection, port, 1)
	attempt(connection, &"channel_limit", [2])
	_joined(connection, port, 1)
	for peer: PacketPeer in connection.call(&"get_peers"):
		attempt(peer, &"get_channels")
	done()


func case_destroy_turns_peers_inactive() -> void:
	for accepts: bool in [false, true]:
		var pair := connected_pair(2, 0, accepts)
		attempt(pair.subject, &"destroy")
		attempt(pair.subject_peer, &"is_active")
		attempt(pair.subject_peer, &"get_state")
		attempt(pair.subject_peer, &"send", [0, PackedByteArray([1]), 1])
	done()


func case_destroy_twice() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"destroy")
	attempt(connection, &"destroy")
	done()


## destroy() sends nothing to the remote.
func case_destroy_is_silent() -> void:
	var pair := connected_pair()
	clear_events()
	attempt(pair.subject, &"destroy")
	serve_for([pair.partner], 0.2)
	note("partner's events", events(pair.partner))
	note("partner's state", pair.partner_peer.call(&"get_state"))
	done()


func case_freeing_is_silent() -> void:
	var pair := connected_pair()
	clear_events()
	pair.subject = null
	serve_for([pair.partner], 0.2)
	note("partner's events", events(pair.partner))
	attempt(pair.subject_peer, &"is_active")
	done()


func case_destroy_while_connecting() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, free_port())
	attempt(connection, &"service")
	attempt(connection, &"destroy")
	attempt(peer, &"is_active")
	attempt(peer, &"get_state")
	done()


func case_peers_of_the_host_before() -> void:
	var pair := connected_pair()
	attempt(pair.subject, &"destroy")
	attempt(pair.subject, &"create_host")
	attempt(pair.subject, &"get_peers")
	attempt(pair.subject_peer, &"is_active")
	attempt(pair.subject_peer, &"get_state")
	done()


## The stock classes of this Godot use the system's ENet, which cannot refuse connections. Those built with Godot's
## own ENet refuse only under DTLS.
func case_refuse_new_connections() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	attempt_refusal(connection, true)
	var partner := new_client(port)
	check(serve([connection, partner], had(partner, 1)), "the partner receives the answer")
	serve_for([connection, partner], 0.1)
	differs("the host", events(connection), "D23", [[1, "peer", 0, 0, 0]], [])
	differs("the client", events(partner), "D23", [[1, "peer", 0, 0, 0]], [[2, "peer", 0x454E5406, 0, 0]])
	attempt_refusal(connection, false)
	var second := new_client(port)
	check(serve([connection, second], had(second, 1)), "the second partner gets an answer")
	note("admitted again", events(second))
	done()


func case_refusing_keeps_connected_peers() -> void:
	var pair := connected_pair(0, 0, true)
	attempt_refusal(pair.subject, true)
	clear_events()
	pair.partner_peer.call(&"send", 0, PackedByteArray([1]), 1)
	check(serve(pair.both(), had(pair.subject, 1)), "a packet")
	note("events", events(pair.subject))
	done()


func attempt_refusal(connection: RefCounted, refuses: bool) -> void:
	note("refuse %s" % refuses, connection.call(&"refuse_new_connections", refuses))
	differs("refuse %s prints" % refuses, take_errors(), "D23", true, false)


## Partners that have joined one after the other.
func _joined(connection: RefCounted, port: int, count: int) -> Array[ENetConnection]:
	var partners: Array[ENetConnection] = []
	for index in count:
		var partner := new_client(port, 4)
		var count_before := events(connection).size()
		check(serve([connection, partner], had(connection, count_before + 1)), "joined")
		partners.append(partner)
	return partners


## For every listed peer, the index of its partner.
func _places(connection: RefCounted, partners: Array[ENetConnection]) -> Array[int]:
	var ports := partners.map(func(partner: ENetConnection) -> int: return partner.get_local_port())
	var places: Array[int] = []
	for peer: PacketPeer in connection.call(&"get_peers"):
		places.append(ports.find(peer.call(&"get_remote_port")))
	return places
