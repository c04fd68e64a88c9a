extends "res://lib/suite.gd"
## tools/wireshark/enet_godot.lua on datagrams that a test writes: what players of a test do not send, and traffic that is not
## ENet's.

const Capture := preload("res://lib/capture.gd")
const Tshark := preload("res://lib/tshark.gd")
const CLIENT := 40000
const SERVER := 41000
const INFO := "_ws.col.Info"
## A request to connect from slot 0, with token 0x22222222 and data 5.
const CONNECT := "82ff0001" + "0000ffff" + "00000570" + "00010000" + "00000003" + "00000000" + "00000000" + "00001388" + "00000002" + "00000002" + "22222222" + "00000005"
## The answer to it from slot 7.
const VERIFY := "83ff0001" + "00070000" + "00000570" + "00010000" + "00000003" + "00000000" + "00000000" + "00001388" + "00000002" + "00000002" + "22222222"
const STRANGERS := 10000

var _capture := Capture.new()


func reason_to_skip() -> String:
	if not Tshark.is_there():
		return "tshark is not installed"
	return "" if (server_class + client_class).find("Rs") < 0 else "it uses no class, and runs once"


func clean_up() -> void:
	_capture.remove()
	await super()


func _upward(hex: String) -> void:
	_capture.add(CLIENT, SERVER, hex.hex_decode())


func _downward(hex: String) -> void:
	_capture.add(SERVER, CLIENT, hex.hex_decode())


## A reliable packet of the client on a channel, for the server's slot 7.
func _packet(channel: int, sequence: int, content: PackedByteArray) -> void:
	_upward("80071234" + "86%02x%04x%04x" % [channel, sequence, content.size()] + content.hex_encode())


func _begin(name: String) -> void:
	equal(_capture.begin(name), OK, "the capture begins")
	_upward("8fff1234" + CONNECT)
	_downward("80001234" + VERIFY)


## Ends the capture. A row for each datagram after the first two.
func _rows(fields: PackedStringArray, more := PackedStringArray()) -> Array[PackedStringArray]:
	_capture.end()
	var rows := Tshark.rows(_capture.path, PackedStringArray([INFO]) + fields, more)
	equal(rows.size(), _capture.datagrams.size(), "one row for each datagram")
	return rows.slice(2)


func case_what_happens_to_commands() -> void:
	_begin("commands")
	_upward("8fff1234" + CONNECT)
	_packet(0, 1, "\u0003a".to_utf8_buffer())
	_packet(0, 1, "\u0003a".to_utf8_buffer())
	_packet(0, 4, "\u0003b".to_utf8_buffer())
	_packet(0, 2, "\u0003c".to_utf8_buffer())
	_downward("0000" + "010000040004" + "1234")
	_upward("80071234" + "8bff0002" + "00001388" + "00000002" + "00000003")
	_upward("80071234" + "8aff0003" + "00000400" + "00000800")
	_upward("0007" + "07000001" + "0009" + "0002" + "0361")
	_upward("0007" + "49000000" + "000a" + "0002" + "0362")
	_upward("80071234" + "86000005" + "0008" + "0361")
	_upward("80071234" + "0f000000")
	_downward("80001234" + "84ff0002" + "454e5407")
	_downward("0000" + "44ff0000" + "00000063")
	_downward("0000" + "44ff0000" + "00000000")
	var rows := _rows([
		"enet.retransmission_of", "enet.gap", "enet.acknowledges", "enet.throttle_deceleration", "enet.outgoing_bandwidth",
		"enet.unreliable_sequence", "enet.group", "_ws.expert.message",
	])
	var expected: Array[PackedStringArray] = [
		["CONNECT [retransmission]", "1", "", "", "2", "0", "", "", "Retransmission"],
		["raw, 1 bytes", "", "", "", "", "", "", "", ""],
		["raw, 1 bytes [retransmission]", "4", "", "", "", "", "", "", "Retransmission"],
		["raw, 1 bytes", "", "2", "", "", "", "", "", "Sequence numbers before this one were not captured yet"],
		["raw, 1 bytes", "", "", "", "", "", "", "", ""],
		["ACK", "", "", "6", "", "", "", "", ""],
		["THROTTLE_CONFIGURE", "", "", "", "3", "", "", "", "The throttle is configured"],
		["BANDWIDTH_LIMIT", "", "", "", "", "2048", "", "", ""],
		["raw, 1 bytes", "", "", "", "", "", "9", "", ""],
		["raw, 1 bytes", "", "", "", "", "", "", "10", ""],
		["[malformed]", "", "", "", "", "", "", "", "ENet ends here: payload cut short"],
		["[malformed]", "", "", "", "", "", "", "", "ENet ends here: no command"],
		["DISCONNECT (refused: full)", "", "", "", "", "", "", "", "DISCONNECT: refused: full"],
		["DISCONNECT (data 99)", "", "", "", "", "", "", "", "DISCONNECT: data 99"],
		["DISCONNECT", "", "", "", "", "", "", "", "DISCONNECT: no reason"],
	]
	for index in mini(rows.size(), expected.size()):
		equal(rows[index], expected[index], "datagram %d" % index)
	done()


## Each code with which our hosts end connections has a name.
func case_reasons() -> void:
	var codes: Array[String] = []
	var pattern_of_codes := RegEx.create_from_string("= 0x454E_([0-9A-F]{4}),")
	for file: String in ["limits.rs", "refusal.rs"]:
		var source := FileAccess.get_file_as_string(ProjectSettings.globalize_path("res://").path_join("../../rust/proto/src/" + file))
		for found in pattern_of_codes.search_all(source):
			codes.append("454e" + found.get_string(1).to_lower())
	check(codes.size() > 8, "there are codes: %s" % [codes])
	_begin("reasons")
	for code in codes:
		_downward("0000" + "44ff0000" + code)
	var rows := _rows(["enet.reason"])
	for index in rows.size():
		check(not rows[index][0].contains("(data "), "%s: %s" % [codes[index], rows[index][0]])
		equal(rows[index][1].to_int(), codes[index].hex_to_int(), codes[index])
	done()


## Fragments out of order, one of them twice, and packets whose sequence numbers begin anew.
func case_fragments() -> void:
	_begin("fragments")
	for round_number in 2:
		var start := 65534 + round_number * 3
		for number: int in [2, 0, 0, 1]:
			var place := [(start + number) % 65536, start % 65536, 2, 3, number, 6, 2 * number]
			_upward("80071234" + "8800%04x%04x%04x%08x%08x%08x%08x" % place + ("0361" if number == 0 else "6262"))
	for round_number in 2:
		for number: int in [1, 0]:
			_upward("0007" + "0c0000070001%04x%08x%08x%08x%08x" % [2, 2, number, 4, 2 * number] + ("0361" if number == 0 else "6363"))
	var rows := _rows(["enet.reassembled_length", "godot.data"])
	var whole := "SEND_FRAGMENT 2/3, packet of 6 bytes: raw, 5 bytes"
	var unreliable := "SEND_UNRELIABLE_FRAGMENT 1/2, packet of 4 bytes: raw, 3 bytes"
	for at: int in [3, 7]:
		equal(rows[at], PackedStringArray([whole, "6", "6162626262"]), "reliable, %d" % at)
	for at: int in [9, 11]:
		equal(rows[at], PackedStringArray([unreliable, "4", "616363"]), "unreliable, %d" % at)
	equal(rows.filter(func(row: PackedStringArray) -> bool: return not row[1].is_empty()).size(), 4, "packets")
	done()


## Values as var_to_bytes writes them, as arguments of an RPC.
func case_values() -> void:
	var values: Dictionary[Variant, String] = {
		null: "null", 1.5: "1.5", 0.1: "0.1", "text": '"text"', &"name": '"name"', Vector2i(-1, 2): "Vector2i(-1, 2)", Color.RED: "Color(1, 0, 0, 1)",
		Vector3(1, 2, 3): "Vector3(1, 2, 3)", Transform2D.IDENTITY: "Transform2D(1, 0, 0, 1, 0, 0)", NodePath("/root/A:b"): 'NodePath("/root/A:b")',
		[1, "b", [true]]: '[1, "b", [true]]', {"k": 2.5}: '{"k": 2.5}', PackedFloat32Array([1, 2, 3]): "PackedFloat32Array of 3",
		PackedStringArray(["a", "bcd"]): "PackedStringArray of 2", ([1, 2] as Array[int]): "[1, 2]", Quaternion.IDENTITY: "Quaternion(0, 0, 0, 1)",
	}
	_begin("values")
	var sequence := 0
	for value: Variant in values:
		sequence += 1
		# To node 3, method 2, with one argument; then the value again.
		_packet(0, sequence, PackedByteArray([0, 3, 2, 2]) + var_to_bytes(value) + var_to_bytes(value))
	var rows := _rows(["godot.value", "godot.data"])
	for index in rows.size():
		var text: String = values.values()[index]
		equal(rows[index].slice(1), PackedStringArray([text + "|" + text, ""]), text)
	done()


## Packets of Godot 3.6.2, captured while a client called RPCs and set a property of a node Main/Box.
func case_godot3() -> void:
	_begin("godot3")
	var prefix := "1b99624a" + "01000000"
	var all := "1b99624a" + "00000000"
	var box := "Main/Box".to_ascii_buffer().hex_encode() + "00"
	var packets: PackedStringArray = [
		prefix + "02" + "01000000" + box,
		prefix + "00" + "43000080" + "6a756d7000" + "04" + "0200000007000000" + "040000000300000061626300" + "050000000000803f00000040"
				+ "130000000200000002000000010000000300000000002040" + box,
		all + "00" + "01000000" + "6a756d7000" + "04" + "0200000090eefeff" + "0100000001000000"
				+ "1200000001000000040000000100000061000000" + "0f000000020000800000000000000000010000007861696e0100000079000000"
				+ "0e0000000000803f00000000000000000000803f",
		all + "01" + "01000000" + "687000" + "0200000003000000",
		all + "04" + "010203",
		# A game's own packet, which begins like no message.
		all + "7f",
	]
	for index in packets.size():
		_packet(1, index + 1, packets[index].hex_decode())
	_downward("80001234" + "860100010012" + "01000000" + "1b99624a" + "03" + box)
	# A server's messages of clients that come and go.
	_packet(0, 1, ("00000000" + "09000000").hex_decode())
	_packet(0, 2, ("01000000" + "09000000").hex_decode())
	var rows := _rows(["godot.peer", "godot.source", "godot.path", "godot.value"], ["-o", "godot.version:3"])
	var expected: Array[PackedStringArray] = [
		["1247975707 to 1: simplify path Main/Box = 1", "", "1247975707", "Main/Box", ""],
		["1247975707 to 1: RPC Main/Box.jump, 76 bytes", "", "1247975707", "Main/Box", '7|"abc"|Vector2(1, 2)|[1, 2.5]'],
		[
			"1247975707 to 0: RPC Main/Box.jump, 99 bytes", "", "1247975707", "Main/Box",
			'-70000|true|{"a": NodePath("x/y")}|Color(1, 0, 0, 1)',
		],
		["1247975707 to 0: set Main/Box.hp, 16 bytes", "", "1247975707", "Main/Box", "3"],
		["1247975707 to 0: raw, 3 bytes", "", "1247975707", "", ""],
		["1247975707 to 0: 1 bytes", "", "1247975707", "", ""],
		["1 to 1247975707: confirm path Main/Box", "", "1", "Main/Box", ""],
		["add peer 9", "9", "", "", ""],
		["remove peer 9", "9", "", "", ""],
	]
	for index in mini(rows.size(), expected.size()):
		equal(rows[index], expected[index], "packet %d" % index)
	done()


## A capture that begins within a connection: the shortest datagrams are read once a longer one told what they are.
func case_late_capture() -> void:
	var ack := "0007" + "01ff0009" + "00091234"
	var unreliable := "0007" + "0701000100010002" + "0361"
	var reliable := "80071234" + "860000050002" + "0361"
	for beginning: String in ["80071234" + "85ff0003", reliable, "80071234" + "8aff0003" + "0000040000000800"]:
		equal(_capture.begin("late"), OK, "the capture begins")
		_upward(beginning)
		_upward(ack)
		_upward(unreliable)
		_downward(ack)
		_capture.end()
		var rows := Tshark.rows(_capture.path, ["enet.slot"], ["-Y", "enet"])
		equal(rows.size(), 4, beginning)
		_capture.remove()
		_capture.datagrams.clear()
	equal(_capture.begin("late"), OK, "the capture begins")
	_upward(unreliable)
	_capture.end()
	equal(Tshark.rows(_capture.path, ["enet.slot"], ["-Y", "enet"]).size(), 0, "too little to go by")
	var asked := Tshark.rows(_capture.path, [INFO], ["-o", "enet.ports:%d" % SERVER])
	equal(asked, [PackedStringArray(["raw, 1 bytes"])] as Array[PackedStringArray], "with the port as a preference")
	asked = Tshark.rows(_capture.path, [INFO], ["-d", "udp.port==%d,enet" % SERVER])
	equal(asked, [PackedStringArray(["raw, 1 bytes"])] as Array[PackedStringArray], "with Decode As")
	done()


## A capture that keeps only the first bytes of each datagram.
func case_short_captures() -> void:
	_begin("short")
	var bytes := ("80071234" + "86000001000a" + "03" + "616263646566676869").hex_decode()
	for kept in bytes.size():
		_capture.add(CLIENT, SERVER, bytes, kept)
	var rows := _rows(["_ws.expert.message"])
	for kept in rows.size():
		check(not rows[kept][1].contains("Lua"), "%d bytes: %s" % [kept, rows[kept]])
		check(kept < 4 or rows[kept][1].contains("The capture has only the start"), "%d bytes: %s" % [kept, rows[kept]])
	done()


## Traffic of others is left alone: random bytes, and bytes that start like ENet's.
func case_strangers() -> void:
	equal(_capture.begin("strangers"), OK, "the capture begins")
	var random := RandomNumberGenerator.new()
	random.seed = 3
	for number in STRANGERS:
		var bytes := PackedByteArray()
		for index in random.randi_range(1, 60):
			bytes.append(random.randi() % 256)
		match number % 4:
			1:
				bytes[0] = [0x80, 0x00, 0x0F, 0xC0, 0x4F][random.randi() % 5]
			2:
				# As counters and small numbers look.
				for index in bytes.size():
					bytes[index] %= 8
		# A port each, so that no datagram profits from another.
		_capture.add(10000 + number, 60000, bytes)
	_capture.end()
	var rows := Tshark.rows(_capture.path, ["frame.number"], ["-Y", "enet"])
	equal(rows.size(), 0, "datagrams taken for ENet")
	_capture.remove()
	equal(_capture.begin("dtls"), OK, "the capture begins")
	_upward("16fefd" + "0000000000000000" + "0004" + "00000000")
	_capture.end()
	rows = Tshark.rows(_capture.path, ["frame.protocols"], ["-o", "enet.ports:%d" % SERVER])
	check(rows.size() == 1 and not rows[0][0].contains("enet"), "a record of DTLS is left to Wireshark: %s" % [rows])
	done()
