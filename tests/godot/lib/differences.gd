extends RefCounted
## The headings of docs/differences.md, and the cases that showed each of them.

const PATH := "../../docs/differences.md"
## Marks the differences that no comparison of values can show.
const EXEMPTION := "Not in the conformance suite:"

## The text below each heading `## D3 title`, by id.
var _texts: Dictionary[String, String] = {}
## The cases that named each id.
var _met: Dictionary[String, Array] = {}


func _init() -> void:
	var path := ProjectSettings.globalize_path("res://").path_join(PATH)
	var id := ""
	for line in FileAccess.get_file_as_string(path).split("\n"):
		if line.begins_with("## "):
			id = line.get_slice(" ", 1)
			_texts[id] = ""
		elif not id.is_empty():
			_texts[id] += line + " "


func has(id: String) -> bool:
	return _texts.has(id)


func meet(id: String, where: String) -> void:
	var places: Array = _met.get_or_add(id, [])
	if not places.has(where):
		places.append(where)


func met_lines() -> Array[String]:
	var lines: Array[String] = []
	var ids := _met.keys()
	ids.sort_custom(func(one: String, other: String) -> bool: return one.naturalnocasecmp_to(other) < 0)
	for id: String in ids:
		lines.append("intended difference %s: %s" % [id, ", ".join(_met[id])])
	return lines


## Headings that no case showed and whose text has no exemption.
func unshown() -> Array[String]:
	var ids: Array[String] = []
	for id in _texts:
		if not _met.has(id) and not _texts[id].contains(EXEMPTION):
			ids.append(id)
	return ids
