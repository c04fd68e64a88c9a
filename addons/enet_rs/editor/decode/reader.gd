@tool
extends RefCounted
## Reads numbers of a sequence of bytes. Behind its end they are 0, and `is_short` is set.

const CheckedRs := preload("../model/checked.gd")

var bytes: PackedByteArray
var at := 0
var end: int
var is_short := false


func _init(content: PackedByteArray, begin: int = 0, stop: int = -1) -> void:
	bytes = content
	at = begin
	end = content.size() if stop < 0 else mini(stop, content.size())


func left() -> int:
	return maxi(end - at, 0)


func has(count: int) -> bool:
	return count >= 0 and count <= left()


func skip(count: int) -> void:
	if has(count):
		at += count
	else:
		at = end
		is_short = true


func u8() -> int:
	var from := at
	skip(1)
	return 0 if is_short else bytes[from]


## Big-endian, as ENet's numbers are.
func be(size: int) -> int:
	var from := at
	skip(size)
	if is_short:
		return 0
	var value := 0
	for index in size:
		value = value << 8 | bytes[from + index]
	return value


## Little-endian, as Godot's numbers are.
func le(size: int) -> int:
	var from := at
	skip(size)
	if is_short:
		return 0
	match size:
		1:
			return bytes[from]
		2:
			return bytes.decode_u16(from)
		4:
			return bytes.decode_u32(from)
	return bytes.decode_s64(from)


func signed(size: int) -> int:
	var value := le(size)
	var sign_bit := 1 << (size * 8 - 1)
	return value - (sign_bit << 1) if size < 8 and value & sign_bit else value


func real(size: int) -> float:
	var from := at
	skip(size)
	if is_short:
		return 0.0
	return bytes.decode_double(from) if size == 8 else bytes.decode_float(from)


func take(count: int) -> PackedByteArray:
	var from := at
	skip(count)
	return bytes.slice(from, at)


## Text up to a zero or `stop`.
func zero_ended(stop: int = -1) -> String:
	var limit := end if stop < 0 else mini(stop, end)
	var zero := bytes.find(0, at)
	var to := zero if zero >= 0 and zero < limit else limit
	var content := bytes.slice(at, maxi(to, at))
	at = mini(to + 1, limit)
	return printable(content)


## The engine reports bytes that are no UTF-8 as an error, so such bytes become dots.
static func printable(content: PackedByteArray) -> String:
	for byte in content:
		if byte < 32 or byte > 126:
			return _escaped(content)
	return content.get_string_from_ascii()


static func _escaped(content: PackedByteArray) -> String:
	var text := ""
	var index := 0
	while index < content.size():
		var first := content[index]
		var more := 0 if first < 0x80 else 1 if first >= 0xC2 and first < 0xE0 else 2 if first >= 0xE0 and first < 0xF0 \
			else 3 if first >= 0xF0 and first < 0xF5 else -1
		var code := first if more <= 0 else first & (0x3F >> more)
		for each in range(1, more + 1):
			var next := content[index + each] if index + each < content.size() else 0
			if next & 0xC0 != 0x80:
				more = -1
				break
			code = code << 6 | next & 0x3F
		var is_text := more >= 0 and code >= 32 and code != 127 and (code < 0xD800 or code > 0xDFFF) and code <= 0x10FFFF
		text += String.chr(code) if is_text else "."
		index += 1 + maxi(more, 0)
	return CheckedRs.one_line(text)
