class_name ReplicaShip
## A ship as a client knows it: the latest states from the server, and where it is shown.

const MOST_STATES := 32
## How far a ship flies on without news, in seconds, before it stops.
const EXTRAPOLATION := 0.25
## A ship that came back elsewhere does not glide there.
const JUMP := 220.0

var slot := 0
var player_name := ""
## -1 when the server has not said it.
var ping := -1
## The latest state.
var state := ShipState.new()
var shown_place := Vector2.ZERO
var shown_aim := 0.0
var shown_velocity := Vector2.ZERO
var is_known := false

var _ticks: PackedInt32Array
var _states: Array[ShipState] = []


func receive(tick: int, new_state: ShipState) -> void:
	if not is_known or new_state.place.distance_to(state.place) > JUMP:
		_ticks.clear()
		_states.clear()
		shown_place = new_state.place
		shown_aim = new_state.aim
	is_known = true
	state = new_state
	_ticks.append(tick)
	_states.append(new_state)
	if _states.size() > MOST_STATES:
		_ticks.remove_at(0)
		_states.remove_at(0)


func show_latest() -> void:
	shown_place = state.place
	shown_aim = state.aim
	shown_velocity = state.velocity


## Shows the ship between the two states around a tick of the server.
func interpolate(tick: float) -> void:
	var after := _ticks.size()
	while after > 0 and _ticks[after - 1] > tick:
		after -= 1
	if _states.is_empty():
		return
	if after == 0:
		_show(_states[0], _states[0], 0.0)
		return
	if after == _ticks.size():
		var late := minf((tick - _ticks[-1]) * Field.TICK_SECONDS, EXTRAPOLATION)
		show_latest()
		shown_place += state.velocity * late
		return
	var span := _ticks[after] - _ticks[after - 1]
	_show(_states[after - 1], _states[after], (tick - _ticks[after - 1]) / span)


func _show(before: ShipState, after: ShipState, weight: float) -> void:
	shown_place = before.place.lerp(after.place, weight)
	shown_aim = lerp_angle(before.aim, after.aim, weight)
	shown_velocity = before.velocity.lerp(after.velocity, weight)
