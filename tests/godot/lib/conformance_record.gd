extends RefCounted
## The notes of one run of a case, and their comparison with those of another run.

const Record := preload("res://lib/conformance_record.gd")
const LONGEST := 200


class Entry:
	var label: String
	var value: Variant
	## The heading in docs/differences.md of an intended difference, otherwise empty.
	var difference := ""


var entries: Array[Entry] = []
## Failures within this run.
var failures: Array[String] = []


func add(label: String, value: Variant, difference: String = "") -> void:
	var entry := Entry.new()
	entry.label = label
	entry.value = value
	entry.difference = difference
	entries.append(entry)


## The first difference of the second record from this one, or an empty text.
func departure(ours: Record) -> String:
	for index in maxi(entries.size(), ours.entries.size()):
		if index >= entries.size() or index >= ours.entries.size():
			return "stock made %d notes, ours %d" % [entries.size(), ours.entries.size()]
		var one := entries[index]
		var other := ours.entries[index]
		if one.label != other.label:
			return "note %d is \"%s\" in stock, \"%s\" in ours" % [index, one.label, other.label]
		# Each run has already compared these values with the expected ones.
		if not one.difference.is_empty():
			continue
		if not same(one.value, other.value):
			return "%s: stock %s, ours %s" % [one.label, shown(one.value), shown(other.value)]
	return ""


## Compares recursively and with types: 1 is not 1.0, and a typed array does not equal an untyped one.
static func same(one: Variant, other: Variant) -> bool:
	if typeof(one) != typeof(other):
		return false
	match typeof(one):
		TYPE_ARRAY:
			var list: Array = one
			var other_list: Array = other
			if list.size() != other_list.size() or list.get_typed_builtin() != other_list.get_typed_builtin():
				return false
			return range(list.size()).all(func(index: int) -> bool: return same(list[index], other_list[index]))
		TYPE_DICTIONARY:
			var map: Dictionary = one
			var other_map: Dictionary = other
			return same(map.keys(), other_map.keys()) and same(map.values(), other_map.values())
		TYPE_FLOAT:
			var number: float = one
			var other_number: float = other
			return number == other_number or (is_nan(number) and is_nan(other_number))
	return one == other


static func shown(value: Variant) -> String:
	return "%s %s" % [type_string(typeof(value)), var_to_str(value).replace("\n", " ").left(LONGEST)]
