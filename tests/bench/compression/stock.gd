## Godot's own codecs, timed from outside; see stock.rs beside it.
##
##   godot --headless --script stock.gd -- FILE...
##
## A file holds datagrams, each behind its size in two bytes, the low one first. Lines on stdin name a
## task, a mode of ENetConnection, a file by its number, and how often; each is answered with a line.
##
## PackedByteArray packs with the code that ENetConnection.compress sets up. Beside the codec a call
## costs an array for what comes out, about what Godot's ENet pays for copying into its own arrays and
## out of them. "plain" calls a method that makes an array too, and is subtracted.
extends SceneTree

const CODECS: Dictionary[int, FileAccess.CompressionMode] = {
	ENetConnection.COMPRESS_FASTLZ: FileAccess.COMPRESSION_FASTLZ,
	ENetConnection.COMPRESS_ZLIB: FileAccess.COMPRESSION_DEFLATE,
	ENetConnection.COMPRESS_ZSTD: FileAccess.COMPRESSION_ZSTD,
}
const LONGEST_LINE := 1024
## As much as ENet takes in.
const ROOM := 4096

## By file: its datagrams. By file and mode: the packed ones, for those that become smaller.
var _plain: Array[Array] = []
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


## Errors are not buffered, whatever the settings.
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
