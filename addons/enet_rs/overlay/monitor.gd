extends RefCounted
## Takes readings of a peer one after another, with what follows from several of them: rates, the graph's history, the
## table's rows and the last events.

const EventsRs := preload("events.gd")
const HistoryRs := preload("history.gd")
const PeerListRs := preload("peer_list.gd")
const RatesRs := preload("rates.gd")
const ReadingRs := preload("reading.gd")
const SourceRs := preload("source.gd")

## The last reading.
var reading := ReadingRs.new()
var peers := PeerListRs.new()
var history := HistoryRs.new()
var events := EventsRs.new()

var _source := SourceRs.new()
var _rates := RatesRs.new()


## Reads this peer from now on, or nothing if it is null. `api` is null for a peer that belongs to no [MultiplayerAPI].
func watch(peer: MultiplayerPeer, api: MultiplayerAPI) -> void:
	if peer != _source.peer():
		forget()
	_source.watch(peer, api)
	events.watch(api, peer)


## Forgets earlier readings, because the next one does not follow on them.
func forget() -> void:
	reading = ReadingRs.new()
	_rates.clear()
	peers.clear()
	history.clear()


## Reads the figures anew, and also the peers of a server if `with_peers` is true. `frame_gap` is the longest time between
## two frames since the previous reading, in milliseconds.
func read(now_usec: int, with_peers: bool, frame_gap: float) -> void:
	var next := ReadingRs.new()
	next.role = _source.role()
	var is_active := next.role != "offline"
	if next.role != reading.role:
		# The same object can become another host.
		_source.forget()
		forget()
	next.is_full = _source.is_full()
	next.peer_class = _source.peer_class()
	next.setup = _source.setup()
	next.host = _source.host_figures()
	next.rates = _rates.update(next.host, now_usec)
	next.frame_gap = frame_gap
	if is_active:
		next.is_connecting = _source.status() == MultiplayerPeer.CONNECTION_CONNECTING
		next.id = _source.unique_id()
		next.address = _source.address()
	if next.role == "client":
		next.server = _source.peer_figures(_source.server_peer())
	if next.has_table():
		_read_peers(next, now_usec, with_peers)
	if not reading.is_shown:
		next.keep_gaps(reading)
	reading = next
	var samples := next.rates.duplicate()
	samples["round_trip"] = next.round_trip()
	history.add(now_usec / 1e6, samples)


func _read_peers(next: ReadingRs, now_usec: int, with_peers: bool) -> void:
	if with_peers:
		peers.update(_source, now_usec)
	next.peer_count = peers.size()
	if not next.is_full:
		peers.summarize(next.host)
