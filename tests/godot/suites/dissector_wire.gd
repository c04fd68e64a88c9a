extends "res://lib/suite.gd"
## tools/wireshark/enet_godot.lua on datagrams that a test writes: what players of a test do not send, and traffic that is not
## ENet's.

const Capture := preload("res://lib/capture.gd")
const Tshark := preload("res://lib/tshark.gd")
const CLIENT := 40000
const SERVER := 41000
const INFO := "_ws.col.Info"
const PROTOCOL := "_ws.col.Protocol"
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


func case_godot3() -> void:
	_begin("godot3")
	var prefix := "05000000" + "01000000"
	_packet(0, 1, ("00000000" + "09000000").hex_decode())
	_packet(0, 2, ("01000000" + "09000000").hex_decode())
	_packet(1, 1, (prefix + "04" + "616263").hex_decode())
	_packet(1, 2, (prefix + "02" + "01000000").hex_decode() + "A/B".to_ascii_buffer() + PackedByteArray([0]))
	_packet(1, 3, (prefix + "00" + "01000000").hex_decode() + "jump".to_ascii_buffer() + "000102000000".hex_decode() + "07000000".hex_decode())
	_packet(1, 4, (prefix + "03").hex_decode() + "A/B".to_ascii_buffer() + PackedByteArray([0]))
	_packet(1, 5, (prefix + "7f").hex_decode())
	var rows := _rows(["godot.peer", "godot.source", "godot.target", "godot.path", "godot.value"], ["-o", "godot.version:3"])
	var expected: Array[PackedStringArray] = [
		["add peer 9", "9", "", "", "", ""],
		["remove peer 9", "9", "", "", "", ""],
		["5 to 1: raw, 3 bytes", "", "5", "1", "", ""],
		["5 to 1: simplify path A/B = 1", "", "5", "1", "A/B", ""],
		["5 to 1: RPC A/B.jump, 19 bytes", "", "5", "1", "A/B", "7"],
		["5 to 1: confirm path A/B", "", "5", "1", "A/B", ""],
		["5 to 1: 1 bytes", "", "5", "1", "", ""],
	]
	for index in mini(rows.size(), expected.size()):
		equal(rows[index], expected[index], "packet %d" % index)
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
	done()
