@tool
extends RefCounted
## Godot's values as they stand in packets, as text. Nothing is created of them: the bytes may be damaged or hostile.

const ReaderRs := preload("reader.gd")

const MAX_DEPTH := 8
const MAX_TEXT := 120
const NO_VALUE := ""

const FLAG_WIDE := 1
## Types of real numbers, with how many they have.
const REALS: Dictionary[int, int] = {
	TYPE_VECTOR2: 2, TYPE_RECT2: 4, TYPE_VECTOR3: 3, TYPE_TRANSFORM2D: 6, TYPE_VECTOR4: 4, TYPE_PLANE: 4, TYPE_QUATERNION: 4,
	TYPE_AABB: 6, TYPE_BASIS: 9, TYPE_TRANSFORM3D: 12, TYPE_PROJECTION: 16,
}
const WHOLES: Dictionary[int, int] = {TYPE_VECTOR2I: 2, TYPE_RECT2I: 4, TYPE_VECTOR3I: 3, TYPE_VECTOR4I: 4}
## Bytes of an element.
const ELEMENTS: Dictionary[int, int] = {
	TYPE_PACKED_BYTE_ARRAY: 1, TYPE_PACKED_INT32_ARRAY: 4, TYPE_PACKED_INT64_ARRAY: 8, TYPE_PACKED_FLOAT32_ARRAY: 4,
	TYPE_PACKED_FLOAT64_ARRAY: 8, TYPE_PACKED_VECTOR2_ARRAY: 8, TYPE_PACKED_VECTOR3_ARRAY: 12, TYPE_PACKED_COLOR_ARRAY: 16,
	TYPE_PACKED_VECTOR4_ARRAY: 16,
}
## Those whose elements are twice as large in builds with double precision.
const VECTORS: Array[int] = [TYPE_PACKED_VECTOR2_ARRAY, TYPE_PACKED_VECTOR3_ARRAY, TYPE_PACKED_VECTOR4_ARRAY]


## A value of an RPC or a state, where whole numbers and booleans are short. An empty text if it is none.
static func packed(reader: ReaderRs) -> String:
	if reader.left() < 1:
		return NO_VALUE
	var first := reader.bytes[reader.at]
	var mode := first >> 6
	match first & 0x3F:
		TYPE_BOOL:
			reader.skip(1)
			return "true" if mode >= 2 else "false"
		TYPE_INT:
			reader.skip(1)
			var number := reader.signed(1 << mode)
			return NO_VALUE if reader.is_short else str(number)
	return _plain(reader, 0)


static func _plain(reader: ReaderRs, depth: int) -> String:
	var type := reader.le(2)
	var flags := reader.le(2)
	if reader.is_short or type >= TYPE_MAX or depth > MAX_DEPTH:
		return NO_VALUE
	var text := _body(reader, type, flags, depth)
	return NO_VALUE if reader.is_short else text


static func _body(reader: ReaderRs, type: int, flags: int, depth: int) -> String:
	var wide := 8 if flags & FLAG_WIDE else 4
	match type:
		TYPE_NIL:
			return "null"
		TYPE_BOOL:
			return "true" if reader.le(4) != 0 else "false"
		TYPE_INT:
			return str(reader.signed(wide))
		TYPE_FLOAT:
			return _number(reader.real(wide))
		TYPE_STRING, TYPE_STRING_NAME:
			return "\"%s\"" % _text(reader).left(MAX_TEXT)
		TYPE_NODE_PATH:
			return _path(reader)
		TYPE_COLOR:
			return "Color" + _reals(reader, 4, 4)
		TYPE_ARRAY, TYPE_DICTIONARY:
			return _collection(reader, type == TYPE_DICTIONARY, flags, depth)
		TYPE_PACKED_STRING_ARRAY:
			var count := reader.le(4)
			for index in mini(count, reader.left()):
				_text(reader)
			return "PackedStringArray of %d" % count
	if REALS.has(type):
		return type_string(type) + _reals(reader, REALS[type], wide)
	if WHOLES.has(type):
		var numbers := PackedStringArray()
		for index in WHOLES[type]:
			numbers.append(str(reader.signed(4)))
		return "%s(%s)" % [type_string(type), ", ".join(numbers)]
	if ELEMENTS.has(type):
		var count := reader.le(4)
		var size := count * ELEMENTS[type] * (2 if flags & FLAG_WIDE and VECTORS.has(type) else 1)
		reader.skip((size + 3) & ~3)
		return "%s of %d" % [type_string(type), count]
	reader.is_short = true
	return NO_VALUE


static func _reals(reader: ReaderRs, count: int, size: int) -> String:
	var numbers := PackedStringArray()
	for index in count:
		numbers.append(_number(reader.real(size)))
	return "(%s)" % ", ".join(numbers)


static func _number(value: float) -> String:
	return String.num(value, 4).trim_suffix(".0")


static func _text(reader: ReaderRs) -> String:
	var size := reader.le(4)
	var text := ReaderRs.printable(reader.take(size))
	reader.skip((4 - size % 4) % 4)
	return text


static func _path(reader: ReaderRs) -> String:
	var count := reader.le(4) & 0x7FFFFFFF
	var below := reader.le(4)
	var flags := reader.le(4)
	var names := PackedStringArray()
	for index in mini(count + below, reader.left()):
		names.append(_text(reader))
	var text := ("/" if flags & 1 else "") + "/".join(names.slice(0, count))
	if below > 0:
		text += ":" + ":".join(names.slice(count))
	return "NodePath(\"%s\")" % text.left(MAX_TEXT)


static func _collection(reader: ReaderRs, is_dictionary: bool, flags: int, depth: int) -> String:
	# Typed collections tell the type of their elements: two bits a type.
	for turn in 2 if is_dictionary else 1:
		match flags >> (turn * 2) & 3:
			0:
				pass
			1:
				reader.skip(4)
			_:
				_text(reader)
	var count := reader.le(4) & 0x7FFFFFFF
	var parts := PackedStringArray()
	var length := 0
	for index in mini(count, reader.left()):
		var part := _plain(reader, depth + 1)
		if is_dictionary:
			part += ": " + _plain(reader, depth + 1)
		if reader.is_short or part.is_empty():
			reader.is_short = true
			break
		if length < MAX_TEXT:
			parts.append(part)
			length += part.length()
	var text := ", ".join(parts).left(MAX_TEXT)
	return "{%s}" % text if is_dictionary else "[%s]" % text
