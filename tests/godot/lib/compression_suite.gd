extends "res://lib/raw_suite.gd"
## Base of the suites on compression: hosts with compression modes, and traffic like that of a game.

const Threaded := preload("res://lib/threaded.gd")
const NONE := ENetConnection.COMPRESS_NONE
const RANGE_CODER := ENetConnection.COMPRESS_RANGE_CODER
const FASTLZ := ENetConnection.COMPRESS_FASTLZ
const ZLIB := ENetConnection.COMPRESS_ZLIB
const ZSTD := ENetConnection.COMPRESS_ZSTD
const MODES: Array[int] = [NONE, RANGE_CODER, FASTLZ, ZLIB, ZSTD]
const NAMES: Array[String] = ["none", "range coder", "FastLZ", "zlib", "Zstandard"]

## Packet sizes from datagrams of 16 bytes up to the largest packet that is not split.
const SIZES: Array[int] = [4, 8, 12, 20, 33, 48, 64, 100, 150, 230, 330, 480, 700, 803, 1000, 1200, 1300, 1364]
## Sizes of packets that are split over several datagrams.
const LARGE_SIZES: Array[int] = [1365, 2728, 9000]
## One packet in this many is large.
const LARGE_EVERY := 25
## Packets in flight. They fit the socket's receive buffer, so none is lost on this machine.
const MOST_UNDERWAY := 24

var _payloads: Array[PackedByteArray] = []
var _large_payloads: Array[PackedByteArray] = []


## One direction of the traffic.
class Flow:
	var sent := 0
	var arrived := 0
	var wrong: Array[String] = []
	var seen := PackedByteArray()


## The ENet host of a multiplayer peer.
func host_of(end: End) -> RefCounted:
	return end.peer.get(&"host")


func set_mode(end: End, mode: int) -> void:
	host_of(end).call(&"compress", mode)


## A statistic of the host since the previous call.
func pop(end: End, which: int) -> int:
	var value: float = host_of(end).call(&"pop_statistic", which)
	return int(value)


## A server and a client that has begun to connect, each with its compression mode.
func joining(server_mode: int, client_mode: int) -> Array[End]:
	var server := start_server()
	set_mode(server, server_mode)
	var client := start_client(server.port)
	set_mode(client, client_mode)
	return [server, client]


func have_met(ends: Array[End]) -> bool:
	return ends[1].is_up() and ends[0].events.size() == 1


## A server and a client that have to succeed in connecting.
func joined_by(server_mode: int, client_mode: int) -> Array[End]:
	var ends := joining(server_mode, client_mode)
	var what := "%s and %s connect" % [NAMES[server_mode], NAMES[client_mode]]
	check(spin(ends, func() -> bool: return have_met(ends)), what)
	return ends


## Polls without pauses until the condition holds. Returns false if it does not hold within `seconds`.
func spin(ends: Array[End], condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		for end in ends:
			end.poll()
	return true


## Sends `count` packets in both directions at once, in all transfer modes, and compares them with those received.
func carry(ends: Array[End], count: int, what: String) -> void:
	check(have_met(ends), what + ": the ends are connected")
	if not have_met(ends):
		return
	keep_throttle_open(ends[0], ends[1])
	check(spin(ends, is_throttle_open.bind(ends[0], ends[1])), "the throttle is open")
	var flows: Array[Flow] = []
	for end in ends:
		end.packets.clear()
		var flow := Flow.new()
		flow.seen.resize(count)
		flows.append(flow)
	var all_arrived := func() -> bool:
		for number in 2:
			_take(flows[number], ends[1 - number].packets)
		return flows.all(func(flow: Flow) -> bool: return flow.arrived == flow.sent)
	for index in count:
		for number in 2:
			var target := 1 if number == 1 else ends[1].id()
			equal(ends[number].send(payload(index), target, index % 3), OK, "put_packet")
			flows[number].sent += 1
			ends[number].poll()
		# A poll sends everything that is queued, so that packets of different polls share no datagram.
		if index % MOST_UNDERWAY == 0 and not spin(ends, all_arrived):
			break
	spin(ends, all_arrived)
	for number in 2:
		var direction := "%s, from the %s" % [what, ["server", "client"][number]]
		equal(flows[number].arrived, count, direction)
		equal(flows[number].wrong, [] as Array[String], direction)


func _take(flow: Flow, packets: Array[End.Packet]) -> void:
	for packet in packets:
		var index := packet.bytes.decode_u32(0) if packet.bytes.size() >= 4 else -1
		if index < 0 or index >= flow.seen.size() or packet.bytes != payload(index):
			flow.wrong.append("%d bytes that were never sent" % packet.bytes.size())
		elif flow.seen[index] == 1:
			flow.wrong.append("packet %d twice" % index)
		else:
			flow.seen[index] = 1
		flow.arrived += 1
	packets.clear()


## The bytes of packet `index`. They start with that number.
func payload(index: int) -> PackedByteArray:
	if _payloads.is_empty():
		for size in SIZES:
			_payloads.append_array(kinds_of(size))
		for size in LARGE_SIZES:
			_large_payloads.append_array(kinds_of(size))
	var bytes: PackedByteArray
	if index % LARGE_EVERY == LARGE_EVERY - 1:
		bytes = _large_payloads[index / LARGE_EVERY % _large_payloads.size()].duplicate()
	else:
		bytes = _payloads[index % _payloads.size()].duplicate()
	bytes.encode_u32(0, index)
	return bytes


## Noise, zeros, numbers as a game sends them, and text.
func kinds_of(size: int) -> Array[PackedByteArray]:
	var numbers := PackedByteArray()
	var step := 0
	while numbers.size() < size:
		var where := Vector3(step % 50, 1.0, sin(step))
		numbers.append_array(var_to_bytes([where, "walk", step]))
		step += 1
	var text := "Somebody says something about something else. ".repeat(size / 40 + 1).to_utf8_buffer()
	return [pattern(size), zeros(size), numbers.slice(0, size), text.slice(0, size)]


func zeros(size: int) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(size)
	return bytes
