extends "res://tab/cases.gd"
## Datagrams become lines of text. Godot's own encoder makes the values.

const Datagram := preload("res://addons/enet_rs/editor/decode/datagram.gd")
const FakeGame := preload("res://tab/fake_game.gd")
const Line := preload("res://addons/enet_rs/editor/decode/line.gd")
const Reader := preload("res://addons/enet_rs/editor/decode/reader.gd")
const SceneMessage := preload("res://addons/enet_rs/editor/decode/scene_message.gd")
const Values := preload("res://addons/enet_rs/editor/decode/values.gd")
## The CONNECT of a stock client, as it was captured.
const CONNECT := "8fff00ff82ff00010000ffff0000057000010000000000030000000000000000000013880000000200000002f9fa970e11223344"


func case_connect_of_a_stock_client() -> void:
	var line := Datagram.decode(CONNECT.hex_decode(), 52)
	equal(Datagram.summary(line), "CONNECT", "summary")
	var text := line.to_text()
	for part: String in ["slot of the receiver: none yet", "sending time: 255 ms", "\tCONNECT\n\t\tchannel: control\n\t\tsequence number: 1\n",
			"MTU: 1392", "window: 65536", "channels: 3", "throttle interval: 5000", "data: 287454020"]:
		check(text.contains(part), "%s in %s" % [part, text])
	done()


func case_values_of_the_engine() -> void:
	for expected: Array in [
		[null, "null"], [1.5, "1.5"], ["a \"b\" é", "\"a \"b\" é\""], [&"name", "\"name\""], [Vector2(1, 2.5), "Vector2(1, 2.5)"],
		[Vector3i(1, -2, 3), "Vector3i(1, -2, 3)"], [Color(1, 0, 0.5), "Color(1, 0, 0.5, 1)"], [NodePath("/root/A:b"), "NodePath(\"/root/A:b\")"],
		[NodePath("../x/y:z:w"), "NodePath(\"../x/y:z:w\")"],
		[[1, "x", [true, -70000]], "[1, \"x\", [true, -70000]]"], [{"a": 1, 2: Vector2i(3, 4)}, "{\"a\": 1, 2: Vector2i(3, 4)}"],
		[Array([1, 2], TYPE_INT, &"", null), "[1, 2]"], [PackedByteArray([1, 2, 3]), "PackedByteArray of 3"],
		[PackedVector2Array([Vector2.ZERO]), "PackedVector2Array of 1"], [PackedStringArray(["a", "bcde"]), "PackedStringArray of 2"],
		[Transform2D.IDENTITY, "Transform2D(1, 0, 0, 1, 0, 0)"], [PackedInt64Array([5, 6]), "PackedInt64Array of 2"],
		[Quaternion.IDENTITY, "Quaternion(0, 0, 0, 1)"], [PackedColorArray([Color.RED]), "PackedColorArray of 1"],
	]:
		var bytes := var_to_bytes(expected[0])
		var reader := Reader.new(bytes + PackedByteArray([77]))
		equal(Values.packed(reader), expected[1], "value")
		equal(reader.at, bytes.size(), "bytes of %s" % expected[1])
	# Short forms of whole numbers and booleans.
	var short: Dictionary[String, String] = {"81": "true", "01": "false", "02f9": "-7", "422c01": "300", "8290eefeff": "-70000"}
	for hex in short:
		equal(Values.packed(Reader.new(hex.hex_decode())), short[hex], "short value")
	done()


func _words(hex: String) -> String:
	return SceneMessage.describe(Reader.new(hex.hex_decode()), Line.new("packet"))


func case_messages_of_scene_multiplayer() -> void:
	var expected: Dictionary[String, String] = {
		"00030201" + "0207": "RPC of node 3, method 2",
		"30010002000282" + "05": "",
		"1003000901" + "0207": "RPC of node 3, method 9",
		"400c010001" + "0207": "RPC of node 12, method 1",
		"80030201ff": "RPC of node 3, method 2",
		"01" + "61".repeat(32) + "00" + "05000000" + "2f726f6f742f4100": "path /root/A = 5",
		"020105000000": "confirm path 5", "020005000000": "confirm path 5, the RPC methods differ",
		"03010203": "raw, 3 bytes",
		"04" + "00" + "02000000" + "09000000" + "01000000" + "04000000" + "0a000000" + "426f7831": "spawn Box1",
		"0509000000": "despawn 9",
		"06" + "3412" + "07000080" + "02000000" + "0205": "states of 7",
		"16" + "07000000" + "0300000000000000" + "02000000" + "0205": "changes of 7",
		"0700": "authentication complete", "0700010203": "authentication, 3 bytes", "0701feffffff": "add peer -2",
		"070205000000": "remove peer 5", "07030500000000030201" + "0207": "relay, peer 5: RPC of node 3, method 2",
		"0709": "", "": "",
	}
	for hex in expected:
		equal(_words(hex), expected[hex], hex)
	# The path of a node that has no number yet stands behind the arguments.
	equal(_words("20" + "0b000080" + "02" + "02" + "0207" + "0208" + "2f726f6f742f4100"), "RPC of /root/A, method 2", "an RPC with a path")
	done()


func case_commands_and_their_payloads() -> void:
	var line := Datagram.decode(FakeGame.datagram(false, 9), 24)
	equal(Datagram.summary(line), "ACK 5; RELIABLE RPC of node 3, method 2", "summary")
	equal(line.below[3].below[4].to_text(), "packet: 6 bytes\n\tnode: node 3\n\tmethod number: 2\n\targument 0: 7", "an RPC")
	line = Datagram.decode(FakeGame.datagram(true, 1), 40)
	check(Datagram.summary(line).begins_with("UNRELIABLE states of 5"), Datagram.summary(line))
	var fragment := "0001" + "88010002" + "0002" + "0004" + "00000003" + "00000001" + "00000fa0" + "00000554" + "01020304"
	equal(Datagram.summary(Datagram.decode(fragment.hex_decode(), 34)), "FRAGMENT 2 of 3", "a fragment")
	done()


func case_datagrams_that_are_cut_short() -> void:
	var whole := FakeGame.datagram(false, 9)
	for length in whole.size():
		var line := Datagram.decode(whole.slice(0, length), whole.size())
		if length > 4 and length != 12:
			check(line.to_text().contains("was not recorded"), "%d bytes: %s" % [length, line.to_text()])
	equal(Datagram.decode(PackedByteArray([1]), 1).label, "not an ENet datagram", "one byte")
	done()
