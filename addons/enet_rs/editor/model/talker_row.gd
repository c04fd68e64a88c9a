@tool
extends RefCounted
## A sender and message, with what was counted of it.

## "in" or "out".
var direction: String
var kind: String
## The name that it was counted under.
var key: String
var name: String
## File of a script or scene, if one is known.
var file := ""
## Within the window that was asked for.
var count := 0
var bytes := 0
var count_rate := 0.0
var byte_rate := 0.0
var total_count := 0
var total_bytes := 0


func _init(new_direction: String, new_kind: String, new_name: String) -> void:
	direction = new_direction
	kind = new_kind
	key = new_name
	name = new_name


func mean_size() -> float:
	return float(bytes) / count if count > 0 else 0.0
