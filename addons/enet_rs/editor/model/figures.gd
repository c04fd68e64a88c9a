@tool
extends RefCounted
## The figures that are kept over time, made from rows of statistics: totals become rates over the last second.

## Rates: bytes or numbers a second. LOSS is a share, times are milliseconds, the rest bytes.
enum {
	WIRE_IN, WIRE_OUT, PAYLOAD_IN, PAYLOAD_OUT, DATAGRAMS_IN, DATAGRAMS_OUT, RESENT,
	ROUND_TRIP, ROUND_TRIP_HIGH, LOSS, QUEUED, IN_FLIGHT, UNREAD, POLL_GAP, SEND_GAP, COUNT,
}

const NAMES: PackedStringArray = [
	"wire_in", "wire_out", "payload_in", "payload_out", "datagrams_in", "datagrams_out", "resent",
	"round_trip", "round_trip_high", "loss", "queued", "in_flight", "unread", "poll_gap", "send_gap",
]
## By figure: the columns of get_statistics that it comes from; the first that is there counts.
const SOURCES: PackedStringArray = [
	"bytes_in", "bytes_out", "payload_in", "payload_out", "datagrams_in", "datagrams_out", "retransmissions",
	"rtt_smoothed rtt_mean", "rtt_p99 rtt_max", "loss", "queued_bytes", "in_flight_bytes", "unread_bytes", "poll_gap", "send_gap",
]
## The figures before this one are rates.
const FIRST_LEVEL := ROUND_TRIP
const WINDOW_MSEC := 1000.0
## More totals than this within the window are not kept: a game that sends faster than it was asked to.
const MAX_MARKS := 32
## Larger figures count as unknown: they are kept in single precision, where they could become infinite.
const MAX_FIGURE := 1e30

var _columns: PackedInt32Array
var _marks: Array[PackedFloat64Array] = []


## Where the figures stand in rows with these columns; -1 where they do not.
static func places(names: PackedStringArray) -> PackedInt32Array:
	var found := PackedInt32Array()
	for sources in SOURCES:
		var place := -1
		for source in sources.split(" "):
			if place < 0:
				place = names.find(source)
		found.append(place)
	return found


func _init(columns: PackedInt32Array) -> void:
	_columns = columns


## Figures of the row that begins at `offset`. Unknown ones are -1.
func take(time: float, row: PackedFloat64Array, offset: int) -> PackedFloat32Array:
	var made := PackedFloat32Array()
	made.resize(COUNT)
	for figure in range(FIRST_LEVEL, COUNT):
		var column := _columns[figure]
		made[figure] = _finite(row[offset + column]) if column >= 0 else -1.0
	var mark := PackedFloat64Array()
	mark.resize(FIRST_LEVEL + 1)
	mark[FIRST_LEVEL] = time
	for figure in FIRST_LEVEL:
		var column := _columns[figure]
		mark[figure] = row[offset + column] if column >= 0 else 0.0
	while _marks.size() > 1 and (_marks[1][FIRST_LEVEL] <= time - WINDOW_MSEC or _marks.size() > MAX_MARKS):
		_marks.pop_front()
	var before := _marks[0] if not _marks.is_empty() else mark
	var elapsed := (time - before[FIRST_LEVEL]) / 1000.0
	for figure in FIRST_LEVEL:
		var gained := mark[figure] - before[figure]
		made[figure] = _finite(maxf(gained, 0.0) / elapsed) if elapsed > 0.0 else 0.0
	_marks.append(mark)
	return made


static func _finite(value: float) -> float:
	return value if is_finite(value) and absf(value) <= MAX_FIGURE else -1.0
