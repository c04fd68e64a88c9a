@tool
extends RefCounted
## What the views show: an instance, a host of it, perhaps a peer, and the time.

const HostRs := preload("../model/host.gd")
const InstanceRs := preload("../model/instance.gd")
const PeerRs := preload("../model/peer.gd")
const SeriesRs := preload("../model/series.gd")

var instance: InstanceRs
var object := 0
var has_peer := false
var peer_id := 0
## Of the game's clock; below 0 the views follow the game.
var cursor := -1.0
## Milliseconds that graphs and sums span.
var window := 60_000.0


func _init(shown: InstanceRs) -> void:
	instance = shown


func is_live() -> bool:
	return cursor < 0.0


func time() -> float:
	return instance.last_time if is_live() else cursor


## The selected host; the first open one if none is.
func host() -> HostRs:
	if instance.hosts.has(object):
		return instance.hosts[object]
	for each: int in instance.hosts:
		if not instance.hosts[each].is_closed:
			return instance.hosts[each]
	return instance.hosts[instance.hosts.keys()[0]] if not instance.hosts.is_empty() else null


func peer() -> PeerRs:
	var owner := host()
	return owner.peers.get(peer_id) if has_peer and owner != null else null


## Figures of the selected peer or host.
func series() -> SeriesRs:
	var one := peer()
	if one != null:
		return one.series
	var owner := host()
	return owner.series if owner != null else null


func title() -> String:
	var owner := host()
	if owner == null:
		return ""
	return "peer %d" % peer_id if peer() != null else owner.title()
