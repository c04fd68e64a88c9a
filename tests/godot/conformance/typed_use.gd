extends RefCounted
## Uses all three classes as a program with static types does. lib/typed_use.gd also runs this script with our class
## names: it must compile without warnings and give the same results.

const MODE := ENetConnection.COMPRESS_ZSTD
const ALL_FLAGS := (
	ENetPacketPeer.FLAG_RELIABLE | ENetPacketPeer.FLAG_UNSEQUENCED
	| ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT)
const LIMIT_MSEC := 5000


## Games may derive from the class.
class Own extends ENetMultiplayerPeer:
	var made := 0

	func make(port: int) -> Error:
		made += 1
		return create_server(port)


var results: Array = []
var _mode: ENetConnection.CompressionMode = ENetConnection.COMPRESS_NONE
var _links: Dictionary[int, ENetPacketPeer] = {}


func run(port: int) -> Array:
	_use_constants()
	_use_connections()
	_use_peers(port)
	_use_subclass()
	return results


func _use_constants() -> void:
	var state: ENetPacketPeer.PeerState = ENetPacketPeer.PeerState.STATE_ZOMBIE
	var statistic: ENetPacketPeer.PeerStatistic = ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL
	var total: ENetConnection.HostStatistic = ENetConnection.HostStatistic.HOST_TOTAL_RECEIVED_PACKETS
	var event: ENetConnection.EventType = ENetConnection.EVENT_ERROR
	_mode = MODE
	results.append([state, statistic, total, event, _mode, ALL_FLAGS])
	results.append([ENetPacketPeer.PACKET_LOSS_SCALE, ENetPacketPeer.PACKET_THROTTLE_SCALE])
	results.append(_name_of(ENetConnection.COMPRESS_FASTLZ) + _name_of())


func _name_of(mode: ENetConnection.CompressionMode = ENetConnection.COMPRESS_NONE) -> String:
	match mode:
		ENetConnection.COMPRESS_NONE:
			return "none"
		ENetConnection.CompressionMode.COMPRESS_FASTLZ:
			return "fast"
		_:
			return "other"


func _use_connections() -> void:
	var server: ENetConnection = ENetConnection.new()
	var client := ENetConnection.new()
	results.append(server.create_host_bound("127.0.0.1", 0))
	results.append(client.create_host())
	server.compress(MODE)
	client.compress(_mode)
	server.bandwidth_limit()
	# Each static type follows from the declaration of the previous call.
	var first_state := client.connect_to_host("127.0.0.1", server.get_local_port()).get_state()
	var same_state: ENetPacketPeer.PeerState = first_state
	results.append([first_state, same_state == ENetPacketPeer.STATE_CONNECTING])
	var server_saw := _serve(server, client)
	results.append(server_saw.map(func(type: ENetConnection.EventType) -> int: return type))
	for peer in server.get_peers():
		results.append([peer.is_active(), peer.get_channels(), peer.get_remote_address().length()])
	var peers: Array[ENetPacketPeer] = client.get_peers()
	var up := peers[0]
	results.append(up.send(1, "typed".to_utf8_buffer(), ENetPacketPeer.FLAG_RELIABLE))
	results.append(up.get_statistic(ENetPacketPeer.PEER_PACKET_THROTTLE_LIMIT))
	results.append(server.pop_statistic(ENetConnection.HOST_TOTAL_RECEIVED_PACKETS) > 0.0)
	var as_packet_peer: PacketPeer = up
	results.append([as_packet_peer is ENetPacketPeer, as_packet_peer.get_available_packet_count()])
	var back := as_packet_peer as ENetPacketPeer
	back.peer_disconnect_now()
	results.append([back.is_active(), server.get_max_channels()])
	client.destroy()
	server.destroy()


## Serves until the server has a connection, and returns the event types so far.
func _serve(server: ENetConnection, client: ENetConnection) -> Array[ENetConnection.EventType]:
	var seen: Array[ENetConnection.EventType] = []
	var deadline := Time.get_ticks_msec() + LIMIT_MSEC
	while seen.is_empty() and Time.get_ticks_msec() < deadline:
		for connection: ENetConnection in [server, client]:
			var happened := connection.service()
			var type: ENetConnection.EventType = happened[0]
			var link: ENetPacketPeer = happened[1]
			if type != ENetConnection.EVENT_NONE and connection == server:
				seen.append(type)
				_links[link.get_remote_port()] = link
	return seen


func _use_peers(port: int) -> void:
	var server := ENetMultiplayerPeer.new()
	var client: ENetMultiplayerPeer = ENetMultiplayerPeer.new()
	server.set_bind_ip("127.0.0.1")
	results.append(server.create_server(port))
	results.append(client.create_client("127.0.0.1", port))
	var bound: ENetConnection = server.host
	results.append([bound.get_local_port() == port, server.host == bound, server.get_host() == bound])
	server.host.compress(ENetConnection.COMPRESS_RANGE_CODER)
	client.host.compress(ENetConnection.COMPRESS_RANGE_CODER)
	var status: MultiplayerPeer.ConnectionStatus = client.get_connection_status()
	results.append(status == ENetMultiplayerPeer.CONNECTION_CONNECTING)
	var ids: Array[int] = []
	var note_id := func(id: int) -> void: ids.append(id)
	results.append(server.peer_connected.connect(note_id))
	var deadline := Time.get_ticks_msec() + LIMIT_MSEC
	while ids.is_empty() and Time.get_ticks_msec() < deadline:
		server.poll()
		client.poll()
	server.peer_connected.disconnect(note_id)
	results.append([ids.size(), ids.has(client.get_unique_id())])
	var state := server.get_peer(ids[0]).get_state() if ids.size() == 1 else ENetPacketPeer.STATE_ZOMBIE
	results.append([state, client.get_peer(1).get_remote_port() == port])
	server.get_peer(ids[0]).set_timeout(0, 0, 0)
	server.transfer_mode = MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
	server.transfer_channel = 3
	server.set_target_peer(ENetMultiplayerPeer.TARGET_PEER_BROADCAST)
	var general: MultiplayerPeer = server
	results.append([general.put_packet("typed".to_utf8_buffer()), general is ENetMultiplayerPeer])
	results.append([general.transfer_mode, general.transfer_channel, server.refuse_new_connections])
	client.close()
	server.disconnect_peer(ids[0], true)
	server.close()


func _use_subclass() -> void:
	var own := Own.new()
	results.append([own.make(0), own.made, own.host.get_local_port() > 0])
	var mesh: ENetMultiplayerPeer = ENetMultiplayerPeer.new()
	results.append([mesh.create_mesh(5), mesh.get_unique_id()])
	own.close()
	mesh.close()


## The remaining methods, which only have to compile.
func never_run(connection: ENetConnection, link: ENetPacketPeer, mesh: ENetMultiplayerPeer) -> void:
	var bytes := PackedByteArray()
	var errors: Array[Error] = [
		connection.create_host_bound("*", 0, 1, 2, 3, 4), connection.create_host(1, 2, 3, 4),
		connection.dtls_server_setup(TLSOptions.server(null, null)), connection.dtls_client_setup("name"),
		connection.dtls_client_setup("name", TLSOptions.client()), mesh.add_mesh_peer(2, connection),
		mesh.create_server(1, 2, 3, 4, 5), mesh.create_client("name", 1, 2, 3, 4, 5), link.put_packet(bytes),
	]
	connection.bandwidth_limit(1, 2)
	connection.channel_limit(errors.size())
	connection.broadcast(0, bytes, ENetPacketPeer.FLAG_RELIABLE)
	connection.refuse_new_connections(true)
	connection.socket_send("name", 1, bytes)
	connection.flush()
	link.ping()
	link.ping_interval(500)
	link.throttle_configure(5000, 2, 2)
	link.reset()
	link.peer_disconnect(7)
	link.peer_disconnect_later(7)
	var flags: int = link.get_packet_flags()
	var address: String = link.get_remote_address()
	print(flags, address)
