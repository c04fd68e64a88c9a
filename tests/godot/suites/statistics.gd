extends "res://lib/guarding_suite.gd"
## The figures of a server of our class, compared with those of a relay between it and a client of either class; and the
## monitors that show them.

const WireTap := preload("res://lib/wire_tap.gd")
const COMMON: Array[String] = [
	"bytes_in", "bytes_out", "datagrams_in", "datagrams_out", "packets_in", "packets_out", "payload_in", "payload_out",
	"datagrams_saved", "codec_saved_in", "codec_saved_out", "retransmissions", "throttled_packets",
	"queued_packets", "queued_bytes", "in_flight_packets", "in_flight_bytes", "unread_packets", "unread_bytes",
]
const OF_HOST: Array[String] = [
	"peers", "rtt_mean", "rtt_max", "loss", "poll_gap", "send_gap", "poll_gap_minute", "send_gap_minute", "handshakes",
	"simulated_drops", "drops",
]
const OF_PEER: Array[String] = [
	"rtt_last", "rtt_smoothed", "rtt_variance", "rtt_p50", "rtt_p99", "loss", "throttle", "mtu", "drops", "channels",
]
## Keys with numbers that are no counts.
const FLOATS: Array[String] = [
	"rtt_mean", "rtt_max", "loss", "poll_gap", "send_gap", "poll_gap_minute", "send_gap_minute",
	"rtt_last", "rtt_smoothed", "rtt_variance", "rtt_p50", "rtt_p99", "throttle",
]
const MONITORS := 13
const WIRE_IN := "Wire in, kB per s"


func case_keys() -> void:
	var ends := connected(1)
	var host := _host(ends[0])
	var packet_peer := _peer(ends[0], ends[1].id())
	for object: Object in [ends[0].peer, host, packet_peer]:
		var what := object.get_class()
		var statistics := _statistics(object)
		var own := OF_PEER if object == packet_peer else OF_HOST
		equal(statistics.keys(), COMMON + own, what + ": the keys")
		for key: String in statistics:
			var type := TYPE_FLOAT if key in FLOATS else TYPE_INT
			if key not in ["drops", "channels"]:
				equal(typeof(statistics[key]), type, "%s: the type of %s" % [what, key])
		equal(statistics["drops"], object.call(&"get_dropped"), what + ": the drops")
	equal(_statistics(ends[0].peer)["peers"], 1, "the peers")
	ends[0].peer.close()
	for object: Object in [ends[0].peer, host, packet_peer]:
		equal(_statistics(object), {}, object.get_class() + ": inactive")
	expect_error_texts([
		"ENetMultiplayerPeerRs.get_statistics: the object is not active",
		"ENetConnectionRs.get_statistics: ", "ENetPacketPeerRs.get_statistics: the peer is not active",
	], "inactive objects")
	done()


## What the server counts is what a relay counted that knows nothing of it.
func case_sums() -> void:
	for mode: int in [ENetConnection.COMPRESS_NONE, ENetConnection.COMPRESS_RANGE_CODER]:
		await _expect_sums("compression %d" % mode, func(server: End, client: End) -> void:
			for end: End in [server, client]:
				_host(end).call(&"compress", mode))
	done()


func case_encrypted_sums() -> void:
	if client_class.ends_with("Rs") and not certificates.is_empty():
		var key := CryptoKey.new()
		equal(key.load(certificates.path_join("localhost.key")), OK, "the key")
		var certificate: X509Certificate = load(certificates.path_join("localhost.crt"))
		await _expect_sums("encrypted", func(server: End, client: End) -> void:
			_host(server).call(&"dtls_server_setup", TLSOptions.server(key, certificate))
			_host(client).call(&"dtls_client_setup", "localhost", TLSOptions.client_unsafe(certificate)))
	else:
		check(true, "nothing to encrypt")
	done()


func _expect_sums(what: String, set_up: Callable) -> void:
	var server := start_server()
	var tap := WireTap.new()
	var port := free_port()
	equal(tap.open(port, server.port), OK, "opening the tap")
	var client := start_client(port)
	set_up.call(server, client)
	var ends: Array[End] = [server, client]
	var step := func() -> bool:
		tap.pass_on()
		return server.events.size() == 1 and client.is_up()
	check(pump(ends, step, 20.0), what + ": they connect")
	var sizes: Array[int] = [1, 100, 1000, 5000]
	for size in sizes:
		var bytes := PackedByteArray()
		bytes.resize(size)
		equal(client.send(bytes, 1), OK, "send")
		equal(server.send(bytes, client.id()), OK, "send")
	# One look at both ends: a thread goes on sending.
	var seen: Array[Dictionary] = [{}, {}]
	var is_settled := func() -> bool:
		tap.pass_on()
		seen[0] = _statistics(server.peer)
		if client.is_ours:
			seen[1] = _statistics(client.peer)
		var sums := _sums(tap)
		var have_all := ends.all(func(end: End) -> bool: return end.packets.size() == sizes.size())
		var others: Array = sums.slice(2) + sums.slice(0, 2)
		return have_all and _wire_of(seen[0]) == sums and (not client.is_ours or _wire_of(seen[1]) == others)
	var settled := pump(ends, is_settled, 10.0)
	var statistics := seen[0]
	check(settled, "%s: the relay counted %s, the server %s" % [what, _sums(tap), _wire_of(statistics)])
	for key: String in ["packets_in", "packets_out"]:
		equal(statistics[key], sizes.size(), "%s: %s" % [what, key])
	for key: String in ["payload_in", "payload_out"]:
		equal(statistics[key], 6101, "%s: %s" % [what, key])
	var saves := what.contains("compression 1")
	for key: String in ["codec_saved_in", "codec_saved_out"]:
		var saved: int = statistics[key]
		check(saved > 3000 if saves else saved == 0, "%s: %s is %d" % [what, key, saved])
	equal(statistics["handshakes"], 1 if what == "encrypted" else 0, what + ": the handshakes")
	var peer := _statistics(_peer(server, client.id()))
	equal(peer["payload_in"], 6101, what + ": the payload of the peer")
	var trip: float = peer["rtt_smoothed"]
	check(trip >= 1.0 and trip < 2000.0, "%s: a round trip of %f ms" % [what, trip])
	if client.is_ours:
		for key: String in ["codec_saved_in", "codec_saved_out"]:
			var other := key.replace("_in", "_x").replace("_out", "_in").replace("_x", "_out")
			equal(seen[1][other], statistics[key], "%s: %s of the client" % [what, other])
	await clean_up()


func _wire_of(statistics: Dictionary) -> Array:
	return ["datagrams_in", "bytes_in", "datagrams_out", "bytes_out"].map(func(key: String) -> int: return statistics[key])


func _sums(tap: WireTap) -> Array:
	var sums := [0, 0, 0, 0]
	for datagram in tap.datagrams:
		var at := 0 if datagram.is_upward else 2
		sums[at] += 1
		sums[at + 1] += datagram.whole_size
	return sums


func case_unread() -> void:
	var ends := connected(1)
	ends[0].drains = false
	for size: int in [10, 20, 300]:
		var bytes := PackedByteArray()
		bytes.resize(size)
		equal(ends[1].send(bytes, 1, MultiplayerPeer.TRANSFER_MODE_RELIABLE, 0 if size < 100 else 3), OK, "send")
	var packet_peer := _peer(ends[0], ends[1].id())
	var unread := func() -> Array:
		return [ends[0].peer, packet_peer].map(func(object: Object) -> Array:
			var statistics := _statistics(object)
			return [statistics["unread_packets"], statistics["unread_bytes"]])
	check(pump(ends, func() -> bool: return unread.call() == [[3, 330], [3, 330]]), "unread: %s" % [unread.call()])
	var channels: Dictionary = _statistics(packet_peer)["channels"]
	equal(channels.keys(), [0, 4], "the channels")
	var numbers: Array[Dictionary] = [channels[0], channels[4]]
	equal(numbers[0]["unread_bytes"], 30, "the bytes of channel 0")
	equal(numbers[1]["unread_packets"], 1, "the packets of channel 4")
	ends[0].peer.get_packet()
	equal(unread.call(), [[2, 320], [2, 320]], "after one was read")
	done()


## The packets of a host that a script serves wait in the objects of its peers.
func case_unread_in_peers() -> void:
	var server := bound_host(server_class.replace("MultiplayerPeer", "Connection"))
	var client := open_host(client_class.replace("MultiplayerPeer", "Connection"))
	var to_server := client.join(server.port, 2)
	var hosts: Array[RawHost] = [server, client]
	check(serve(hosts, func() -> bool: return server.events.size() == 1), "the hosts connect")
	equal(send(to_server, 1, PackedByteArray([1, 2, 3])), OK, "send")
	var arrives := func() -> bool:
		client.connection.call(&"service")
		var event: Array = server.connection.call(&"service")
		return event[0] == ENetConnection.EVENT_RECEIVE
	check(pump([], arrives), "the packet arrives")
	for object: Object in [server.connection, server.events[0].peer]:
		var statistics := _statistics(object)
		equal([statistics["unread_packets"], statistics["unread_bytes"]], [1, 3], object.get_class())
	var channels: Dictionary = _statistics(server.events[0].peer)["channels"]
	equal(channels.keys(), [1], "the channel")
	server.events[0].peer.get_packet()
	equal(_statistics(server.connection)["unread_packets"], 0, "after it was read")
	done()


func case_gaps() -> void:
	var ends := connected(1)
	pump_for(ends, 0.1)
	_statistics(ends[0].peer)
	OS.delay_msec(300)
	pump_for(ends, 0.1)
	var gap: float = _statistics(ends[0].peer)["poll_gap"]
	check(gap >= 300.0, "a gap of %f ms" % gap)
	pump_for(ends, 0.1)
	var later := _statistics(ends[0].peer)
	var gap_later: float = later["poll_gap"]
	var of_minute: float = later["poll_gap_minute"]
	check(gap_later < gap and of_minute >= gap, "gaps of %f ms after %f ms, %f ms in a minute" % [gap_later, gap, of_minute])
	done()


func case_monitors() -> void:
	var before := Performance.get_custom_monitor_names()
	var ends := connected(1)
	var peer := ends[0].peer
	var references := peer.get_reference_count()
	equal(peer.call(&"add_monitors"), OK, "add_monitors")
	equal(peer.get_reference_count(), references, "the monitors do not keep the peer")
	equal(peer.call(&"add_monitors"), OK, "a second call")
	var names := _monitors(before)
	equal(names.size(), MONITORS, "the number of monitors")
	equal(peer.call(&"add_monitors", "Game"), OK, "another prefix")
	equal(_monitors(before).size(), MONITORS, "the former ones are gone")
	check(Performance.has_custom_monitor("Game/" + WIRE_IN), "the names begin with the prefix")
	equal(_value("Game/Peers"), 1.0, "the peers")
	var has_rate := func() -> bool:
		ends[1].send(pattern(1000), 1)
		return _value("Game/" + WIRE_IN) > 0.0 and _value("Game/Payload in, kB per s") > 0.0
	check(pump(ends, has_rate), "the rates")
	var other := _new("ENetMultiplayerPeerRs")
	equal(other.call(&"add_monitors", "Game"), ERR_ALREADY_EXISTS, "the same prefix")
	for wrong: String in ["", "a/b"]:
		equal(other.call(&"add_monitors", wrong), ERR_INVALID_PARAMETER, "the prefix \"%s\"" % wrong)
	expect_error_texts([
		"add_monitors: there are monitors with the prefix \"Game\" already", "the prefix must be", "the prefix must be",
	], "prefixes")
	# A session that ends, and another one.
	peer.close()
	var is_zero := func() -> bool: return names.all(func(name: StringName) -> bool:
		return _value(str(name).replace("ENet/", "Game/")) == 0.0)
	check(pump(ends, is_zero, 3.0), "the monitors of an inactive peer")
	equal(ends[0].host(free_port()), OK, "create_server")
	equal(_monitors(before).size(), MONITORS, "they outlive a session")
	equal(other.call(&"add_monitors", "Other"), OK, "another peer")
	equal(_monitors(before).size(), 2 * MONITORS, "those of two peers")
	other = null
	equal(_monitors(before).size(), MONITORS, "a peer that is freed takes its own along")
	peer.call(&"remove_monitors")
	peer.call(&"remove_monitors")
	equal(_monitors(before).size(), 0, "remove_monitors")
	done()


func _monitors(before: Array[StringName]) -> Array[StringName]:
	return Performance.get_custom_monitor_names().filter(func(name: StringName) -> bool: return name not in before)


func _value(monitor: String) -> float:
	var number: Variant = Performance.get_custom_monitor(monitor)
	check(number is float, "%s is %s" % [monitor, number])
	var value: float = number
	check(value >= 0.0, "%s is %f" % [monitor, value])
	return value


func _statistics(object: Object) -> Dictionary:
	return object.call(&"get_statistics")
