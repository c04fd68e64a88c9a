extends "res://lib/dtls_suite.gd"
## Captures of encrypted hosts of our class: as on the wire, and decrypted.

const Tshark := preload("res://lib/tshark.gd")
const OURS := "ENetMultiplayerPeerRs"
const COMPRESS_ZLIB := 3

var _paths: Array[String] = []


func reason_to_skip() -> String:
	if not Tshark.is_there():
		return "tshark is not installed"
	return super() if server_class == OURS and client_class == OURS else "both ends must be of our class"


func clean_up() -> void:
	await super()
	for path in _paths:
		DirAccess.remove_absolute(path)
	_paths.clear()


func _path(name: String) -> String:
	_paths.append(OS.get_cache_dir().path_join("enet_rs_dtls_%s_%d.pcapng" % [name, OS.get_process_id()]))
	return _paths[-1]


func case_encrypted_and_decrypted() -> void:
	for mode: int in [ENetConnection.COMPRESS_NONE, COMPRESS_ZLIB]:
		var who := identity(P256)
		var server := new_end(server_class)
		var client := new_end(client_class)
		var options: Dictionary[String, Dictionary] = {
			"wire": {}, "decrypted": { "decrypted": true }, "plain": { "decompressed": true },
		}
		equal(server.peer.call(&"start_capture", _path("wire"), options["wire"]), OK, "start_capture")
		equal(client.peer.call(&"start_capture", _path("plain"), options["plain"]), OK, "start_capture")
		begin_server(server, who)
		begin_client(client, server.port, trusting(who))
		# The host has a capture of its own beside that of the peer.
		equal(host_of(server).call(&"start_capture", _path("decrypted"), options["decrypted"]), OK, "start_capture")
		for end: End in [server, client]:
			host_of(end).call(&"compress", mode)
		var ends: Array[End] = [server, client]
		check(pump(ends, func() -> bool: return have_met(ends), PATIENCE), "they connect")
		var text := "a text ".repeat(30)
		equal(client.say(text), OK, "put_packet")
		check(pump(ends, func() -> bool: return server.texts().has(text)), "the packet arrives")
		client.peer.close()
		pump(ends, func() -> bool: return false, 0.2)
		server.peer.close()
		var wire := _paths[-3]
		var plain := _paths[-2]
		var decrypted := _paths[-1]
		var hex := text.to_utf8_buffer().hex_encode()
		var rows := Tshark.rows(wire, ["frame.protocols", "udp.payload", "frame.interface_description"])
		check(rows.size() > 10, "the wire: %d datagrams" % rows.size())
		check(rows.all(func(row: PackedStringArray) -> bool: return row[0].ends_with(":dtls") or row[0].contains(":dtls:")), "the wire is DTLS")
		check(not rows.any(func(row: PackedStringArray) -> bool: return row[1].contains(hex)), "the wire hides the text")
		check(rows[-1][2].ends_with(", encrypted, server of DTLS"), rows[-1][2])
		for path: String in [plain, decrypted]:
			rows = Tshark.rows(path, ["frame.protocols", "udp.payload", "frame.interface_description", "_ws.col.Info"])
			check(rows.size() > 5, "%d datagrams" % rows.size())
			check(rows.all(func(row: PackedStringArray) -> bool: return row[0].contains("enet")), "all is ENet")
			check(rows[0][3].contains("CONNECT"), "it begins with CONNECT: " + rows[0][3])
			var is_readable := path == plain or mode == ENetConnection.COMPRESS_NONE
			var found := rows.filter(func(row: PackedStringArray) -> bool: return row[1].contains(hex))
			equal(found.size() == 1, is_readable, "the text in " + path)
		check(rows[-1][2].begins_with("ENetConnectionRs, "), rows[-1][2])
		for path in _paths:
			DirAccess.remove_absolute(path)
	done()
