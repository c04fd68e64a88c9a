extends "res://lib/dtls_player_suite.gd"
## Encryption between our classes: the ten lines of docs/encryption.md, and the wire format of Godot 3.

const DOCUMENT := "../../docs/encryption.md"
## The port in the ten lines of docs/encryption.md.
const PORT := "24565"
const WIRE_GODOT3 := 1


func reason_to_skip() -> String:
	return super() if are_both_ours() else "both ends must be of our class"


## The ten lines of the document run with other ports.
func case_the_ten_lines() -> void:
	var lines := _document_script()
	check(lines.size() > 1 and lines.size() <= 10, "%d lines" % lines.size())
	var server_port := free_port()
	var wire := rough_wire_to(server_port, 0)
	var body := "\t" + "\n\t".join(lines)
	body = body.replace("create_server(%s)" % PORT, "create_server(%d)" % server_port)
	body = body.replace(", %s)" % PORT, ", %d)" % wire.port)
	check(not body.contains(PORT), "the port was replaced")
	var script := GDScript.new()
	script.source_code = "func play() -> Array[MultiplayerPeer]:\n%s\n\treturn [server, client]\n" % body
	equal(script.reload(), OK, "the script compiles")
	var game: RefCounted = script.new()
	var peers: Array[MultiplayerPeer] = game.call(&"play")
	var ends: Array[End] = []
	for peer in peers:
		var end := new_end(OURS)
		end.peer = peer
		ends.append(end)
	check(pump(ends, func() -> bool: return ends[1].is_up(), PATIENCE), "the client connects")
	equal(ends[1].say("over here"), OK, "put_packet")
	check(pump(ends, func() -> bool: return ends[0].texts().has("over here")), "the server receives the packet")
	equal(ends[0].say("I see"), OK, "put_packet")
	check(pump(ends, func() -> bool: return ends[1].texts().has("I see")), "the client receives the packet")
	equal(wire.not_encrypted, 0, "datagrams that are no DTLS records")
	check(wire.passed > 0, "the wire carried datagrams")
	done()


## The first code block of the document that contains encryption.
func _document_script() -> PackedStringArray:
	var path := ProjectSettings.globalize_path("res://").path_join(DOCUMENT)
	for block: String in FileAccess.get_file_as_string(path).split("```gdscript\n").slice(1):
		var code := block.get_slice("```", 0)
		if code.contains("dtls_server_setup"):
			return code.strip_edges().split("\n")
	return []


## In Godot 3's format the peers relay by themselves.
func case_godot3_wire() -> void:
	for way: Way in [Way.HOST, Way.PROPERTIES]:
		# The world's RPCs use transfer channels up to 3.
		var settings: Dictionary[StringName, Variant] = {&"wire_protocol": WIRE_GODOT3, &"channel_count": 6}
		var players := await players_encrypted(way, identity(RSA), 2, settings)
		equal(players[0].end.peer.is_server_relay_supported(), false, "relay support in Godot 3's format")
		await say_in_every_mode(players[0], players[1])
		await say_in_every_mode(players[1], players[2])
		check(players[0].world.heard.is_empty(), "the server does not receive the relayed RPC")
		var left := "-%d" % players[2].id()
		players[2].end.peer.close()
		check(await frames(func() -> bool: return players[1].events.has(left)),
				"the other client signals the disconnect")
		await end_encrypted()
	done()
