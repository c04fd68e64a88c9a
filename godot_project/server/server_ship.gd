class_name ServerShip
extends ShipState
## A ship on the server, with the inputs that have arrived and wait for their tick.

## Inputs that wait. More than that are dropped, so that nobody can make the server hold or move more.
const MOST_INPUTS := 12
## How long the last input is repeated when none arrives, in ticks.
const REPEATED_TICKS := 15
## The queue is looked at as often: what never left it in this time is only delay.
const DRAIN_TICKS := 60

var id := 0
var player_name := ""
var reload := 0.0
var respawn := 0.0

var _inputs: Array[ShipInput] = []
var _last := ShipInput.new()
var _has_input := false
var _repeats := 0
var _shortest := MOST_INPUTS
var _ticks := 0


func queue_inputs(bytes: PackedByteArray) -> void:
	for input in ShipInput.decode(bytes):
		var newest := _inputs[-1].sequence if not _inputs.is_empty() else acknowledged
		var is_new := not _has_input or ShipInput.distance(newest, input.sequence) > 0
		if is_new and _inputs.size() < MOST_INPUTS:
			_has_input = true
			_inputs.append(input)


## The input of this tick: the next that has arrived, or the last one again.
func take_input() -> ShipInput:
	_drain()
	if _inputs.is_empty():
		_repeats += 1
		return _last if _repeats <= REPEATED_TICKS else ShipInput.make(0, Vector2.ZERO, aim, false)
	_repeats = 0
	_last = _inputs.pop_front()
	acknowledged = _last.sequence
	return _last


## Inputs that arrive in bursts fill the queue, and each waiting one is a tick of delay.
func _drain() -> void:
	_shortest = mini(_shortest, _inputs.size())
	_ticks += 1
	if _ticks < DRAIN_TICKS:
		return
	while _shortest > 2:
		_inputs.remove_at(0)
		_shortest -= 1
	_shortest = MOST_INPUTS
	_ticks = 0
