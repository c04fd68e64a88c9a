extends RefCounted
## What the overlay shows at one moment. A missing figure is not in its Dictionary.

enum LevelRs { NONE, GOOD, FAIR, BAD }

const TextsRs := preload("texts.gd")
const PeerListRs := preload("peer_list.gd")

## From these values on a figure is fair, or bad.
const ROUND_TRIP := Vector2(120.0, 250.0)
const LOSS := Vector2(0.02, 0.05)
const GAP := Vector2(100.0, 500.0)
const QUEUE := Vector2(64.0, 512.0)

var role := "offline"
var is_connecting := false
var is_full := false
var id := 0
var address := ""
var peer_class := ""
## Class, compression and so on.
var setup := ""
## Of the host, as get_statistics() has them.
var host: Dictionary = {}
## Of a client's server, likewise.
var server: Dictionary = {}
## Per second.
var rates: Dictionary[String, float] = {}
var peer_count := 0
## The longest time between two frames since the last reading, in milliseconds.
var frame_gap := -1.0
## Whether its texts have been shown.
var is_shown := false


func has_table() -> bool:
	return role == "server" or role == "mesh" or role == "connection"


## The round trip that the graph shows: of the server, or the mean of the peers.
func round_trip() -> float:
	return TextsRs.figure(server, "rtt_smoothed") if role == "client" else TextsRs.figure(host, "rtt_mean")


func loss() -> float:
	return TextsRs.figure(server, "loss") if role == "client" else TextsRs.figure(host, "loss")


## What waits to be sent or acknowledged, in packets.
func backlog() -> float:
	if not host.has("queued_packets"):
		return -1.0
	return host["queued_packets"] + TextsRs.figure(host, "in_flight_packets")


## Role, id and address in one line. The port of a server says nothing of anybody, so it is not an address.
func title(with_address: bool) -> String:
	if role == "offline":
		return "Offline"
	var text := role.capitalize()
	if id > 1:
		text += " %d" % id
	if is_connecting:
		text += ", connecting"
	if not address.is_empty() and (with_address or role != "client"):
		text += (" to %s" if role == "client" else " on %s") % address
	return text


## Takes over the gaps of a reading that nobody saw, where they are longer.
func keep_gaps(former: RefCounted) -> void:
	var unseen: Dictionary = former.get(&"host")
	for key: String in ["poll_gap", "send_gap"]:
		if host.has(key) and unseen.has(key):
			host[key] = maxf(TextsRs.figure(host, key), TextsRs.figure(unseen, key))
	var unseen_gap: float = former.get(&"frame_gap")
	frame_gap = maxf(frame_gap, unseen_gap)


static func level(value: float, bounds: Vector2) -> LevelRs:
	if value < 0.0:
		return LevelRs.NONE
	if value < bounds.x:
		return LevelRs.GOOD
	return LevelRs.FAIR if value < bounds.y else LevelRs.BAD


static func row_level(row: PeerListRs.RowRs) -> LevelRs:
	return maxi(
		level(TextsRs.figure(row.figures, "rtt_smoothed"), ROUND_TRIP),
		maxi(level(TextsRs.figure(row.figures, "loss"), LOSS), level(row.queue(), QUEUE))) as LevelRs
