@tool
extends RefCounted
## Counts and bytes by sender and message, second by second for ten minutes.

const CheckedRs := preload("checked.gd")
const RowRs := preload("talker_row.gd")

const MAX_SECONDS := 600
const MAX_NAMES := 4096
## Names of one second; more are counted as one.
const MAX_NAMES_A_SECOND := 512
const SECOND := 1000.0
const OTHERS := "(others)"
## All kinds share a row for what has no place of its own: kinds are texts of the game, too.
const OTHER_KIND := "other"

## Grows with each change.
var revision := 0

var _rows: Array[RowRs] = []
var _index: Dictionary[String, int] = {}
var _seconds: Array[SecondRs] = []


class SecondRs:
	var time := 0.0
	var counts: Dictionary[int, PackedInt64Array] = {}


func clear() -> void:
	_rows.clear()
	_index.clear()
	_seconds.clear()
	revision += 1


func is_empty() -> bool:
	return _rows.is_empty()


## Adds what was counted until `time`.
func add(time: float, direction: String, kind: String, name: String, count: int, bytes: int) -> void:
	if count < 0 or bytes < 0:
		return
	if _seconds.is_empty() or time >= _seconds[-1].time + SECOND or time < _seconds[-1].time:
		var next := SecondRs.new()
		next.time = time
		_seconds.append(next)
		if _seconds.size() > MAX_SECONDS:
			_seconds.pop_front()
	var key := _key(direction, kind, name)
	var counts := _seconds[-1].counts
	if not counts.has(key) and counts.size() >= MAX_NAMES_A_SECOND:
		key = _key(direction, OTHER_KIND, OTHERS)
	var before: PackedInt64Array = counts.get(key, PackedInt64Array([0, 0]))
	counts[key] = PackedInt64Array([before[0] + count, before[1] + bytes])
	_rows[key].total_count += count
	_rows[key].total_bytes += bytes
	revision += 1


## Gives what was counted as `key` its name, and the file behind it.
func rename(kind: String, key: String, name: String, file: String) -> void:
	for direction: String in ["in", "out"]:
		var index: int = _index.get("%s\n%s\n%s" % [direction, kind, key], -1)
		if index >= 0:
			_rows[index].name = name
			_rows[index].file = file
	revision += 1


## A row for each sender and message of the seconds up to `time`, with rates over `window` milliseconds.
func rows(time: float, window: float = 5000.0) -> Array[RowRs]:
	for row in _rows:
		row.count = 0
		row.bytes = 0
	var found: Array[RowRs] = []
	var seen: Dictionary[int, bool] = {}
	var elapsed := window
	for index in range(_seconds.size() - 1, -1, -1):
		var second := _seconds[index]
		if second.time > time:
			continue
		if second.time <= time - window:
			break
		if index == 0:
			elapsed = minf(window, time - second.time + SECOND)
		for key: int in second.counts:
			var row := _rows[key]
			row.count += second.counts[key][0]
			row.bytes += second.counts[key][1]
			if not seen.has(key):
				seen[key] = true
				found.append(row)
	for row in found:
		row.count_rate = row.count / elapsed * 1000.0
		row.byte_rate = row.bytes / elapsed * 1000.0
	return found


func save() -> Array:
	var seconds := []
	for second in _seconds:
		var counts := []
		for key: int in second.counts:
			counts.append([key, second.counts[key][0], second.counts[key][1]])
		seconds.append([second.time, counts])
	var names := []
	for row in _rows:
		names.append([row.direction, row.kind, row.name, row.file])
	return [names, seconds]


func restore(names: Array, seconds: Array) -> void:
	clear()
	for second: Variant in seconds.slice(-MAX_SECONDS):
		var parts := CheckedRs.list(second)
		var time := CheckedRs.number(CheckedRs.at(parts, 0))
		for entry: Variant in CheckedRs.list(CheckedRs.at(parts, 1)):
			var counted := CheckedRs.list(entry)
			var key := CheckedRs.integer(CheckedRs.at(counted, 0), -1)
			if key < 0 or key >= names.size():
				continue
			var name := CheckedRs.list(names[key])
			# The views know these two directions only.
			var direction := "in" if CheckedRs.text(CheckedRs.at(name, 0)) == "in" else "out"
			add(time, direction, CheckedRs.text(CheckedRs.at(name, 1)), CheckedRs.text(CheckedRs.at(name, 2)),
				CheckedRs.integer(CheckedRs.at(counted, 1)), CheckedRs.integer(CheckedRs.at(counted, 2)))
			_rows[_key(direction, CheckedRs.text(CheckedRs.at(name, 1)), CheckedRs.text(CheckedRs.at(name, 2)))].file = \
				CheckedRs.text(CheckedRs.at(name, 3))


func _key(direction: String, kind: String, name: String) -> int:
	var key := "%s\n%s\n%s" % [direction, kind, name]
	if not _index.has(key):
		if _rows.size() >= MAX_NAMES and (kind != OTHER_KIND or name != OTHERS):
			return _key(direction, OTHER_KIND, OTHERS)
		_index[key] = _rows.size()
		_rows.append(RowRs.new(direction, kind, name))
	return _index[key]
