extends Node
## One player's copy of a game: RPCs in every mode, and boxes that are spawned and synchronized.

const BOX := preload("res://scenes/box.tscn")

## What came in by RPC: [sender, mode, number].
var heard: Array = []

@onready var boxes: Node = $Boxes


func spawn_box(place: Vector2) -> Node2D:
	var box: Node2D = BOX.instantiate()
	box.position = place
	boxes.add_child(box, true)
	return box


@rpc("any_peer", "call_remote", "reliable", 3)
func say_reliable(number: int) -> void:
	heard.append([multiplayer.get_remote_sender_id(), "reliable", number])


@rpc("any_peer", "call_remote", "unreliable_ordered", 1)
func say_unreliable_ordered(number: int) -> void:
	heard.append([multiplayer.get_remote_sender_id(), "unreliable_ordered", number])


@rpc("any_peer", "call_remote", "unreliable")
func say_unreliable(number: int) -> void:
	heard.append([multiplayer.get_remote_sender_id(), "unreliable", number])
