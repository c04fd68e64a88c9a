extends "res://lib/dtls_suite.gd"
## Encrypted packets on a good and on a bad network, with either kind of key.

const RELIABLE_MODE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const ORDERED := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE

## Packets per direction, each in a datagram of its own.
const DATAGRAMS := 10_000
const LARGEST := 1300
## Unreliable packets begin with their number, which has this size.
const INDEX_SIZE := 4
## Packets in flight. They fit the socket's receive buffer, so none is lost on this machine.
const MOST_UNDERWAY := 24
const LOSS := 0.03
const DOUBLING := 0.03
const DELAY := 0.1
## The share of unreliable packets that must arrive over the bad network. An ordered packet is also dropped when a
## later one has overtaken it.
const LEAST_SHARE: Dictionary[int, float] = {UNRELIABLE: 0.9, ORDERED: 0.7}
const SEED := 20261121

var _noise := PackedByteArray()


## One direction of the traffic.
class Flow:
	var sent := 0
	## Per packet: whether it arrived.
	var came := PackedByteArray()
	## Per mode: the number of packets that arrived, and the last of them.
	var counts: Dictionary[int, int] = {RELIABLE_MODE: 0, ORDERED: 0, UNRELIABLE: 0}
	var last: Dictionary[int, int] = {RELIABLE_MODE: RELIABLE_MODE - 3, ORDERED: -1, UNRELIABLE: -1}
	var wrong: Array[String] = []


func case_rsa() -> void:
	_carry(encrypted_ends(identity(RSA)), true)
	done()


func case_p256() -> void:
	_carry(encrypted_ends(identity(P256)), true)
	done()


func case_rsa_on_a_bad_network() -> void:
	_carry_badly(identity(RSA))
	done()


func case_p256_on_a_bad_network() -> void:
	_carry_badly(identity(P256))
	done()


## Sizes around the limit of one datagram, and larger ones.
func case_split_packets() -> void:
	for kind: String in [RSA, P256]:
		var ends := encrypted_ends(identity(kind))
		for size: int in [1290, 1327, 1328, 1364, 1365, 1392, 2728, 9000, 30_000]:
			for direction in 2:
				var to := ends[1 - direction]
				to.packets.clear()
				equal(ends[direction].send(pattern(size), to.id()), OK, "put_packet")
				check(pump(ends, func() -> bool: return to.packets.size() == 1), "%d bytes arrive" % size)
				for packet in to.packets:
					check(packet.bytes == pattern(size), "%d bytes are unchanged" % size)
	done()


func _carry_badly(who: Identity) -> void:
	var server := encrypted_server(who)
	var wire := rough_wire_to(server.port, SEED)
	# The settings apply to the handshake, too.
	wire.loss = LOSS
	wire.doubling = DOUBLING
	wire.delay = DELAY
	var client := encrypted_client(wire.port, trusting(who))
	var ends: Array[End] = [server, client]
	check(pump(ends, func() -> bool: return have_met(ends), PATIENCE), "the ends connect")
	_carry(ends, false)
	equal(wire.not_encrypted, 0, "datagrams that are no DTLS records")
	check(wire.lost > DATAGRAMS * LOSS, "%d lost" % wire.lost)
	check(wire.doubled > DATAGRAMS * DOUBLING, "%d doubled" % wire.doubled)
	check(wire.delayed > DATAGRAMS * DELAY, "%d delayed" % wire.delayed)


## Sends packets in both directions at once, in all transfer modes.
func _carry(ends: Array[End], is_lossless: bool) -> void:
	if not have_met(ends):
		return
	keep_throttle_open(ends[0], ends[1])
	check(spin(ends, is_throttle_open.bind(ends[0], ends[1]), PATIENCE), "the throttle is open")
	var flows: Array[Flow] = [Flow.new(), Flow.new()]
	for flow in flows:
		flow.came.resize(DATAGRAMS)
	var enough_came := func() -> bool:
		for number in 2:
			_take(flows[number], number, ends[1 - number].packets)
		return flows.all(func(flow: Flow) -> bool: return _is_complete(flow, is_lossless))
	for index in DATAGRAMS:
		for number in 2:
			equal(ends[number].send(_payload(index, number), ends[1 - number].id(), index % 3), OK, "put_packet")
			flows[number].sent += 1
			# A poll sends everything that is queued, so that packets share no datagram.
			ends[number].poll()
		pass_on()
		if index % MOST_UNDERWAY == 0 and not spin(ends, enough_came, PATIENCE):
			break
	spin(ends, enough_came, PATIENCE)
	for number in 2:
		var flow := flows[number]
		var from: String = ["from the server", "from the client"][number]
		equal(flow.wrong, [] as Array[String], from)
		equal(flow.counts[RELIABLE_MODE], _sent_in(DATAGRAMS, RELIABLE_MODE), "reliable packets " + from)
		for mode: int in LEAST_SHARE:
			var share: float = 1.0 if is_lossless else LEAST_SHARE[mode]
			var least := int(_sent_in(DATAGRAMS, mode) * share)
			check(flow.counts[mode] >= least, "mode %d %s: %d of %d" % [mode, from, flow.counts[mode], least])


func _is_complete(flow: Flow, is_lossless: bool) -> bool:
	if flow.counts[RELIABLE_MODE] < _sent_in(flow.sent, RELIABLE_MODE):
		return false
	return not is_lossless or flow.counts[ORDERED] + flow.counts[UNRELIABLE] == (
		_sent_in(flow.sent, ORDERED) + _sent_in(flow.sent, UNRELIABLE))


## The number of packets of a mode among the first `sent`; the modes alternate.
func _sent_in(sent: int, mode: int) -> int:
	return (sent + 2 - mode) / 3


func _take(flow: Flow, number: int, packets: Array[End.Packet]) -> void:
	for packet in packets:
		var index := _index_of(packet, flow)
		if index < 0 or index >= flow.sent or index % 3 != packet.mode or packet.bytes != _payload(index, number):
			flow.wrong.append("%d bytes in mode %d that were never sent" % [packet.bytes.size(), packet.mode])
			continue
		if flow.came[index] == 1:
			flow.wrong.append("packet %d twice" % index)
		if packet.mode != UNRELIABLE and index <= flow.last[packet.mode]:
			flow.wrong.append("packet %d after %d" % [index, flow.last[packet.mode]])
		flow.last[packet.mode] = index
		flow.came[index] = 1
		flow.counts[packet.mode] += 1
	packets.clear()


## Reliable packets arrive in order; the others contain their number.
func _index_of(packet: End.Packet, flow: Flow) -> int:
	if packet.mode == RELIABLE_MODE:
		return flow.last[RELIABLE_MODE] + 3
	return packet.bytes.decode_u32(0) if packet.bytes.size() >= INDEX_SIZE else -1


## All sizes, in mixed order. The bytes depend on the direction.
func _payload(index: int, number: int) -> PackedByteArray:
	if _noise.is_empty():
		_noise = pattern(2 * (DATAGRAMS + LARGEST))
	var size := 1 + index * 7919 % LARGEST
	var start := 2 * index + number
	if index % 3 == RELIABLE_MODE:
		return _noise.slice(start, start + size)
	var bytes := _noise.slice(start, start + maxi(size, INDEX_SIZE))
	bytes.encode_u32(0, index)
	return bytes
