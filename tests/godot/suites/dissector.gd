extends "res://lib/player_suite.gd"
## tools/wireshark/enet_godot.lua reads in a capture what the players of a game sent.

const Capture := preload("res://lib/capture.gd")
const Tshark := preload("res://lib/tshark.gd")
## Larger than three datagrams.
const LARGE := 5000
## Size of a packet that every codec makes smaller.
const TEXT_SIZE := 300
const COMPRESS_LZ4 := 5
const DAMAGED := 3000
const DAMAGED_PORT := 999
const WORD := "sesame"
const INFO := "_ws.col.Info"
const GAME_FIELDS: PackedStringArray = [
	INFO, "_ws.col.Protocol", "godot.kind", "godot.path", "godot.value", "godot.data", "godot.peer", "godot.target", "godot.source",
]
const ENET_FIELDS: PackedStringArray = [
	"enet.data", "enet.mtu", "enet.proof", "enet.acknowledges", "enet.fragment", "enet.reassembled_length", "enet.command", "enet.trailing",
]

var _capture := Capture.new()
var _taps: Array[Capture.Tap] = []


func reason_to_skip() -> String:
	return "" if Tshark.is_there() else "tshark is not installed"


func clean_up() -> void:
	_taps.clear()
	_capture.remove()
	await super()


func frame() -> void:
	_pass_on()
	await super()
	_pass_on()


func _pass_on() -> void:
	for tap in _taps:
		tap.pass_on()


## A server, and clients that reach it through taps.
func _tapped(clients: int, mode: int = ENetConnection.COMPRESS_NONE) -> void:
	var server := new_player(server_class)
	equal(server.end.host(free_port()), OK, "create_server")
	server.api.auth_callback = _judge
	server.api.multiplayer_peer = server.end.peer
	_compress(server, mode)
	for index in clients:
		var tap := Capture.Tap.new()
		var port := free_port()
		equal(tap.open(_capture, port, server.end.port), OK, "the tap opens")
		_taps.append(tap)
		var client := new_player(client_class)
		equal(client.end.join(port), OK, "create_client")
		_compress(client, mode)
		client.api.auth_callback = _judge
		client.api.peer_authenticating.connect(_authenticate.bind(client.api))
		client.api.multiplayer_peer = client.end.peer
		check(await frames(func() -> bool: return client.events.has("connected_to_server")), "a client joins")


func _compress(player: Player, mode: int) -> void:
	var host: RefCounted = player.end.peer.get(&"host")
	host.call(&"compress", mode)


func _authenticate(id: int, api: SceneMultiplayer) -> void:
	equal(api.send_auth(id, WORD.to_utf8_buffer()), OK, "send_auth")
	equal(api.complete_auth(id), OK, "complete_auth")


func _judge(id: int, word: PackedByteArray) -> void:
	equal(word.get_string_from_utf8(), WORD, "the word")
	equal(_players[0].api.complete_auth(id), OK, "complete_auth")


func _leave() -> void:
	for player in _players:
		player.api.auth_callback = Callable()
	_players[1].end.peer.close()
	await frames_for(0.2)
	await end_all()
	_taps.clear()


func _has(rows: Array[PackedStringArray], values: Array) -> bool:
	return rows.any(func(row: PackedStringArray) -> bool:
		return range(values.size()).all(func(index: int) -> bool:
			var value := str(values[index])
			# contains() is false for an empty argument.
			return value.is_empty() or row[index].contains(value)))


func case_messages_of_a_game() -> void:
	equal(_capture.begin("game"), OK, "the capture begins")
	await _tapped(2)
	var server := _players[0]
	var first := _players[1]
	var second := _players[2]
	check(await frames(func() -> bool: return first.api.get_peers().size() == 2), "the clients know each other")
	# The first goes with the path, the others with the id that it got.
	for number: int in [7, 300, -70000]:
		first.world.rpc_id(1, "say_reliable", number)
		check(await frames(func() -> bool: return not server.world.heard.is_empty()), "the RPC is heard")
		server.world.heard.clear()
		await frames_for(0.1)
	first.world.rpc_id(second.id(), "say_reliable", 9)
	check(await frames(func() -> bool: return not second.world.heard.is_empty()), "the relayed RPC is heard")
	var box := server.world.spawn_box(Vector2(3, 4))
	check(await frames(func() -> bool: return first.world.boxes.get_child_count() == 1), "the box is spawned")
	box.position = Vector2(50, 60)
	var copy: Node2D = first.world.boxes.get_child(0)
	check(await frames(func() -> bool: return copy.position == Vector2(50, 60)), "the box is synchronized")
	var box_name := String(box.name)
	box.queue_free()
	check(await frames(func() -> bool: return first.world.boxes.get_child_count() == 0), "the box is despawned")
	var got: Array[int] = []
	server.api.peer_packet.connect(func(_id: int, bytes: PackedByteArray) -> void: got.append(bytes.size()))
	equal(first.api.send_bytes(pattern(LARGE), 1), OK, "send_bytes")
	check(await frames(func() -> bool: return got.has(LARGE)), "the bytes arrive")
	var ids: Array[int] = [first.id(), second.id()]
	await _leave()
	_capture.end()
	var rows := Tshark.rows(_capture.path, GAME_FIELDS + ENET_FIELDS)
	equal(rows.size(), _capture.datagrams.size(), "one row for each datagram")
	var enet_rows: Array[PackedStringArray] = []
	for row in rows:
		enet_rows.append(PackedStringArray([row[0]]) + row.slice(GAME_FIELDS.size()))
	# As in the window, each datagram is dissected twice, the second time when all are known.
	var infos := Tshark.rows(_capture.path, [INFO], ["-2"])
	var same := range(rows.size()).all(func(index: int) -> bool: return infos[index][0] == rows[index][0])
	check(infos.size() == rows.size() and same, "the second pass shows the same")
	_check_messages(rows, ids, box_name)
	_check_connection(enet_rows, ids)
	_check_damaged(_capture.datagrams)
	done()


func _check_messages(rows: Array[PackedStringArray], ids: Array[int], box_name: String) -> void:
	var word := WORD.to_utf8_buffer().hex_encode()
	var large := "03" + pattern(LARGE).hex_encode()
	for expected: Array in [
		["auth, %d bytes" % WORD.length(), "Godot", "7", "", "", word],
		["auth complete", "Godot", "7"],
		["add peer %d" % ids[1], "Godot", "7", "", "", "", str(ids[1])],
		["simplify path . = ", "Godot", "1", "."],
		["confirm path .", "Godot", "2", "."],
		["RPC . #0, ", "Godot", "0", ".", "7"],
		["RPC . #0, 7 bytes", "Godot", "0", ".", "300"],
		["RPC . #0, 9 bytes", "Godot", "0", ".", "-70000"],
		["relay to %d: RPC . #0" % ids[1], "Godot", "7|0", "", "9", "", "", str(ids[1])],
		["relay to %d: confirm path ." % ids[0], "Godot", "7|2"],
		["relay from %d: confirm path ." % ids[1], "Godot", "7|2"],
		["relay from %d: RPC . #0" % ids[0], "Godot", "7|0", "", "9", "", "", "", str(ids[0])],
		["spawn %s by Spawner" % box_name, "Godot", "4", "Spawner", "Vector2(3, 4)"],
		["sync of " + box_name, "Godot", "6", box_name, "Vector2(50, 60)"],
		["despawn " + box_name, "Godot", "5", box_name],
		["packet of %d bytes: raw, %d bytes" % [LARGE + 1, LARGE], "Godot", "3", "", "", large.substr(2)],
	]:
		check(_has(rows, expected), "a row with %s" % [expected])
	check(not rows.any(func(row: PackedStringArray) -> bool: return row[0].contains("malformed")), "nothing is malformed")


func _check_connection(rows: Array[PackedStringArray], ids: Array[int]) -> void:
	for expected: Array in [
		["CONNECT", str(ids[0]), "1392"],
		["VERIFY_CONNECT", "", "1392"],
		["SEND_FRAGMENT 1/4", "", "", "", "", "0"],
		["SEND_FRAGMENT 4/4", "", "", "", "", "3", str(LARGE + 1)],
		["DISCONNECT"],
	]:
		check(_has(rows, expected), "a row with %s" % [expected])
	var proofs := rows.filter(func(row: PackedStringArray) -> bool: return not row[3].is_empty())
	equal(not proofs.is_empty(), client_class.ends_with("Rs"), "proofs of address, in our clients' requests")
	var acks := rows.filter(func(row: PackedStringArray) -> bool: return row[7].split("|").has("1"))
	var answered := acks.filter(func(row: PackedStringArray) -> bool: return not row[4].is_empty())
	check(acks.size() > 5 and answered.size() == acks.size(), "each acknowledgement names its datagram")
	check(rows.all(func(row: PackedStringArray) -> bool: return row[8].is_empty()), "all bytes are commands")


## Damaged datagrams are shown somehow, in all settings, and are no error of the script.
func _check_damaged(datagrams: Array[PackedByteArray]) -> void:
	var damaged := Capture.new()
	equal(damaged.begin("damaged"), OK, "the capture begins")
	var random := RandomNumberGenerator.new()
	random.seed = 19
	for number in DAMAGED:
		var bytes := datagrams[random.randi() % datagrams.size()].duplicate()
		for change in random.randi_range(1, 3):
			_damage(bytes, random)
		damaged.add(1000 + random.randi() % 4, DAMAGED_PORT, bytes)
	damaged.end()
	for settings: PackedStringArray in [["godot.version:4"], ["godot.version:3"], ["godot.version:none", "-o", "enet.checksum:TRUE"]]:
		var more := PackedStringArray(["-o", "enet.ports:%d" % DAMAGED_PORT, "-o"]) + settings
		var rows := Tshark.rows(damaged.path, ["frame.number", "enet.slot", "_ws.expert.message"], more)
		equal(rows.size(), DAMAGED, "%s: all datagrams are read" % settings)
		var errors := rows.filter(func(row: PackedStringArray) -> bool: return row[2].contains("Lua"))
		equal(errors, [], "%s: errors of the script" % settings)
		var taken := rows.filter(func(row: PackedStringArray) -> bool: return not row[1].is_empty())
		check(taken.size() > DAMAGED * 0.8, "%s: taken for ENet: %d" % [settings, taken.size()])
	damaged.remove()


func _damage(bytes: PackedByteArray, random: RandomNumberGenerator) -> void:
	if bytes.is_empty():
		return
	var at := random.randi() % bytes.size()
	match random.randi() % 6:
		0:
			bytes.resize(at)
		1:
			bytes.insert(at, random.randi() % 256)
		2:
			bytes[at] = [0, 0x7F, 0x80, 0xFF][random.randi() % 4]
		3:
			bytes[0] ^= 1 << random.randi() % 8
		4:
			# Behind the headers, where Godot's messages are.
			bytes[mini(bytes.size() - 1, 10 + random.randi() % 16)] = random.randi() % 256
		_:
			bytes[at] ^= 1 << random.randi() % 8


func case_compressed_games() -> void:
	var codecs: Dictionary[int, String] = {
		ENetConnection.COMPRESS_RANGE_CODER: "range coder",
		ENetConnection.COMPRESS_FASTLZ: "FastLZ",
		ENetConnection.COMPRESS_ZLIB: "zlib",
		ENetConnection.COMPRESS_ZSTD: "Zstandard",
	}
	if server_class.ends_with("Rs") and client_class.ends_with("Rs"):
		codecs[COMPRESS_LZ4] = "LZ4"
	equal(_capture.begin("compressed"), OK, "the capture begins")
	for mode in codecs:
		await _tapped(1, mode)
		var bytes := PackedByteArray()
		bytes.resize(TEXT_SIZE + mode)
		bytes.fill(mode)
		equal(_players[1].api.send_bytes(bytes, 1), OK, "send_bytes")
		await frames_for(0.1)
		await _leave()
	_capture.end()
	var rows := Tshark.rows(_capture.path, [INFO, "enet.codec", "enet.compressed", "enet.trailing"])
	equal(rows.size(), _capture.datagrams.size(), "one row for each datagram")
	var can_zstd := not _has(rows, ["compressed (Zstandard)"])
	for mode in codecs:
		# Wiresharks before 4.4 have no zstd for scripts, and the dissector says so.
		if can_zstd or mode != ENetConnection.COMPRESS_ZSTD:
			check(_has(rows, ["raw, %d bytes" % (TEXT_SIZE + mode), codecs[mode], "1"]), codecs[mode] + " is read")
	var unread := rows.filter(func(row: PackedStringArray) -> bool:
		return row[0].contains("compressed (unknown") or row[0].contains("malformed"))
	equal(unread, [], "what is not read")
	done()
