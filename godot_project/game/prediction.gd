class_name Prediction
## Moves the own ship at once, with the inputs that the server has not answered yet. Each snapshot is the truth up to an
## input; the inputs behind it are applied again to it (reconciliation).

const MOST_PENDING := 120
## A correction is not shown at once but fades, per second.
const FADE := 10.0
const JUMP := 260.0

## The state now, as the server will have it if nothing unforeseen happens.
var ship := ShipState.new()
## The distance between what is shown and `ship`, which fades.
var offset := Vector2.ZERO
## How far the ship was shown from where the server then had it after the same input, in pixels.
var corrections: PackedFloat32Array
## How many ticks the ship was ahead of the server's answers: those of a round trip.
var leads: PackedFloat32Array

var _pending: Array[ShipInput] = []
## Where each pending input had brought the ship when it was applied first.
var _places: PackedVector2Array
var _has_state := false


func reset() -> void:
	_pending.clear()
	_places.clear()
	corrections.clear()
	leads.clear()
	offset = Vector2.ZERO
	_has_state = false


func advance(input: ShipInput) -> void:
	if _has_state:
		Motion.step(ship, input)
	_pending.append(input)
	_places.append(ship.place)
	if _pending.size() > MOST_PENDING:
		_forget_oldest()


func reconcile(truth: ShipState) -> void:
	while not _pending.is_empty() and ShipInput.distance(truth.acknowledged, _pending[0].sequence) <= 0:
		if _has_state and _pending[0].sequence == truth.acknowledged:
			_keep(corrections, _places[0].distance_to(truth.place))
			_keep(leads, _pending.size() - 1)
		_forget_oldest()
	var predicted := ship.place
	ship.copy_from(truth)
	for input in _pending:
		Motion.step(ship, input)
	if not _has_state:
		_has_state = true
		return
	var correction := predicted - ship.place
	if correction.length() > JUMP:
		offset = Vector2.ZERO
		return
	offset += correction


func _forget_oldest() -> void:
	_pending.remove_at(0)
	_places.remove_at(0)


func fade(delta: float) -> void:
	offset *= exp(-FADE * delta)


## -1 without any.
func median_correction() -> float:
	return _median(corrections)


func median_lead() -> float:
	return _median(leads)


func pending() -> int:
	return _pending.size()


## The newest inputs, which a packet carries.
func newest() -> Array[ShipInput]:
	return _pending.slice(-ShipInput.MOST_IN_PACKET)


static func _keep(latest: PackedFloat32Array, value: float) -> void:
	latest.append(value)
	if latest.size() > MOST_PENDING:
		latest.remove_at(0)


static func _median(latest: PackedFloat32Array) -> float:
	if latest.is_empty():
		return -1.0
	var sorted := latest.duplicate()
	sorted.sort()
	@warning_ignore("integer_division")
	return sorted[sorted.size() / 2]
