extends RefCounted
## The last seconds of a few series of figures, for the graph.
##
## Each series is a line of points (seconds, value), so that the graph can draw it as it is, with a transform.

const SECONDS := 10.0
const SERIES: Array[String] = ["bytes_in", "bytes_out", "payload_in", "payload_out", "round_trip"]

## Seconds of the last sample, since the first one that is kept or was lately kept: points are single precision.
var latest := 0.0

var _points: Dictionary[String, PackedVector2Array] = {}
var _first := 0.0
var _last := 0.0


func _init() -> void:
	clear()


## The points of a series. Those that are older than the [constant SECONDS] may follow each other to the left of the
## graph. A value that was unknown has no point.
func points(series: String) -> PackedVector2Array:
	return _points[series]


## The highest value of the last seconds in these series.
func highest(names: Array[String]) -> float:
	var found := 0.0
	for series in names:
		for point in _points[series]:
			if point.y > found and point.x >= latest - SECONDS:
				found = point.y
	return found


func add(seconds: float, values: Dictionary[String, float]) -> void:
	if is_empty():
		_first = seconds
	_last = seconds
	latest = seconds - _first
	# Not with each sample: copying costs more than a few points that nobody sees.
	if latest > 2.0 * SECONDS:
		_trim()
	for series: String in values:
		if _points.has(series) and values[series] >= 0.0:
			_points[series].append(Vector2(latest, values[series]))


func is_empty() -> bool:
	return _last == 0.0


func clear() -> void:
	_first = 0.0
	_last = 0.0
	latest = 0.0
	for series in SERIES:
		_points[series] = PackedVector2Array()


## Removes what is older than the graph, but for one point, so that the line reaches the graph's edge.
func _trim() -> void:
	var shift := latest - SECONDS
	for series in SERIES:
		var kept := PackedVector2Array()
		for point in _points[series]:
			var moved := point - Vector2(shift, 0.0)
			if moved.x < 0.0:
				kept.clear()
			kept.append(moved)
		_points[series] = kept
	_first += shift
	latest -= shift
