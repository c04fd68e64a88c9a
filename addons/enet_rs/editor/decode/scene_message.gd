@tool
extends RefCounted
## Messages of Godot 4's SceneMultiplayer.

const LineRs := preload("line.gd")
const ReaderRs := preload("reader.gd")
const ValuesRs := preload("values.gd")

const CUSTOM_SCENE := 255
const MAX_VALUES := 64
const SHOWN_BYTES := 48
const SYSTEM: PackedStringArray = ["authentication", "add peer", "remove peer", "relay"]


## Describes a packet below `line`, and returns a few words for it; an empty text if it is no such message.
static func describe(reader: ReaderRs, line: LineRs, is_relayed: bool = false) -> String:
	if reader.left() < 1:
		return ""
	var first := reader.u8()
	var words := ""
	match first & 7:
		0:
			words = _rpc(reader, line, first)
		1:
			var md5 := reader.take(33)
			var id := reader.le(4)
			var path := reader.zero_ended()
			line.add("MD5 of the RPC methods", ReaderRs.printable(md5.slice(0, 32)))
			words = "path %s = %d" % [path, id]
		2:
			var fits := reader.u8()
			words = "confirm path %d%s" % [reader.le(4), "" if fits else ", the RPC methods differ"]
		3:
			words = "raw, %d bytes" % reader.left()
			data(reader, line)
		4:
			words = _spawn(reader, line)
		5:
			words = "despawn %d" % reader.le(4)
		6:
			words = _sync(reader, line, first & 16 != 0)
		7:
			words = "" if is_relayed else _system(reader, line)
	return words


## Shows what is left as bytes.
static func data(reader: ReaderRs, line: LineRs) -> void:
	var count := reader.left()
	if count > 0:
		var shown := reader.take(count).slice(0, SHOWN_BYTES).hex_encode()
		line.add("bytes", shown if count <= SHOWN_BYTES else shown + "...")


static func _values(reader: ReaderRs, line: LineRs, label: String, most: int) -> void:
	var count := 0
	while reader.left() > 0 and count < mini(most, MAX_VALUES):
		var before := reader.at
		var text := ValuesRs.packed(reader)
		if reader.is_short or text.is_empty():
			reader.at = before
			reader.is_short = false
			break
		line.add("%s %d" % [label, count], text)
		count += 1
	data(reader, line)


static func _rpc(reader: ReaderRs, line: LineRs, flags: int) -> String:
	var node_size := 1 << (flags >> 4 & 3)
	var method_size := 2 if flags & 64 else 1
	if node_size > 4 or flags & 8:
		return ""
	var start := reader.at - 1
	var id := reader.le(node_size)
	var target := "node %d" % id
	var stop := reader.end
	if id & 0x80000000:
		# The path stands behind the arguments, at this offset of the message.
		stop = start + (id & 0x7FFFFFFF)
		target = ReaderRs.new(reader.bytes, stop, reader.end).zero_ended() if stop < reader.end else "node of a path that was not recorded"
		stop = mini(stop, reader.end)
	var method := reader.le(method_size)
	if reader.is_short or stop < reader.at:
		return ""
	line.add("node", target)
	line.add("method number", str(method))
	var arguments := ReaderRs.new(reader.bytes, reader.at, stop)
	if flags & 128:
		data(arguments, line)
	elif arguments.left() > 0:
		_values(arguments, line, "argument", arguments.u8())
	return "RPC of %s, method %d" % [target, method]


static func _spawn(reader: ReaderRs, line: LineRs) -> String:
	var scene := reader.u8()
	var spawner := reader.le(4)
	var net_id := reader.le(4)
	var count := reader.le(4)
	var name_size := reader.le(4)
	if reader.is_short:
		return ""
	line.add("spawner", "node %d" % spawner)
	line.add("scene", "made by a function" if scene == CUSTOM_SCENE else str(scene))
	line.add("network id", str(net_id))
	line.add("synchronizers", str(count))
	reader.skip(count * 4)
	var name := ReaderRs.printable(reader.take(name_size)).rstrip(".")
	if reader.is_short:
		return "spawn, cut short"
	if scene == CUSTOM_SCENE:
		var size := reader.le(4)
		_values(ReaderRs.new(reader.bytes, reader.at, reader.at + size), line, "argument", 1)
		reader.skip(size)
	_values(reader, line, "state", MAX_VALUES)
	return "spawn %s" % name


static func _sync(reader: ReaderRs, line: LineRs, is_delta: bool) -> String:
	if not is_delta:
		line.add("time", str(reader.le(2)))
	var ids := PackedStringArray()
	while reader.left() > 0:
		var id := reader.le(4)
		var changed := reader.le(8) if is_delta else 0
		var size := reader.le(4)
		if reader.is_short:
			break
		var state := line.add("state of %d" % (id & 0x7FFFFFFF), "%d bytes" % size)
		if is_delta:
			state.add("properties", "%x" % changed)
		_values(ReaderRs.new(reader.bytes, reader.at, reader.at + size), state, "value", MAX_VALUES)
		reader.skip(size)
		ids.append(str(id & 0x7FFFFFFF))
	return "%s of %s" % ["changes" if is_delta else "states", ", ".join(ids).left(ValuesRs.MAX_TEXT)]


static func _system(reader: ReaderRs, line: LineRs) -> String:
	var kind := reader.u8()
	if reader.is_short or kind >= SYSTEM.size():
		return ""
	if kind == 0:
		var size := reader.left()
		data(reader, line)
		return "authentication complete" if size == 0 else "authentication, %d bytes" % size
	var peer := reader.signed(4)
	if reader.is_short:
		return ""
	if kind < 3:
		return "%s %d" % [SYSTEM[kind], peer]
	# Clients name the target, servers the source.
	var inner := line.add("relayed message")
	var words := describe(reader, inner, true)
	return "relay, peer %d: %s" % [peer, "unknown message" if words.is_empty() else words]
