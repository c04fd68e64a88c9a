extends "res://lib/compression_suite.gd"
## Combinations of compression modes: which pairs connect, and what they can exchange.

const DATAGRAMS := 2000
## ENet repeats the request after 0.5 and 1.5 seconds.
const THREE_ATTEMPTS := 1.7


## A client that connects to a server, each with its compression mode.
class Attempt:
	## The server's mode comes first, here and below.
	var modes: Array[int]
	var name: String
	var ends: Array[End]
	var hosts: Array[RawHost]
	## The server as seen by the client's host.
	var peer: PacketPeer

	func _init(server_mode: int, client_mode: int) -> void:
		modes = [server_mode, client_mode]
		name = "server %s, client %s" % [NAMES[server_mode], NAMES[client_mode]]

	func fits() -> bool:
		return modes[0] == modes[1] or modes == [NONE, ZSTD]

	## Whether chance decides: Zstandard shrinks the answer to a client or not, by the random numbers that the ends of
	## our class put into it. Rarely, it shrinks the request of a client of our class.
	func is_chance(client: String) -> bool:
		return modes == [ZSTD, NONE] or (modes == [NONE, ZSTD] and client.ends_with("Rs"))


func case_equal_modes() -> void:
	var plain: Array[int] = [0, 0]
	for mode in MODES:
		var ends := joined_by(mode, mode)
		for end in ends:
			# The network thread would send fewer, fuller datagrams.
			Threaded.end(end.peer)
			pop(end, ENetConnection.HOST_TOTAL_SENT_PACKETS)
			pop(end, ENetConnection.HOST_TOTAL_SENT_DATA)
		carry(ends, DATAGRAMS, NAMES[mode])
		for number in 2:
			var datagrams := pop(ends[number], ENetConnection.HOST_TOTAL_SENT_PACKETS)
			check(datagrams >= DATAGRAMS, "%s: only %d datagrams" % [NAMES[mode], datagrams])
			var bytes := pop(ends[number], ENetConnection.HOST_TOTAL_SENT_DATA)
			if mode == NONE:
				plain[number] = bytes
			else:
				check(bytes < plain[number] * 0.8, "%s: %d bytes of %d" % [NAMES[mode], bytes, plain[number]])
	done()


## The compression mode is not negotiated, so ends with different modes cannot connect: every codec shrinks either the
## connect request or the answer to it. The exception is a client with Zstandard at a server without compression:
## the codec would turn the request's 48 bytes into 49 or 50, so the request travels plain, and so does the answer.
## (With 2 channels the request shrinks to 47 bytes, and answers from 44 to 42.) Later datagrams that do shrink never
## arrive.
func case_unequal_modes() -> void:
	var attempts: Array[Attempt] = []
	var all: Array[End] = []
	for server_mode in MODES:
		for client_mode in MODES:
			if server_mode == client_mode:
				continue
			var attempt := Attempt.new(server_mode, client_mode)
			attempt.ends = joining(server_mode, client_mode)
			attempts.append(attempt)
			all.append_array(attempt.ends)
	pump_for(all, THREE_ATTEMPTS)
	_forgive_zlib()
	for attempt in attempts:
		if attempt.is_chance(client_class):
			continue
		if attempt.fits():
			check(have_met(attempt.ends), attempt.name + ": the ends connect")
			_check_half_heard(attempt.ends, 1, attempt.name)
			continue
		for end in attempt.ends:
			equal(end.events, [] as Array[String], attempt.name + ": no signals")
		var status := attempt.ends[1].peer.get_connection_status()
		equal(status, MultiplayerPeer.CONNECTION_CONNECTING, attempt.name + ": the client keeps trying")
	done()


## The same test for hosts driven by hand.
func case_unequal_modes_of_connections() -> void:
	var attempts: Array[Attempt] = []
	var hosts: Array[RawHost] = []
	for server_mode in MODES:
		for client_mode in MODES:
			var attempt := Attempt.new(server_mode, client_mode)
			attempt.hosts = [bound_host(server_class), open_host(client_class)]
			for number in 2:
				attempt.hosts[number].connection.call(&"compress", attempt.modes[number])
			attempt.peer = attempt.hosts[1].join(attempt.hosts[0].port)
			attempts.append(attempt)
			hosts.append_array(attempt.hosts)
	serve_for(hosts, THREE_ATTEMPTS)
	_forgive_zlib()
	for attempt in attempts:
		if attempt.is_chance(client_class):
			continue
		equal(state(attempt.peer) == CONNECTED, attempt.fits(), attempt.name + ": the client is connected")
		for host in attempt.hosts:
			equal(host.events.size(), 1 if attempt.fits() else 0, attempt.name + ": events")
	done()


## A client that starts with the wrong mode connects once its mode is corrected.
func case_corrected_while_connecting() -> void:
	for modes: Vector2i in [
		Vector2i(ZLIB, NONE), Vector2i(NONE, FASTLZ), Vector2i(RANGE_CODER, ZSTD), Vector2i(ZSTD, ZLIB),
	]:
		var ends := joining(modes.x, modes.y)
		pump_for(ends, 0.1)
		check(not have_met(ends), "unequal")
		_forgive_zlib()
		set_mode(ends[1], modes.x)
		check(pump(ends, func() -> bool: return have_met(ends)), "the next attempt succeeds")
		carry(ends, 50, NAMES[modes.x])
	done()


func case_connections() -> void:
	for mode in MODES:
		var server := bound_host(server_class)
		var client := open_host(client_class)
		for host: RawHost in [server, client]:
			host.connection.call(&"compress", mode)
		var joined := link(server, client, 2)
		for index in 200:
			if not _both_arrive(joined, index):
				check(false, "%s: packet %d" % [NAMES[mode], index])
				break
	done()


## Sends a packet each way, and returns whether both arrive unchanged.
func _both_arrive(joined: Link, index: int) -> bool:
	for direction in 2:
		var flags: int = [RELIABLE, 0, ENetPacketPeer.FLAG_UNSEQUENCED][index % 3]
		var to := joined.hosts[1 - direction]
		to.events.clear()
		equal(send(joined.peers[direction], 1, payload(index), flags), OK, "send")
		joined.hosts[direction].flush()
		if not serve(joined.hosts, func() -> bool: return not to.events.is_empty()):
			return false
		if to.events[0].bytes != payload(index):
			return false
	return true


func case_changed_on_both_ends() -> void:
	var ends := joined_by(NONE, NONE)
	for mode: int in [RANGE_CODER, FASTLZ, ZLIB, ZSTD, RANGE_CODER, ZSTD, ZLIB, FASTLZ, NONE]:
		for end in ends:
			set_mode(end, mode)
		carry(ends, 100, "changed to " + NAMES[mode])
	equal(ends[0].events.size(), 1, "no peer left")
	done()


## An end that compresses also accepts plain datagrams, but not the other way round. Reliable packets arrive once the
## modes agree again.
func case_changed_on_one_end() -> void:
	for mode: int in [RANGE_CODER, FASTLZ, ZLIB, ZSTD]:
		for changed in 2:
			var ends := joined_by(NONE, NONE)
			set_mode(ends[changed], mode)
			var what := "%s at the %s only" % [NAMES[mode], ["server", "client"][changed]]
			_check_half_heard(ends, changed, what)
			set_mode(ends[changed], NONE)
			_check_late(ends[1 - changed], ends, what)
			carry(ends, 20, what + ", then not")
	done()


## With two different codecs neither end understands the other.
func case_changed_to_another_codec() -> void:
	var ends := joined_by(ZLIB, ZLIB)
	for changed in 2:
		set_mode(ends[changed], ZSTD)
		for end in ends:
			end.packets.clear()
			equal(end.send(zeros(600)), OK, "put_packet")
		pump_for(ends, 0.2)
		_forgive_zlib()
		for end in ends:
			equal(end.packets.size(), 0, "packets that arrived")
		set_mode(ends[changed], ZLIB)
		for end in ends:
			_check_late(end, ends, "zlib on both ends again")
		carry(ends, 20, "zlib")
	done()


## Of two connected ends only one compresses. The other receives noise, which never shrinks and so travels plain, and
## nothing else.
func _check_half_heard(ends: Array[End], compressing: int, what: String) -> void:
	var deaf := ends[1 - compressing]
	for end in ends:
		end.packets.clear()
	equal(ends[compressing].send(pattern(600)), OK, "put_packet")
	check(pump(ends, func() -> bool: return deaf.packets.size() == 1), what + ": noise arrives")
	equal(deaf.send(zeros(600)), OK, "put_packet")
	equal(ends[compressing].send(zeros(600)), OK, "put_packet")
	pump_for(ends, 0.2)
	equal(deaf.packets.size(), 1, what + ": packets received by the end without compression")
	equal(ends[compressing].packets.size(), 1, what + ": packets received by the end with compression")


func _check_late(end: End, ends: Array[End], what: String) -> void:
	var is_there := func() -> bool:
		return end.packets.any(func(packet: End.Packet) -> bool: return packet.bytes == zeros(600))
	check(pump(ends, is_there, 10.0), what + ": the packet arrives eventually")


## Stock prints an error for every datagram that is no zlib stream. Ours must not print any.
func _forgive_zlib() -> void:
	for line in _errors.take():
		check(not line.contains("Rs."), "our class prints %s" % line)
