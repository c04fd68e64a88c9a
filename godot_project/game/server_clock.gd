class_name ServerClock
## Estimates how far behind the server the arriving snapshots are, and from their jitter how long interpolation has to
## wait so that it mostly has a snapshot before and one behind.

const SNAPSHOT_SECONDS := Field.SNAPSHOT_INTERVAL * Field.TICK_SECONDS
const LEAST_DELAY := SNAPSHOT_SECONDS * 1.5
const MOST_DELAY := 0.5

## How much later interpolated ships are shown than they arrive.
var delay := SNAPSHOT_SECONDS * 2.0

var _offset := 0.0
var _deviation := 0.0
var _has_offset := false


func receive(tick: int, now: float) -> void:
	var offset := now - tick * Field.TICK_SECONDS
	# A jump is a break in the connection, or a server that stood still.
	if not _has_offset or absf(offset - _offset) > 1.0:
		_offset = offset
		_has_offset = true
	_deviation = lerpf(_deviation, absf(offset - _offset), 0.05)
	_offset = lerpf(_offset, offset, 0.05)
	var wanted := clampf(SNAPSHOT_SECONDS * 1.25 + _deviation * 3.0, LEAST_DELAY, MOST_DELAY)
	delay = lerpf(delay, wanted, 0.03)


## The server's time, in ticks, that is on the screen with interpolation.
func shown_tick(now: float) -> float:
	return (now - _offset - delay) / Field.TICK_SECONDS
