@tool
extends RefCounted
## An ENet datagram, decrypted and decompressed: its header, its commands, Godot's messages in them.

const LineRs := preload("line.gd")
const ReaderRs := preload("reader.gd")
const SceneMessageRs := preload("scene_message.gd")

const NO_SLOT := 0xFFF
const CONTROL := 0xFF
const MAX_COMMANDS := 256
const TERMS: Array[Array] = [
	["slot of the sender", 2], ["incoming session", 1], ["outgoing session", 1], ["MTU", 4], ["window", 4], ["channels", 4],
	["incoming bandwidth", 4], ["outgoing bandwidth", 4], ["throttle interval", 4], ["throttle acceleration", 4],
	["throttle deceleration", 4], ["connection token", 4],
]
const PLACE: Array[Array] = [
	["first sequence number", 2], ["length", 2], ["fragments", 4], ["fragment", 4], ["length of the packet", 4], ["offset", 4],
]
## By number.
const NAMES: PackedStringArray = [
	"PROOF", "ACK", "CONNECT", "VERIFY_CONNECT", "DISCONNECT", "PING", "RELIABLE", "UNRELIABLE", "FRAGMENT", "UNSEQUENCED",
	"BANDWIDTH_LIMIT", "THROTTLE_CONFIGURE", "UNRELIABLE_FRAGMENT",
]
## Commands with a payload of the game.
const WHOLE: Array[int] = [6, 7, 9]
const FRAGMENTS: Array[int] = [8, 12]

## By number: the fields behind the header, with their sizes in bytes.
static var _fields: Array[Array] = [
	[], [["received sequence number", 2], ["received time", 2]], TERMS + [["data", 4]], TERMS, [["data", 4]], [],
	[["length", 2]], [["unreliable sequence number", 2], ["length", 2]], PLACE, [["group", 2], ["length", 2]],
	[["incoming", 4], ["outgoing", 4]], [["interval", 4], ["acceleration", 4], ["deceleration", 4]], PLACE,
]


## Decodes a datagram of which the start may be all that was kept: `size` is what was on the wire.
static func decode(content: PackedByteArray, size: int) -> LineRs:
	var reader := ReaderRs.new(content)
	var field := reader.be(2)
	if reader.is_short:
		return LineRs.new("not an ENet datagram", "%d bytes" % size)
	var slot := field & 0xFFF
	var root := LineRs.new("datagram", "%d bytes on the wire" % size)
	root.add("slot of the receiver", "none yet" if slot == NO_SLOT else str(slot))
	if field & 0x8000:
		root.add("sending time", "%d ms" % reader.be(2))
	if field & 0x4000:
		root.add("compressed on the wire")
	var count := 0
	while reader.left() > 0 and count < MAX_COMMANDS:
		if not _command(reader, root):
			break
		count += 1
	if reader.left() > 0 or reader.is_short:
		root.add("the rest was not recorded" if content.size() < size else "trailing bytes", "%d" % reader.left())
	return root


## A few words for each command.
static func summary(root: LineRs) -> String:
	var words := PackedStringArray()
	for line in root.below:
		if line.label in NAMES:
			words.append(line.label if line.value.is_empty() else "%s %s" % [line.label, line.value])
	return "; ".join(words)


static func _command(reader: ReaderRs, root: LineRs) -> bool:
	var start := reader.at
	var first := reader.u8()
	var number := first & 0xF
	var channel := reader.u8()
	var sequence := reader.be(2)
	if reader.is_short or number >= NAMES.size() or number == 0 and (channel != 80 or sequence != 1):
		reader.at = start
		return false
	var line := LineRs.new(NAMES[number])
	if number == 0:
		line.add("proof of address", reader.take(16).hex_encode())
	else:
		line.add("channel", "control" if channel == CONTROL else str(channel))
		line.add("sequence number", str(sequence))
	if first & 0x80:
		line.add("acknowledgement requested")
	var values: Dictionary[String, int] = {}
	for field: Array in _fields[number]:
		var label: String = field[0]
		var width: int = field[1]
		values[label] = reader.be(width)
		line.add(label, str(values[label]))
	if reader.is_short:
		reader.at = start
		return false
	root.below.append(line)
	var length: int = values.get("length", 0)
	if number in WHOLE:
		_payload(reader, line, length)
	elif number in FRAGMENTS:
		line.value = "%d of %d" % [values["fragment"] + 1, values["fragments"]]
		if values["fragment"] == 0:
			_payload(reader, line, length)
		else:
			reader.skip(length)
	elif number == 1:
		line.value = str(values["received sequence number"])
	return not reader.is_short


static func _payload(reader: ReaderRs, line: LineRs, length: int) -> void:
	var message := line.add("packet", "%d bytes" % length)
	var inner := ReaderRs.new(reader.bytes, reader.at, reader.at + length)
	var words := SceneMessageRs.describe(inner, message)
	if words.is_empty():
		message.below.clear()
		SceneMessageRs.data(ReaderRs.new(reader.bytes, reader.at, reader.at + length), message)
		words = "%d bytes" % length
	line.value = ("%s, %s" % [line.value, words]).trim_prefix(", ")
	reader.skip(length)
