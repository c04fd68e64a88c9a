@tool
extends RefCounted
## Rows of figures over time, oldest first. What is older than ten minutes goes.

const MAX_AGE := 600_000.0
const MAX_ROWS := 6000
## Rows that may lie dead before the others move down.
const SLACK := 1024

var width: int
var _times := PackedFloat64Array()
var _values := PackedFloat32Array()
var _first := 0


func _init(row_width: int) -> void:
	width = row_width


func size() -> int:
	return _times.size() - _first


func is_empty() -> bool:
	return size() == 0


## Adds a row. One that is older than the last is refused: the game's clock never goes back.
func add(time: float, row: PackedFloat32Array) -> bool:
	if row.size() != width or not is_finite(time) or size() > 0 and time < last_time():
		return false
	_times.append(time)
	_values.append_array(row)
	_first = maxi(_first, _times.size() - MAX_ROWS)
	while _times[_first] < time - MAX_AGE:
		_first += 1
	if _first > SLACK:
		_times = _times.slice(_first)
		_values = _values.slice(_first * width)
		_first = 0
	return true


func time_at(index: int) -> float:
	return _times[_first + index]


func last_time() -> float:
	return _times[-1] if size() > 0 else -1.0


func first_time() -> float:
	return _times[_first] if size() > 0 else -1.0


func value_at(index: int, column: int) -> float:
	return _values[(_first + index) * width + column]


func row_at(index: int) -> PackedFloat32Array:
	return _values.slice((_first + index) * width, (_first + index + 1) * width)


## Index of the last row that is not later than the time; -1 if there is none.
func find(time: float) -> int:
	return maxi(_times.bsearch(time, false) - _first, 0) - 1


## At most `most` points of a column between two times: the largest value of each group of rows. X is the time before `to`,
## which single precision holds.
func points(column: int, from: float, to: float, most: int) -> PackedVector2Array:
	var found := PackedVector2Array()
	var begin := _first + maxi(find(from), 0)
	var end := _first + find(to) + 1
	# Groups begin at fixed rows, so that a line does not flicker while time goes on.
	var group := maxi(1, ceili((end - begin) / float(maxi(most, 1))))
	@warning_ignore("integer_division")
	var index := begin if group == 1 else begin / group * group
	index = maxi(index, _first)
	while index < end:
		var stop := mini(index + group, end)
		var highest := _values[index * width + column]
		for row in range(index + 1, stop):
			highest = maxf(highest, _values[row * width + column])
		found.append(Vector2(_times[index] - to, highest))
		index = stop
	return found


func times_bytes() -> PackedByteArray:
	return _times.slice(_first).to_byte_array()


func values_bytes() -> PackedByteArray:
	return _values.slice(_first * width).to_byte_array()


## Replaces the rows by saved ones. Returns whether the bytes were consistent.
func restore(times: PackedByteArray, values: PackedByteArray) -> bool:
	if times.size() % 8 != 0 or values.size() % 4 != 0:
		return false
	var new_times := times.to_float64_array()
	var new_values := values.to_float32_array()
	if new_times.size() > MAX_ROWS or new_values.size() != new_times.size() * width:
		return false
	for index in new_times.size():
		if not is_finite(new_times[index]) or index > 0 and new_times[index] < new_times[index - 1]:
			return false
	_times = new_times
	_values = new_values
	_first = 0
	return true
