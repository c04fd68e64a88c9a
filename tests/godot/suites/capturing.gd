extends "res://lib/suite.gd"
## Captures of our classes, read with tshark and compared with what a relay of the test saw.

const Capture := preload("res://lib/capture.gd")
const Tshark := preload("res://lib/tshark.gd")
const LEAST_BYTES := 131072
const TEXT := "over here"
const IN := "0x00000001"
const OUT := "0x00000002"
const COMPRESS_LZ4 := 5
## Ports by which Wireshark knows other protocols. One of them is free.
const FOREIGN_PORTS: Array[int] = [44818, 54328, 47000, 41170]

var _relay := Capture.new()
var _tap: Capture.Tap
var _folder := ""


func reason_to_skip() -> String:
	if not Tshark.is_there():
		return "tshark is not installed"
	return "" if (server_class + client_class).contains("Rs") else "neither end is of our class"


func prepare(scene_tree: SceneTree, server: String, client: String, errors: ErrorLog) -> void:
	super(scene_tree, server, client, errors)
	_folder = OS.get_cache_dir().path_join("enet_rs_capturing_%d" % OS.get_process_id())
	DirAccess.make_dir_recursive_absolute(_folder)


func clean_up() -> void:
	await super()
	_tap = null
	_relay.remove()
	_relay.datagrams.clear()
	for file in DirAccess.get_files_at(_folder):
		DirAccess.remove_absolute(_folder.path_join(file))
	DirAccess.remove_absolute(_folder)


func _path(name: String) -> String:
	DirAccess.make_dir_recursive_absolute(_folder)
	return _folder.path_join(name)


## A server and a client that reach each other through a relay. The first is of our class and captures to the path from the
## beginning; `port` is the server's port in the capture.
func _captured(path: String, options: Dictionary, mode: int = 0, port: int = free_port()) -> Array[End]:
	equal(_relay.begin("relay"), OK, "the relay's record begins")
	var server := new_end(server_class)
	var client := new_end(client_class)
	var captured := server if server.is_ours else client
	equal(captured.peer.call(&"start_capture", path, options), OK, "start_capture")
	equal(server.host(port if captured == server else free_port()), OK, "create_server")
	_tap = Capture.Tap.new()
	var relay_port := free_port() if captured == server else port
	equal(_tap.open(_relay, relay_port, server.port), OK, "the relay opens")
	equal(client.join(relay_port), OK, "create_client")
	for end: End in [server, client]:
		var host: RefCounted = end.peer.get(&"host")
		host.call(&"compress", mode)
	var is_up := func() -> bool:
		_tap.pass_on()
		return client.is_up() and not server.events.is_empty()
	check(pump([server, client], is_up), "the client connects")
	return [captured, client if captured == server else server]


func _exchange(ends: Array[End], text: String = TEXT) -> void:
	for end in ends:
		end.packets.clear()
		equal(end.say(text), OK, "put_packet")
	var has_arrived := func() -> bool:
		_tap.pass_on()
		return ends.all(func(end: End) -> bool: return end.packets.size() == 1)
	check(pump(ends, has_arrived), "the packets arrive")


## What is on its way arrives.
func _settle(ends: Array[End]) -> void:
	pump(ends, func() -> bool:
		_tap.pass_on()
		return false, 0.3)


func _payloads(datagrams: Array[PackedByteArray]) -> Array:
	var all := datagrams.map(func(bytes: PackedByteArray) -> String: return bytes.hex_encode())
	all.sort()
	return all


## A capture has each datagram of the wire, with its direction, addresses and time, and is complete when the peer closes.
func case_the_capture_is_what_the_wire_carried() -> void:
	var path := _path("wire.pcapng")
	var begun := Time.get_unix_time_from_system()
	var ends := _captured(path, { "comment": "a test" })
	equal(ends[0].peer.call(&"is_capturing"), true, "is_capturing")
	_exchange(ends)
	_settle(ends)
	# Whoever closes last would still send.
	ends[1].peer.close()
	_settle(ends)
	ends[0].peer.close()
	_settle([])
	var ended := Time.get_unix_time_from_system()
	equal(ends[0].peer.call(&"is_capturing"), false, "is_capturing after close")
	_relay.end()
	var fields: PackedStringArray = [
		"udp.payload", "frame.packet_flags_direction", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "frame.time_epoch",
		"frame.interface_description", "udp.checksum.status", "ip.checksum.status",
	]
	var rows := Tshark.rows(path, fields, ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"])
	var payloads := rows.map(func(row: PackedStringArray) -> String: return row[0])
	payloads.sort()
	equal(payloads, _payloads(_relay.datagrams), "the datagrams of the relay")
	var host_port := str(ends[0].port)
	var times: Array[float] = []
	for row in rows:
		check(row[1] == IN or row[1] == OUT, "the direction: " + row[1])
		equal(row.slice(2, 4), PackedStringArray(["127.0.0.1", "127.0.0.1"]), "the addresses")
		if ends[0].peer.get_class() == server_class and server_class.ends_with("Rs"):
			equal(row[5 if row[1] == IN else 4], host_port, "the server's port")
		times.append(row[6].to_float())
		check(row[7].begins_with("ENetMultiplayerPeerRs, UDP port ") and row[7].ends_with(", COMPRESS_NONE, not encrypted"), row[7])
		equal(row.slice(8), PackedStringArray(["1", "1"]), "the checksums are good")
	check(times.all(func(time: float) -> bool: return time > begun - 1.0 and time < ended + 1.0), "the times")
	var sorted := times.duplicate()
	sorted.sort()
	equal(times, sorted, "the order")
	for direction: String in [IN, OUT]:
		check(rows.any(func(row: PackedStringArray) -> bool: return row[1] == direction), "datagrams of direction " + direction)
	done()


## Compressed on the wire, and not in the capture.
func case_decompressed() -> void:
	var modes: Array[int] = [ENetConnection.COMPRESS_RANGE_CODER, ENetConnection.COMPRESS_ZSTD]
	if server_class == client_class:
		modes.append(COMPRESS_LZ4)
	for mode in modes:
		var path := _path("plain.pcapng")
		var ends := _captured(path, { "decompressed": true }, mode)
		var text := "a text ".repeat(40)
		_exchange(ends, text)
		ends[0].peer.call(&"stop_capture")
		_relay.end()
		var rows := Tshark.rows(path, ["_ws.col.Info", "enet.compressed", "udp.payload"])
		var hex := text.to_utf8_buffer().hex_encode()
		var found := rows.filter(func(row: PackedStringArray) -> bool: return row[2].contains(hex))
		equal(found.size(), 2, "both packets are readable")
		check(rows.all(func(row: PackedStringArray) -> bool: return row[1] != "1"), "nothing is compressed")
		check(not _payloads(_relay.datagrams).any(func(payload: String) -> bool: return payload.contains(hex)), "the wire is compressed")
		equal(Tshark.rows(path, ["frame.number"], ["-Y", "enet"]).size(), rows.size(), "all of it is ENet")
		for end in ends:
			end.peer.close()
		_relay.remove()
		_relay.datagrams.clear()
	done()


## Wireshark asks dissectors without a port last, unless it is told to ask them first.
func case_a_port_of_another_protocol() -> void:
	var path := _path("foreign.pcapng")
	var probe := UDPServer.new()
	var is_free := func(port: int) -> bool:
		var error := probe.listen(port, "127.0.0.1")
		probe.stop()
		return error == OK
	var free: Array[int] = FOREIGN_PORTS.filter(is_free)
	check(not free.is_empty(), "there is a port")
	var ends := _captured(path, {}, 0, free[0])
	_exchange(ends)
	ends[0].peer.call(&"stop_capture")
	_relay.end()
	var rows := func(more: PackedStringArray) -> int: return Tshark.rows(path, ["frame.number"], more).size()
	var count: int = rows.call([])
	check(count > 4, "there are datagrams")
	equal(rows.call(["-Y", "enet"]), count, "all of it is ENet")
	equal(rows.call(["-Y", "enet", "-o", "udp.try_heuristic_first:FALSE"]), 0, "ENet as Wireshark is set up by itself")
	done()


func case_cut_datagrams() -> void:
	var path := _path("short.pcapng")
	var ends := _captured(path, { "snap_length": 12 })
	_exchange(ends, "a text ".repeat(40))
	ends[0].peer.call(&"stop_capture")
	_relay.end()
	var rows := Tshark.rows(path, ["frame.cap_len", "frame.len", "udp.length"])
	check(not rows.is_empty(), "there are datagrams")
	for row in rows:
		equal(row[0].to_int(), mini(row[1].to_int(), 28 + 12), "kept bytes")
		equal(row[1].to_int(), 20 + row[2].to_int(), "the whole size")
	check(rows.any(func(row: PackedStringArray) -> bool: return row[1].to_int() > 280), "the size of the text")
	done()


## Two files hold the latest datagrams.
func case_a_bounded_capture() -> void:
	var path := _path("ring.pcapng")
	var older := _path("ring.old.pcapng")
	var ends := _captured(path, { "max_bytes": LEAST_BYTES })
	for number in 300:
		_exchange(ends, "%d " % number + "x".repeat(1000))
	ends[0].peer.call(&"stop_capture")
	_relay.end()
	var size := 0
	for file: String in [older, path]:
		size += FileAccess.get_file_as_bytes(file).size()
		check(Tshark.rows(file, ["frame.number"]).size() > 10, file)
	check(size > 70000 and size <= LEAST_BYTES, "%d bytes" % size)
	var last := "299 xx".to_utf8_buffer().hex_encode()
	var rows := Tshark.rows(path, ["udp.payload"])
	check(rows.any(func(row: PackedStringArray) -> bool: return row[0].contains(last)), "the last packet")
	done()


## The game goes on when the file cannot be written, and the error says why.
func case_a_capture_that_fails() -> void:
	var folder := _path("gone")
	DirAccess.make_dir_absolute(folder)
	var path := folder.path_join("a.pcapng")
	var ends := _captured(path, { "max_bytes": LEAST_BYTES })
	DirAccess.remove_absolute(path)
	DirAccess.remove_absolute(folder)
	for number in 300:
		_exchange(ends, "x".repeat(1000))
		if not ends[0].peer.call(&"is_capturing"):
			break
	var has_ended := func() -> bool: return not ends[0].peer.call(&"is_capturing")
	check(pump(ends, has_ended), "the capture ends")
	ends[0].poll()
	expect_error_texts(["ENetMultiplayerPeerRs.poll: the capture ended, because the file \"%s\" cannot be written: " % path], "the end")
	_exchange(ends)
	ends[0].peer.call(&"stop_capture")
	equal(ends[0].peer.call(&"start_capture", _path("next.pcapng")), OK, "the next capture")
	_exchange(ends)
	ends[0].peer.call(&"stop_capture")
	check(not Tshark.rows(_path("next.pcapng"), ["frame.number"]).is_empty(), "the next capture")
	_relay.end()
	done()


func case_arguments() -> void:
	for name: String in ["ENetMultiplayerPeerRs", "ENetConnectionRs"]:
		var peer: Object = ClassDB.instantiate(name)
		var path := _path("arguments.pcapng")
		var wrong: Array[Array] = [
			["", {}, ERR_INVALID_PARAMETER, "the path is empty"],
			[path, { "max_byte": 1 }, ERR_INVALID_PARAMETER, "there is no option \"max_byte\""],
			[path, { "decrypted": "yes" }, ERR_INVALID_PARAMETER, "the option \"decrypted\" cannot be yes"],
			[path, { "max_bytes": LEAST_BYTES - 1 }, ERR_INVALID_PARAMETER, "max_bytes must be 131072 or more, not 131071"],
			[path, { "max_bytes": -1 }, ERR_INVALID_PARAMETER, "max_bytes must be 131072 or more, not -1"],
			[path, { "snap_length": -1 }, ERR_INVALID_PARAMETER, "snap_length must be 0 or more, not -1"],
			[_folder.path_join("missing/a.pcapng"), {}, ERR_FILE_CANT_WRITE, "cannot write the file"],
			[_folder, {}, ERR_FILE_CANT_WRITE, "cannot write the file"],
		]
		if OS.get_name() == "Linux":
			# A disk without room.
			wrong.append(["/dev/full", {}, ERR_FILE_CANT_WRITE, "cannot write the file"])
		for row in wrong:
			equal(peer.call(&"start_capture", row[0], row[1]), row[2], "%s: %s" % [name, row])
			expect_error_texts(["%s.start_capture: %s" % [name, row[3]]], name)
			equal(peer.call(&"is_capturing"), false, "is_capturing after an error")
		peer.call(&"stop_capture")
		equal(peer.call(&"start_capture", path), OK, "start_capture")
		equal(peer.call(&"is_capturing"), true, "is_capturing")
		equal(peer.call(&"start_capture", path), ERR_ALREADY_IN_USE, "start_capture twice")
		expect_error_texts(["%s.start_capture: a capture is running already" % name], name)
		peer.call(&"stop_capture")
		equal(peer.call(&"is_capturing"), false, "is_capturing after stop_capture")
		check(FileAccess.file_exists(path), "the file exists")
		equal(Tshark.rows(path, ["frame.number"]).size(), 0, "an empty capture is readable")
		# user:// is the folder of the game.
		equal(peer.call(&"start_capture", "user://enet_rs_test.pcapng"), OK, "user://")
		peer = null
		check(FileAccess.file_exists("user://enet_rs_test.pcapng"), "the file exists when the object is freed")
		DirAccess.remove_absolute(ProjectSettings.globalize_path("user://enet_rs_test.pcapng"))
	done()


## ENetConnectionRs by itself: both ends of one game in two files.
func case_connections() -> void:
	var hosts: Array[Object] = [ClassDB.instantiate(&"ENetConnectionRs"), ClassDB.instantiate(&"ENetConnectionRs")]
	var paths: Array[String] = [_path("server.pcapng"), _path("client.pcapng")]
	for index in 2:
		equal(hosts[index].call(&"start_capture", paths[index]), OK, "start_capture")
	var port := free_port()
	equal(hosts[0].call(&"create_host_bound", "127.0.0.1", port), OK, "create_host_bound")
	equal(hosts[1].call(&"create_host"), OK, "create_host")
	hosts[1].call(&"connect_to_host", "127.0.0.1", port)
	var deadline := Time.get_ticks_msec() + 5000
	var events: Array[int] = []
	while events.size() < 2 and Time.get_ticks_msec() < deadline:
		for host in hosts:
			var event: Array = host.call(&"service", 1)
			if event[0] == ENetConnection.EVENT_CONNECT:
				events.append(1)
	equal(events.size(), 2, "both are connected")
	hosts[1].call(&"socket_send", "127.0.0.1", port, "a raw datagram".to_utf8_buffer())
	for count in 20:
		for host in hosts:
			host.call(&"service", 1)
	var rows: Array[Array] = []
	for index in 2:
		hosts[index].call(&"destroy")
		equal(hosts[index].call(&"is_capturing"), false, "is_capturing after destroy")
		var all := Tshark.rows(paths[index], ["udp.payload", "frame.interface_description", "ip.dst"])
		check(all.size() > 3, "datagrams: %d" % all.size())
		check(all.all(func(row: PackedStringArray) -> bool:
			return row[1].begins_with("ENetConnectionRs, ") and row[2] == "127.0.0.1"), "the description")
		rows.append(all.map(func(row: PackedStringArray) -> String: return row[0]))
	check(rows[1].has("a raw datagram".to_utf8_buffer().hex_encode()), "the raw datagram is sent")
	for payload: String in rows[0]:
		check(rows[1].has(payload), "the client's file has it, too: " + payload)
	done()
