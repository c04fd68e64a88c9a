extends RefCounted
## Makes the debugger messages of a game that plays with some peers. What it says depends on its time only.

const OBJECT := 8_123_456_789_012
const HOST_COLUMNS: PackedStringArray = [
	"bytes_in", "bytes_out", "payload_in", "payload_out", "datagrams_in", "datagrams_out", "retransmissions", "rtt_mean", "rtt_max", "loss",
	"queued_bytes", "in_flight_bytes", "unread_bytes", "poll_gap", "send_gap", "peers",
]
const PEER_COLUMNS: PackedStringArray = [
	"bytes_in", "bytes_out", "payload_in", "payload_out", "datagrams_in", "datagrams_out", "retransmissions", "rtt_last", "rtt_smoothed",
	"rtt_p99", "loss", "queued_bytes", "in_flight_bytes", "unread_bytes", "throttle",
]

var peer_count: int
var role: String
var time := 1000.0


func _init(count: int, is_server: bool = true) -> void:
	peer_count = count
	role = "server" if is_server else "client"


func hello() -> Array:
	return [{
		"protocol": 1, "pid": OS.get_process_id(), "title": "Arena", "arguments": PackedStringArray(), "engine": "4.6.3", "extension": "0.1.0",
		"headless": DisplayServer.get_name() == "headless", "host_columns": HOST_COLUMNS, "peer_columns": PEER_COLUMNS,
	}]


func hosts() -> Array:
	return [[{
		"object": OBJECT, "class": "ENetMultiplayerPeerRs", "role": role, "address": "*", "port": 24565, "encrypted": true,
		"compression": "zstd", "channels": 3, "threaded": true, "name": "/root/Main",
	}]]


func peers() -> Array:
	var list: Array[Dictionary] = []
	for index in peer_count:
		list.append({"id": peer_id(index), "address": "192.168.1.%d:%d" % [10 + index % 200, 40_000 + index * 7], "state": "connected"})
	return [OBJECT, list]


func peer_id(index: int) -> int:
	return 1 if role == "client" else 1000 + index * 7919


## Goes on by `interval` milliseconds. Peer n gets 1000 + 100 n bytes a second; the third one has a bad connection.
func snapshot(interval: float) -> Array:
	time += interval
	var seconds := (time - 1000.0) / 1000.0
	var rows := PackedFloat64Array()
	var ids := PackedInt32Array()
	var host := PackedFloat64Array()
	host.resize(HOST_COLUMNS.size())
	for index in peer_count:
		ids.append(peer_id(index))
		var wave := 0.5 + 0.5 * sin(seconds * 0.7 + index)
		var is_bad := index == 2
		var out := (1000.0 + 100.0 * index) * seconds
		var row := PackedFloat64Array([
			600.0 * seconds, out, 400.0 * seconds, out * 0.7, 60.0 * seconds, 60.0 * seconds, floorf(seconds * (8.0 if is_bad else 0.2)),
			30.0 + index, (180.0 if is_bad else 25.0 + index % 20) + 8.0 * wave, (260.0 if is_bad else 40.0 + index % 20) + 12.0 * wave,
			0.08 + 0.04 * wave if is_bad else 0.002 * wave, 2600.0 * wave if is_bad else 0.0, 900.0 + 500.0 * wave, 40.0 * wave, 1.0,
		])
		rows.append_array(row)
		for column in 7:
			host[column] += row[column]
		host[7] += row[8] / peer_count
		host[8] = maxf(host[8], row[8])
		host[9] += row[10] / peer_count
		for column in 3:
			host[10 + column] += row[11 + column]
	host[13] = 16.7 + (34.0 if fmod(seconds, 7.0) < 0.1 else 2.0 * absf(sin(seconds * 3.0)))
	host[14] = host[13] + 0.4
	host[15] = peer_count
	return [time, [[OBJECT, host, ids, rows]]]


func talkers() -> Array:
	return [OBJECT, [
		["out", "rpc", "/root/Main/Arena::show_state", 60 * peer_count, 2880 * peer_count],
		["out", "sync", "/root/Main/Arena/Players/1/Sync", 30 * peer_count, 960 * peer_count],
		["in", "rpc", "/root/Main/Arena::move", 60 * peer_count, 720 * peer_count],
		["out", "rpc", "/root/Main/Chat::say", 2, 88],
		["out", "spawn", "/root/Main/Arena/Players", 1, 62],
		["in", "path", "/root/Main/Arena", 1, 51],
		["out", "system", "", 1, 6],
	]]


## The engine's messages begin with the number of what follows.
func engine_rpcs(node: int = 11) -> Array:
	return [12, node, "/root/Main/Arena", 6 * peer_count, 72 * peer_count, 6 * peer_count, 288 * peer_count, 12, "/root/Main/Chat", 0, 0, 1, 9]


func engine_syncs(synchronizer: int = 21, config: int = 31, root: int = 11) -> Array:
	return [7, synchronizer, config, root, 0, 0, 3 * peer_count, 96 * peer_count]


func engine_names() -> Array:
	return [21, "MultiplayerSynchronizer", "/root/Main/Arena/Players/1/Sync", 31, "SceneReplicationConfig", "res://player.tscn::Config_1"]


func sizes() -> Array:
	return [OBJECT, PackedInt32Array([40, 310, 120, 60, 22, 9, 3]), PackedInt32Array([350, 90, 12, 0, 0, 0, 0])]


func events() -> Array:
	return [[
		[time, OBJECT, "join", peer_id(0), "192.168.1.10:40000"], [time, OBJECT, "refused", 0, "192.168.1.77:5311 refused: full"],
		[time, OBJECT, "leave", peer_id(1), "timed out"], [time, OBJECT, "spike", 0, "no poll for 212 ms"],
	]]


## Datagrams of the last interval, every 16.7 ms one each way for the first peer.
func timeline(interval: float) -> Array:
	var times := PackedInt64Array()
	var directions := PackedByteArray()
	var ids := PackedInt32Array()
	var sizes_on_wire := PackedInt32Array()
	var contents: Array[PackedByteArray] = []
	var at := time - interval
	while at < time:
		for direction in 2:
			times.append(int(at * 1000.0) + direction * 400)
			directions.append(direction)
			ids.append(peer_id(0))
			var content := datagram(direction == 1, int(at) % 250)
			contents.append(content)
			sizes_on_wire.append(content.size() + int(absf(sin(at)) * 600.0) * direction)
		at += 16.7
	return [OBJECT, times, directions, ids, sizes_on_wire, contents]


## An acknowledgement and an RPC, or an unreliable state.
static func datagram(is_state: bool, number: int) -> PackedByteArray:
	if is_state:
		return PackedByteArray([0x00, 0x03, 7, 2, 0, 9, 0, number, 0, 19, 6, 44, 1, 5, 0, 0, 128, 8, 0, 0, 0]) + \
			PackedByteArray([0x42, 0x10, 0x27, 0x01, 7, 0x81, 0x02, 9])
	return PackedByteArray([0x80, 0x02, 0x12, 0x34, 1, 0, 0, 5, 0, 5, 0x30, 0x39]) + \
		PackedByteArray([0x86, 1, 0, number, 0, 6, 0x00, 3, 2, 1, 2, 7])
