extends RefCounted
## The figures of a host's peers, read in slices so that a large server costs no more a refresh than a small one.

const SourceRs := preload("source.gd")

## How many peers are read in one refresh.
const SLICE := 24
## What a percent of loss, or a packet that waits, is worth in milliseconds of round trip when peers are ranked.
const LOSS_WEIGHT := 20.0
const QUEUE_WEIGHT := 1.0


## What is known of one peer.
class RowRs:
	extends RefCounted
	var id := 0
	## The packet peer, weakly: its host may end with the game's last reference.
	var packet_peer := WeakRef.new()
	var figures: Dictionary = {}
	## Bytes a second; -1 if unknown.
	var rate_in := -1.0
	var rate_out := -1.0
	var read_usec := 0

	func queue() -> int:
		return figures.get("queued_packets", 0) + figures.get("in_flight_packets", 0)

	func badness() -> float:
		var round_trip: float = figures.get("rtt_smoothed", 0.0)
		var loss: float = figures.get("loss", 0.0)
		return round_trip + loss * 100.0 * LOSS_WEIGHT + queue() * QUEUE_WEIGHT


var _rows: Dictionary[int, RowRs] = {}
var _order: Array[int] = []
var _next := 0


func size() -> int:
	return _rows.size()


func clear() -> void:
	_rows.clear()
	_order.clear()


## Reads the next slice.
func update(source: SourceRs, now_usec: int) -> void:
	_follow(source.packet_peers())
	for step in mini(SLICE, _order.size()):
		_next = (_next + 1) % _order.size()
		_read(_rows[_order[_next]], source, now_usec)


## The rows with the worst connections, worst first.
func worst(limit: int) -> Array[RowRs]:
	var rows: Array[RowRs] = _rows.values()
	# Ranked once, not in each comparison.
	var ranks: Dictionary[RowRs, float] = {}
	for row in rows:
		ranks[row] = row.badness()
	rows.sort_custom(func(a: RowRs, b: RowRs) -> bool:
		return ranks[a] > ranks[b] if ranks[a] != ranks[b] else a.id < b.id)
	return rows.slice(0, limit)


## Adds what a host tells of all peers to the figures of one that does not: mean and longest round trip, mean loss.
func summarize(host: Dictionary) -> void:
	var trip := 0.0
	var longest := 0.0
	var loss := 0.0
	for row: RowRs in _rows.values():
		var own: float = row.figures.get("rtt_smoothed", 0.0)
		trip += own
		longest = maxf(longest, own)
		loss += row.figures.get("loss", 0.0)
	if not _rows.is_empty():
		host["rtt_mean"] = trip / _rows.size()
		host["rtt_max"] = longest
		host["loss"] = loss / _rows.size()


func _follow(present: Dictionary[int, RefCounted]) -> void:
	for id in _order:
		if not present.has(id):
			_rows.erase(id)
	var is_changed := _rows.size() != _order.size()
	for id in present:
		if not _rows.has(id):
			_rows[id] = RowRs.new()
			_rows[id].id = id
			is_changed = true
		if _rows[id].packet_peer.get_ref() != present[id]:
			_rows[id].packet_peer = weakref(present[id])
	if is_changed:
		_order.assign(_rows.keys())


func _read(row: RowRs, source: SourceRs, now_usec: int) -> void:
	var packet_peer: RefCounted = row.packet_peer.get_ref()
	var figures := source.peer_figures(packet_peer)
	var seconds := (now_usec - row.read_usec) / 1e6
	row.rate_in = _rate(row.figures, figures, "bytes_in", seconds)
	row.rate_out = _rate(row.figures, figures, "bytes_out", seconds)
	row.figures = figures
	row.read_usec = now_usec


static func _rate(before: Dictionary, now: Dictionary, key: String, seconds: float) -> float:
	if seconds <= 0.0 or not before.has(key) or not now.has(key):
		return -1.0
	var difference: int = now[key] - before[key]
	return maxf(difference, 0) / seconds
