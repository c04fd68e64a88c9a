@tool
extends RefCounted
## Reads values of messages and files, which may be of any type: what does not fit becomes a default.

## Controls, line separators, and marks of the direction of writing.
static var _unfit := RegEx.create_from_string(
	"[\\x{00}-\\x{1f}\\x{7f}-\\x{9f}\\x{61c}\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}]")


static func integer(value: Variant, default: int = 0) -> int:
	if value is int:
		return value
	if value is float:
		var real: float = value
		if is_finite(real) and absf(real) < 9e15:
			return int(real)
	return default


static func number(value: Variant, default: float = 0.0) -> float:
	if value is int:
		var whole: int = value
		return float(whole)
	if value is float:
		var real: float = value
		if is_finite(real):
			return real
	return default


static func text(value: Variant, most: int = 400) -> String:
	return one_line(str(value).left(most)) if value is String or value is StringName or value is NodePath else ""


## The text with a dot for each sign that would break its line, or turn what is written around it. Remotes of the game name nodes.
static func one_line(line: String) -> String:
	return _unfit.sub(line, ".", true)


static func truth(value: Variant) -> bool:
	return value if value is bool else false


static func list(value: Variant) -> Array:
	return value if value is Array else []


static func dictionary(value: Variant) -> Dictionary:
	return value if value is Dictionary else {}


## The element, or null behind the end.
static func at(values: Array, index: int) -> Variant:
	return values[index] if index < values.size() else null


static func names(value: Variant) -> PackedStringArray:
	if value is PackedStringArray:
		return value
	var found := PackedStringArray()
	for each: Variant in list(value):
		found.append(text(each))
	return found


static func ints(value: Variant) -> PackedInt32Array:
	if value is PackedInt32Array:
		return value
	var found := PackedInt32Array()
	if value is PackedInt64Array:
		var wide: PackedInt64Array = value
		for each in wide:
			found.append(each)
	for each: Variant in list(value):
		found.append(integer(each))
	return found


static func longs(value: Variant) -> PackedInt64Array:
	if value is PackedInt64Array:
		return value
	var found := PackedInt64Array()
	for each: Variant in list(value):
		found.append(integer(each))
	return found


static func floats(value: Variant) -> PackedFloat64Array:
	if value is PackedFloat64Array:
		return value
	var found := PackedFloat64Array()
	for each: Variant in list(value):
		found.append(number(each))
	return found


static func bytes(value: Variant) -> PackedByteArray:
	return value if value is PackedByteArray else PackedByteArray()
