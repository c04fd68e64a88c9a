extends Node
## One player's copy of a game: RPCs in every mode, and boxes that are spawned and synchronized.

const BOX := preload("res://scenes/box.tscn")

## RPCs received so far.
var heard: Array[Heard] = []

@onready var boxes: Node = $Boxes


class Heard:
	var from: int
	var mode: String
	var number: int


func spawn_box(place: Vector2) -> Node2D:
	var box: Node2D = BOX.instantiate()
	box.position = place
	boxes.add_child(box, true)
	return box


@rpc("any_peer", "call_remote", "reliable", 3)
func say_reliable(number: int) -> void:
	_hear("reliable", number)


@rpc("any_peer", "call_remote", "unreliable_ordered", 1)
func say_unreliable_ordered(number: int) -> void:
	_hear("unreliable_ordered", number)


@rpc("any_peer", "call_remote", "unreliable")
func say_unreliable(number: int) -> void:
	_hear("unreliable", number)


func _hear(mode: String, number: int) -> void:
	var one := Heard.new()
	one.from = multiplayer.get_remote_sender_id()
	one.mode = mode
	one.number = number
	heard.append(one)
