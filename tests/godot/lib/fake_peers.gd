extends MultiplayerPeerExtension
## A peer for the tests of the overlay: its figures and its peers are what a test says.

const FakePeers := preload("res://lib/fake_peers.gd")


## One connection.
class Connection:
	extends RefCounted
	var active := true
	var figures: Dictionary = {}
	var address := "203.0.113.7"

	func is_active() -> bool:
		return active

	func get_remote_address() -> String:
		return address

	func get_remote_port() -> int:
		return 24565

	func get_statistics() -> Dictionary:
		assert(active, "an inactive peer was asked")
		return figures.duplicate()


## The host.
class Host:
	extends RefCounted
	var peers: Array[Connection] = []

	func get_local_port() -> int:
		return 24565

	func get_peers() -> Array[Connection]:
		return peers


## Stands for ENetSimulationRs.
class Simulation:
	extends Resource
	const PRESETS: Dictionary[String, Array] = {"Broadband": [32.0, 12.0, 2.0], "4G": [100.0, 20.0, 4.0]}
	@export var outgoing_latency := 0.0
	@export var incoming_latency := 0.0
	@export var outgoing_jitter := 0.0
	@export var incoming_jitter := 0.0
	@export var outgoing_loss := 0.0
	@export var incoming_loss := 0.0

	static func make() -> Simulation:
		return Simulation.new()

	func get_preset_names() -> PackedStringArray:
		return PackedStringArray(PRESETS.keys())

	func preset(name: String) -> Simulation:
		var made := Simulation.new()
		for direction: String in ["outgoing_", "incoming_"]:
			made.set(StringName(direction + "latency"), PRESETS[name][0])
			made.set(StringName(direction + "jitter"), PRESETS[name][1])
			made.set(StringName(direction + "loss"), PRESETS[name][2])
		return made


@warning_ignore("unused_signal")
signal peer_disconnected_with_reason(id: int, reason: int, data: int)
@warning_ignore("unused_signal")
signal connection_failed_with_reason(reason: int, data: int, text: String)

var status := MultiplayerPeer.CONNECTION_CONNECTED
var id := 1
var figures: Dictionary = {}
var host := Host.new()
## How often get_statistics was called.
var reads := 0
var simulation: Resource = null
var spikes: Array[float] = []
var cuts: Array[float] = []
var relays := true

var _connections: Dictionary[int, Connection] = {}


static func make_client() -> FakePeers:
	var peer := FakePeers.new()
	peer.id = 1234567890
	peer.figures = {
		"bytes_in": 0, "bytes_out": 0, "payload_in": 0, "payload_out": 0, "datagrams_in": 0, "datagrams_out": 0,
		"retransmissions": 0, "queued_packets": 3, "queued_bytes": 420, "in_flight_packets": 5, "in_flight_bytes": 1280,
		"unread_packets": 0, "unread_bytes": 0, "loss": 0.012, "rtt_mean": 84.5, "rtt_max": 84.5, "poll_gap": 17.2,
		"poll_gap_minute": 48.0, "send_gap": 33.4, "send_gap_minute": 66.0, "peers": 1, "drops": {"malformed": 0},
	}
	peer.join(1)
	return peer


static func make_server() -> FakePeers:
	var peer := make_client()
	peer.leave_all()
	peer.id = 1
	return peer


func join_many(count: int) -> void:
	for index in count:
		join(100_000_007 * (index + 1) % 2_147_483_647)


func join(peer_id: int) -> Connection:
	var connection := Connection.new()
	var number := _connections.size()
	connection.figures = {
		"rtt_last": 86.0, "rtt_smoothed": 84.5 + number * 11.0, "rtt_variance": 4.0, "rtt_p50": 83.0, "rtt_p99": 131.0,
		"loss": 0.004 * number, "throttle": 1.0, "bytes_in": 0, "bytes_out": 0, "queued_packets": 0,
		"in_flight_packets": 2 + number, "channels": {},
	}
	_connections[peer_id] = connection
	host.peers.append(connection)
	peer_connected.emit(peer_id)
	return connection


func leave(peer_id: int) -> void:
	_connections[peer_id].active = false
	host.peers.erase(_connections[peer_id])
	_connections.erase(peer_id)
	peer_disconnected.emit(peer_id)


func leave_all() -> void:
	for peer_id: int in _connections.keys():
		leave(peer_id)


## Adds to the totals of the host and of each connection, as if so many bytes had gone each way.
func advance(bytes: int) -> void:
	for peer: Connection in _connections.values():
		_add(peer.figures, "bytes_in", bytes)
		_add(peer.figures, "bytes_out", bytes * 2)
	_add(figures, "bytes_in", bytes)
	_add(figures, "bytes_out", bytes * 2)
	_add(figures, "payload_in", bytes * 3 / 4)
	_add(figures, "payload_out", bytes * 3 / 2)
	_add(figures, "datagrams_in", 1)
	_add(figures, "datagrams_out", 2)


static func _add(totals: Dictionary, key: String, amount: int) -> void:
	var total: int = totals[key]
	totals[key] = total + amount


func connection(peer_id: int) -> Connection:
	return _connections[peer_id]


func get_statistics() -> Dictionary:
	assert(status != MultiplayerPeer.CONNECTION_DISCONNECTED, "an inactive peer was asked")
	reads += 1
	return figures.duplicate()


func get_host() -> Host:
	assert(status != MultiplayerPeer.CONNECTION_DISCONNECTED and relays, "an inactive peer or a mesh was asked")
	return host


func get_peer(peer_id: int) -> Connection:
	assert(_connections.has(peer_id), "an unknown peer was asked for")
	return _connections[peer_id]


func get_reason_text(reason: int, _data: int) -> String:
	return "told reason %d" % reason


func simulate_spike(milliseconds: float) -> void:
	spikes.append(milliseconds)


func simulate_cut(seconds: float) -> void:
	cuts.append(seconds)


func _get_connection_status() -> MultiplayerPeer.ConnectionStatus:
	return status


func _get_unique_id() -> int:
	return id


func _is_server() -> bool:
	return id == 1


func _is_server_relay_supported() -> bool:
	return relays


func _poll() -> void:
	pass


func _close() -> void:
	status = MultiplayerPeer.CONNECTION_DISCONNECTED


func _disconnect_peer(peer_id: int, _force: bool) -> void:
	leave(peer_id)


func _get_available_packet_count() -> int:
	return 0


func _get_packet_script() -> PackedByteArray:
	return PackedByteArray()


func _put_packet_script(_buffer: PackedByteArray) -> Error:
	return OK


func _get_packet_channel() -> int:
	return 0


func _get_packet_mode() -> MultiplayerPeer.TransferMode:
	return MultiplayerPeer.TRANSFER_MODE_RELIABLE


func _get_packet_peer() -> int:
	return 1


func _get_max_packet_size() -> int:
	return 1 << 24


func _get_transfer_channel() -> int:
	return 0


func _get_transfer_mode() -> MultiplayerPeer.TransferMode:
	return MultiplayerPeer.TRANSFER_MODE_RELIABLE


func _set_transfer_channel(_channel: int) -> void:
	pass


func _set_transfer_mode(_mode: MultiplayerPeer.TransferMode) -> void:
	pass


func _set_target_peer(_peer: int) -> void:
	pass


func _set_refuse_new_connections(_enable: bool) -> void:
	pass


func _is_refusing_new_connections() -> bool:
	return false
