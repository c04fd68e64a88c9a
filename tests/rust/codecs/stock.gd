## What stock Godot packs, for tests/rust/codecs.rs, and whether it unpacks what others packed.
##
##   godot --headless --script tests/rust/codecs/stock.gd -- make FILE
##   godot --headless --script tests/rust/codecs/stock.gd -- check FILE
##
## Its ENet connections use the same code as PackedByteArray. A line of the file is a mode of
## ENetConnection, a space, the plain bytes in hexadecimal, a space, and the packed ones.
extends SceneTree

## Modes of ENetConnection, and what the same codec is called elsewhere.
const CODECS: Dictionary[int, FileAccess.CompressionMode] = {
	ENetConnection.COMPRESS_FASTLZ: FileAccess.COMPRESSION_FASTLZ,
	ENetConnection.COMPRESS_ZLIB: FileAccess.COMPRESSION_DEFLATE,
	ENetConnection.COMPRESS_ZSTD: FileAccess.COMPRESSION_ZSTD,
}
const SIZES: Array[int] = [1, 2, 7, 15, 16, 17, 48, 100, 300, 803, 1388]


func _init() -> void:
	var arguments := OS.get_cmdline_user_args()
	if arguments.size() == 2 and arguments[0] == "make":
		quit(_make(arguments[1]))
	elif arguments.size() == 2 and arguments[0] == "check":
		quit(_check(arguments[1]))
	else:
		printerr("make FILE, or check FILE")
		quit(2)


func _make(path: String) -> int:
	var file := FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		printerr("%s: %s" % [path, error_string(FileAccess.get_open_error())])
		return 1
	for plain: PackedByteArray in _samples():
		for mode: int in CODECS:
			var packed := plain.compress(CODECS[mode])
			file.store_line("%d %s %s" % [mode, plain.hex_encode(), packed.hex_encode()])
	return 0


func _check(path: String) -> int:
	var checked := 0
	var failed := 0
	for line: String in FileAccess.get_file_as_string(path).split("\n", false):
		var fields := line.split(" ")
		var mode := fields[0].to_int()
		var plain := fields[1].hex_decode()
		var packed := fields[2].hex_decode()
		checked += 1
		if packed.decompress(plain.size(), CODECS[mode]) != plain:
			failed += 1
			printerr("mode %d: %s" % [mode, fields[1]])
	print("%d checked, %d failed" % [checked, failed])
	return 1 if checked == 0 or failed > 0 else 0


## Zeros, few kinds of bytes, numbers of a game, and noise.
func _samples() -> Array[PackedByteArray]:
	var random := RandomNumberGenerator.new()
	random.seed = 5
	var samples: Array[PackedByteArray] = []
	for size: int in SIZES:
		var zeros := PackedByteArray()
		zeros.resize(size)
		samples.append(zeros)
		for kinds: int in [4, 256]:
			var bytes := PackedByteArray()
			for index: int in size:
				bytes.append(random.randi() % kinds)
			samples.append(bytes)
		var numbers := PackedByteArray()
		while numbers.size() < size:
			var where := Vector3(random.randi() % 50, 1, random.randf())
			numbers.append_array(var_to_bytes([where, "walk", random.randi() % 100]))
		samples.append(numbers.slice(0, size))
	return samples
