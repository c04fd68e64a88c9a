extends "res://lib/compression_suite.gd"
## The form of compressed datagrams, and the handling of invalid ones.

const WireTap := preload("res://lib/wire_tap.gd")

## Flags in a datagram's first two bytes.
const COMPRESSED := 0x4000
const HAS_TIME := 0x8000
const NO_SLOT := 0x0fff
const SESSION_SHIFT := 12
const SESSIONS := 4
## No codec of Godot's decodes these bytes to a valid command: they start no zlib stream and no Zstandard frame, FastLZ
## copies them as literals, and the range coder decodes bytes like them. Command number 15 does not exist.
const NO_COMMAND: Array[int] = [0x0f, 0x0f]
## Invalid datagrams that fit a socket's buffer at once, each with every header, from two senders.
const BATCH := 8


## Noise, and data too small to shrink, travels uncompressed.
func case_uncompressed_datagrams() -> void:
	for mode in MODES:
		var server := bound_host(server_class)
		var client := open_host(client_class)
		var tap := WireTap.new()
		var port := free_port()
		equal(tap.open(port, server.port), OK, "opening the tap")
		for host: RawHost in [server, client]:
			host.connection.call(&"compress", mode)
		var to_server := client.join(port, 2)
		var hosts: Array[RawHost] = [server, client]
		check(_serve_through(tap, hosts, func() -> bool: return server.events.size() == 1), "the hosts connect")
		var peers: Array[PacketPeer] = [server.events[0].peer, to_server]
		for direction in 2:
			for bytes: PackedByteArray in [pattern(4), pattern(48), pattern(600), zeros(600), zeros(1364)]:
				var shrinks := mode != NONE and bytes == zeros(bytes.size())
				var what := "%s, %d bytes" % [NAMES[mode], bytes.size()]
				_check_travels(tap, hosts, peers[direction], direction, bytes, shrinks, what)
	done()


func _check_travels(
	tap: WireTap, hosts: Array[RawHost], peer: PacketPeer, direction: int, bytes: PackedByteArray,
	shrinks: bool, what: String
) -> void:
	var to := hosts[1 - direction]
	# On a slow machine a retransmission may share the datagram, so the exchange is repeated.
	for attempt in 5:
		to.events.clear()
		tap.datagrams.clear()
		equal(send(peer, 1, bytes), OK, "send")
		var is_answered := func() -> bool:
			return not to.events.is_empty() and not _travelled(tap, direction == 0).is_empty()
		check(_serve_through(tap, hosts, is_answered), what + ": the packet arrives and is acknowledged")
		if _is_as_it_should(tap, direction, bytes.size(), shrinks):
			return
	var seen: Array[String] = []
	for datagram in tap.datagrams:
		seen.append("%d%s" % [datagram.size, " compressed" if datagram.is_compressed else ""])
	check(false, "%s, to be compressed: %s: datagrams of %s" % [what, shrinks, seen])


## Whether only the packet and acknowledgements were sent, and the acknowledgements uncompressed.
func _is_as_it_should(tap: WireTap, direction: int, size: int, shrinks: bool) -> bool:
	const COMMAND := 6
	const ACKNOWLEDGEMENT := 8
	for datagram in _travelled(tap, direction == 1):
		var fits := datagram.size < size / 10 if shrinks else datagram.size == COMMAND + size
		if datagram.is_compressed != shrinks or not fits:
			return false
	for datagram in _travelled(tap, direction == 0):
		if datagram.is_compressed or datagram.size != ACKNOWLEDGEMENT:
			return false
	return true


func _travelled(tap: WireTap, upward: bool) -> Array[WireTap.Datagram]:
	return tap.datagrams.filter(func(datagram: WireTap.Datagram) -> bool: return datagram.is_upward == upward)


func _serve_through(tap: WireTap, hosts: Array[RawHost], condition: Callable) -> bool:
	var met := func() -> bool:
		tap.pass_on()
		return condition.call()
	return serve(hosts, met)


## Datagrams that claim to be compressed but are garbage, from strangers and from the client's own socket.
func case_invalid_compressed_data() -> void:
	for mode in MODES:
		var ends := joined_by(mode, mode)
		var server := ends[0]
		var what := "to " + NAMES[mode]
		var stranger := PacketPeerUDP.new()
		equal(stranger.connect_to_host(RawHost.LOCAL, server.port), OK, "the stranger's socket")
		_errors.take_warnings()
		var garbage := _garbage(mode)
		var begun := Time.get_ticks_msec()
		pop(server, ENetConnection.HOST_TOTAL_RECEIVED_PACKETS)
		for index in garbage.size():
			for header in _headers():
				var datagram := header + garbage[index]
				stranger.put_packet(datagram)
				host_of(ends[1]).call(&"socket_send", RawHost.LOCAL, server.port, datagram)
			if index % BATCH == BATCH - 1:
				server.poll()
		var came := [0]
		var all_came := func() -> bool:
			came[0] += pop(server, ENetConnection.HOST_TOTAL_RECEIVED_PACKETS)
			return came[0] >= garbage.size() * 2 * _headers().size()
		check(pump([server], all_came), "%s: the server has read %d datagrams" % [what, came[0]])
		carry(ends, 100, what)
		var seconds := (Time.get_ticks_msec() - begun) / 1000.0
		check(seconds < 10.0, "%s: %.1f seconds" % [what, seconds])
		equal(ends[0].events.size() + ends[1].events.size(), 2, what + ": the number of signals is unchanged")
		_check_few_lines(server.is_ours, seconds, what)
	done()


## A client that continues with another mode must not flood the log either.
func case_wrong_mode_for_long() -> void:
	const SECONDS := 1.2
	var ends := joined_by(ZSTD, ZSTD)
	_errors.take_warnings()
	set_mode(ends[1], ZLIB)
	var step := func() -> bool:
		ends[1].send(zeros(600), 1, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
		return false
	if have_met(ends):
		pump(ends, step, SECONDS)
	equal(ends[0].packets.size(), 0, "no packet is decoded")
	_check_few_lines(ends[0].is_ours, SECONDS, "the wrong mode")
	done()


## Our classes may print one line per second. The stock classes' lines do not matter.
func _check_few_lines(is_ours: bool, seconds: float, what: String) -> void:
	var lines := _errors.take()
	lines.append_array(_errors.take_warnings())
	var own := lines.filter(func(line: String) -> bool: return line.contains("Rs"))
	check(own.size() <= 1 + int(seconds), "%s: %d lines in %.1f seconds: %s" % [what, own.size(), seconds, own])
	check(is_ours or own.is_empty(), "%s: our class prints %s" % [what, own])


## Headers for no peer, and for the first peer with each session id.
func _headers() -> Array[PackedByteArray]:
	var words: Array[int] = [COMPRESSED | NO_SLOT, COMPRESSED | HAS_TIME | NO_SLOT]
	for session in SESSIONS:
		words.append(COMPRESSED | session << SESSION_SHIFT)
	var headers: Array[PackedByteArray] = []
	for word in words:
		var header := PackedByteArray([word >> 8, word & 0xff])
		headers.append(header + PackedByteArray([0, 0]) if word & HAS_TIME else header)
	return headers


## Input on which no decoder may fail. None of it may decode to a valid command.
func _garbage(mode: int) -> Array[PackedByteArray]:
	var start := PackedByteArray(NO_COMMAND)
	var garbage: Array[PackedByteArray] = [PackedByteArray(), start]
	for size: int in [1, 2, 5, 14, 15, 30, 62, 200, 1000, 1386]:
		garbage.append(start + pattern(size))
		garbage.append(start + zeros(size))
	var packing := _packing(mode)
	if packing < 0:
		return garbage
	# Streams truncated or damaged after their start, and streams that expand beyond the largest datagram.
	var packed := (start + kinds_of(300)[2]).compress(packing)
	for index in 40:
		garbage.append(packed.slice(0, 8 + index * (packed.size() - 8) / 40))
		var damaged := packed.duplicate()
		var place := 8 + index * (packed.size() - 8) / 40
		damaged[place] = damaged[place] ^ 1 << index % 8
		garbage.append(damaged)
	for size: int in [4093, 4096, 5000, 60_000]:
		garbage.append((start + zeros(size)).compress(packing))
	if mode == ZSTD:
		# Frames that declare 2^62 bytes, in one segment and with the largest possible window.
		garbage.append("28b52ffde00000000000000040".hex_decode() + zeros(40))
		garbage.append("28b52ffd40f8ffffff3f".hex_decode() + zeros(40))
	return garbage


## The codec under its name for PackedByteArray.compress(), or -1 if it has none.
func _packing(mode: int) -> int:
	match mode:
		FASTLZ:
			return FileAccess.COMPRESSION_FASTLZ
		ZLIB:
			return FileAccess.COMPRESSION_DEFLATE
		ZSTD:
			return FileAccess.COMPRESSION_ZSTD
	return -1
