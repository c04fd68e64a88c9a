@tool
extends RefCounted
## A host of a game: what it is, its peers, its figures over time.

const CheckedRs := preload("checked.gd")
const EventLogRs := preload("event_log.gd")
const FiguresRs := preload("figures.gd")
const PeerRs := preload("peer.gd")
const SeriesRs := preload("series.gd")
const SizesRs := preload("sizes.gd")
const TalkersRs := preload("talkers.gd")
const TimelineRs := preload("timeline.gd")

## Peers that are recorded with each snapshot. With more, each is recorded less often, so that memory stays bounded.
const MAX_FULL_RATE := 64
## Peers that left are kept up to this number.
const MAX_GONE := 64
## ENet has no more slots.
const MAX_PEERS := 4095

var object: int
var kind := ""
var role := ""
var address := ""
var port := 0
var is_encrypted := false
var compression := ""
var channels := 0
var is_threaded := false
var name := ""
var is_closed := false
var series: SeriesRs = SeriesRs.new(FiguresRs.COUNT)
var peers: Dictionary[int, PeerRs] = {}
var talkers: TalkersRs = TalkersRs.new()
var sizes: SizesRs = SizesRs.new()
var timeline: TimelineRs = TimelineRs.new()

var _meter: FiguresRs
var _peer_columns: PackedInt32Array
var _turn := 0


func _init(object_id: int, host_columns: PackedInt32Array, peer_columns: PackedInt32Array) -> void:
	object = object_id
	_meter = FiguresRs.new(host_columns)
	_peer_columns = peer_columns


func describe(described: Dictionary) -> void:
	kind = CheckedRs.text(described.get("class"))
	role = CheckedRs.text(described.get("role"))
	address = CheckedRs.text(described.get("address"))
	port = CheckedRs.integer(described.get("port"))
	is_encrypted = CheckedRs.truth(described.get("encrypted"))
	compression = CheckedRs.text(described.get("compression"))
	channels = CheckedRs.integer(described.get("channels"))
	is_threaded = CheckedRs.truth(described.get("threaded"))
	name = CheckedRs.text(described.get("name"))


func facts() -> Dictionary:
	return {
		"class": kind, "role": role, "address": address, "port": port, "encrypted": is_encrypted, "compression": compression,
		"channels": channels, "threaded": is_threaded, "name": name,
	}


## One line that tells which host this is.
func title() -> String:
	var text := "%s :%d" % [role, port] if port > 0 else role
	if not name.is_empty():
		text += " " + name
	return text + " (closed)" if is_closed else text


## Takes the list of peers that the host has now.
func set_peers(list: Array) -> void:
	var present: Dictionary[int, bool] = {}
	for entry: Variant in list.slice(0, MAX_PEERS):
		var told := CheckedRs.dictionary(entry)
		if not told.has("id"):
			continue
		var id := CheckedRs.integer(told["id"])
		var peer := _peer(id)
		peer.address = CheckedRs.text(told.get("address"))
		peer.state = CheckedRs.text(told.get("state"))
		peer.is_gone = false
		present[id] = true
	for id: int in peers:
		if not present.has(id):
			peers[id].is_gone = true
	_forget()


## Takes a snapshot. Rows of a size that does not fit are refused.
func take(time: float, host_row: PackedFloat64Array, host_width: int, ids: PackedInt32Array, rows: PackedFloat64Array,
		peer_width: int) -> bool:
	if host_row.size() != host_width or rows.size() != ids.size() * peer_width or ids.size() > MAX_PEERS:
		return false
	if series.size() > 0 and time < series.last_time():
		return false
	series.add(time, _meter.take(time, host_row, 0))
	var every := ceili(ids.size() / float(MAX_FULL_RATE))
	_turn += 1
	for index in ids.size():
		if every > 1 and (index + _turn) % every != 0:
			continue
		# No list has to tell of a peer before its figures come, but made-up ids must not fill the memory.
		if not peers.has(ids[index]) and peers.size() >= MAX_PEERS + MAX_GONE:
			continue
		var peer := _peer(ids[index])
		peer.series.add(time, peer.meter.take(time, rows, index * peer_width))
	return true


## The peers that were there at a time; those of now, if `is_live`.
func peers_at(time: float, is_live: bool) -> Array[PeerRs]:
	var found: Array[PeerRs] = []
	var patience := 2000.0 * maxf(1.0, peers.size() / float(MAX_FULL_RATE))
	for id: int in peers:
		var peer := peers[id]
		if is_live:
			if not peer.is_gone:
				found.append(peer)
			continue
		var row := peer.series.find(time)
		if row >= 0 and time - peer.series.time_at(row) <= patience:
			found.append(peer)
	return found


func _peer(id: int) -> PeerRs:
	if not peers.has(id):
		peers[id] = PeerRs.new(id, _peer_columns)
	return peers[id]


## Dictionaries keep the order of insertion, so those who came first go first.
func _forget() -> void:
	var gone: Array[int] = []
	for id: int in peers:
		if peers[id].is_gone:
			gone.append(id)
	for index in maxi(0, gone.size() - MAX_GONE):
		peers.erase(gone[index])
