@tool
extends RefCounted
## Sizes of datagrams in buckets, second by second for ten minutes.

const BUCKETS: PackedStringArray = ["0-63", "64-127", "128-255", "256-511", "512-1023", "1024-1391", "1392+"]
const MAX_SECONDS := 600
const WIDTH := 14

var revision := 0
var _times := PackedFloat64Array()
var _counts := PackedInt32Array()


func clear() -> void:
	_times.clear()
	_counts.clear()
	revision += 1


## Adds the numbers of datagrams since the last call.
func add(time: float, sent: PackedInt32Array, received: PackedInt32Array) -> void:
	if sent.size() != BUCKETS.size() or received.size() != BUCKETS.size() or not is_finite(time):
		return
	if not _times.is_empty() and time < _times[-1]:
		return
	_times.append(time)
	_counts.append_array(sent)
	_counts.append_array(received)
	if _times.size() > MAX_SECONDS:
		_times = _times.slice(1)
		_counts = _counts.slice(WIDTH)
	revision += 1


## Sums of the time in (from, to]: first the sent ones by bucket, then the received ones.
func sums(from: float, to: float) -> PackedInt64Array:
	var found := PackedInt64Array()
	found.resize(WIDTH)
	for index in _times.size():
		if _times[index] > from and _times[index] <= to:
			for bucket in WIDTH:
				found[bucket] += maxi(_counts[index * WIDTH + bucket], 0)
	return found


func save() -> Array:
	return [Array(_times), Array(_counts)]


func restore(times: PackedFloat64Array, counts: PackedInt32Array) -> void:
	clear()
	if counts.size() != times.size() * WIDTH:
		return
	for index in range(maxi(0, times.size() - MAX_SECONDS), times.size()):
		var at := index * WIDTH
		add(times[index], counts.slice(at, at + BUCKETS.size()), counts.slice(at + BUCKETS.size(), at + WIDTH))
