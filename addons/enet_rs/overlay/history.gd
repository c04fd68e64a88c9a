extends RefCounted
## The last seconds of a few series of figures, for the graph.

const SECONDS := 10.0
const SERIES: Array[String] = ["bytes_in", "bytes_out", "payload_in", "payload_out", "round_trip"]

## Seconds of each sample, ascending.
var times := PackedFloat64Array()

var _samples: Dictionary[String, PackedFloat32Array] = {}


func _init() -> void:
	clear()


## The values of a series, one for each of the times. -1 where the value was unknown.
func samples(series: String) -> PackedFloat32Array:
	return _samples[series]


func add(seconds: float, values: Dictionary[String, float]) -> void:
	times.append(seconds)
	for series in SERIES:
		_samples[series].append(values.get(series, -1.0))
	var old := times.bsearch(seconds - SECONDS)
	# The one before the oldest shown, so that the line reaches the graph's edge.
	if old > 1:
		times = times.slice(old - 1)
		for series in SERIES:
			_samples[series] = _samples[series].slice(old - 1)


func clear() -> void:
	times.clear()
	for series in SERIES:
		_samples[series] = PackedFloat32Array()
