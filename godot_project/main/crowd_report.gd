class_name CrowdReport
extends Node
## Waits until the player's client has seen everybody join, fly and most of them score, and reports it.

signal complete

const LEAST_WAY := 50.0

var replica: Replica
var expected := 0

var _starts: Dictionary[int, Vector2] = {}
var _flown: Dictionary[int, bool] = {}


func _process(_delta: float) -> void:
	var scored := 0
	for ship: ReplicaShip in replica.ships.values():
		if not ship.is_known:
			continue
		if not _starts.has(ship.slot):
			_starts[ship.slot] = ship.state.place
		if ship.state.place.distance_to(_starts[ship.slot]) > LEAST_WAY:
			_flown[ship.slot] = true
		scored += int(ship.state.score > 0)
	if _flown.size() < expected or scored * 2 < expected:
		return
	set_process(false)
	Report.event("crowd", {
		"players": replica.ships.size(), "flown": _flown.size(), "scored": scored, "class": Session.settings.peer_class})
	complete.emit()
