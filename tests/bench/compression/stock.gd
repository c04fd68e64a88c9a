## Godot's own codecs, timed from outside; see stock.rs in this folder.
##
##   godot --headless --script stock.gd -- FILE...
##
## A file holds datagrams, each preceded by its size in two bytes, little-endian. A line on stdin has a
## task, a mode of ENetConnection, the index of a file, and a number of passes; the answer is one line.
##
## PackedByteArray compresses with the code that ENetConnection.compress uses. Besides the codec's work, a
## call allocates an array for the result, which costs about as much as Godot's ENet pays to copy into its
## own arrays and out of them. The task "plain" calls a method that also allocates an array; its time is
## subtracted.
extends SceneTree

const CODECS: Dictionary[int, FileAccess.CompressionMode] = {
	ENetConnection.COMPRESS_FASTLZ: FileAccess.COMPRESSION_FASTLZ,
	ENetConnection.COMPRESS_ZLIB: FileAccess.COMPRESSION_DEFLATE,
	ENetConnection.COMPRESS_ZSTD: FileAccess.COMPRESSION_ZSTD,
}
const LONGEST_LINE := 1024
## The largest datagram that ENet accepts.
const ROOM := 4096

## The datagrams, by file.
var _plain: Array[Array] = []
## The compressed datagrams, by file and mode, of those that become smaller.
var _packed: Dictionary[Vector2i, Array] = {}


func _init() -> void:
	for path: String in OS.get_cmdline_user_args():
		_plain.append(_load(path))
	_answer("")
	while true:
		var words := OS.read_string_from_stdin(LONGEST_LINE).strip_edges().split(" ")
		if words.size() != 4:
			break
		_answer(_work(words[0], words[1].to_int(), words[2].to_int(), words[3].to_int()))
	quit()


## Answers on the error stream, which is never buffered, whatever the settings.
func _answer(text: String) -> void:
	printerr("ok " + text)


func _load(path: String) -> Array[PackedByteArray]:
	var datagrams: Array[PackedByteArray] = []
	var file := FileAccess.open(path, FileAccess.READ)
	while file.get_position() < file.get_length():
		datagrams.append(file.get_buffer(file.get_16()))
	return datagrams


func _work(task: String, mode: int, number: int, times: int) -> String:
	var plain: Array[PackedByteArray] = _plain[number]
	var place := Vector2i(mode, number)
	match task:
		"prepare":
			return _prepare(plain, place)
		"pack":
			var codec := CODECS[mode]
			for turn: int in times:
				for datagram: PackedByteArray in plain:
					datagram.compress(codec)
		"unpack":
			var codec := CODECS[mode]
			var packed: Array[PackedByteArray] = _packed[place]
			for turn: int in times:
				for datagram: PackedByteArray in packed:
					datagram.decompress(ROOM, codec)
		"plain":
			for turn: int in times:
				for datagram: PackedByteArray in plain:
					datagram.slice(1)
		"plain_unpack":
			var packed: Array[PackedByteArray] = _packed[place]
			for turn: int in times:
				for datagram: PackedByteArray in packed:
					datagram.slice(1)
	return ""


## Packs everything, looks whether it comes back, and says how many bytes would be sent.
func _prepare(plain: Array[PackedByteArray], place: Vector2i) -> String:
	var codec := CODECS[place.x]
	var all_packed: Array[PackedByteArray] = []
	var bytes := 0
	for datagram: PackedByteArray in plain:
		var packed := datagram.compress(codec)
		if packed.size() >= datagram.size():
			bytes += datagram.size()
			continue
		bytes += packed.size()
		all_packed.append(packed)
		if packed.decompress(ROOM, codec) != datagram:
			return "a datagram does not come back"
	_packed[place] = all_packed
	return str(bytes)
