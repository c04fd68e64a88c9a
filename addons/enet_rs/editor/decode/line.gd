@tool
extends RefCounted
## A line of a decoded datagram, with lines below it.

var label: String
var value: String
var below: Array[LineRs] = []

const LineRs := preload("line.gd")


func _init(new_label: String, new_value: String = "") -> void:
	label = new_label
	value = new_value


func add(new_label: String, new_value: String = "") -> LineRs:
	var line := LineRs.new(new_label, new_value)
	below.append(line)
	return line


## All of it as text, a line each, indented by tabs.
func to_text(depth: int = 0) -> String:
	var text := "\t".repeat(depth) + (label if value.is_empty() else "%s: %s" % [label, value])
	for line in below:
		text += "\n" + line.to_text(depth + 1)
	return text
