@tool
extends RefCounted
## What is known of a running game: takes the debugger's messages, answers the views' questions. Without any Control.

const CheckedRs := preload("checked.gd")
const EngineProfileRs := preload("engine_profile.gd")
const EventLogRs := preload("event_log.gd")
const FiguresRs := preload("figures.gd")
const HostRs := preload("host.gd")

const PREFIX := "enet_rs:"
const ENGINE_PREFIX := "multiplayer:"
const PROTOCOL := 1
const MAX_HOSTS := 256
const MAX_ENTRIES := 1000
## In milliseconds, three hundred years: no game runs for so long.
const MAX_TIME := 1e13

## Grows with each message that changed something.
var revision := 0
var info: Dictionary = {}
var hosts: Dictionary[int, HostRs] = {}
var events: EventLogRs = EventLogRs.new()
var engine: EngineProfileRs = EngineProfileRs.new()
## Of the game's monotonic clock: the first and the last snapshot.
var first_time := -1.0
var last_time := -1.0
## Why the messages of this game are not understood, if they are not.
var trouble := ""

var _host_columns := PackedInt32Array()
var _peer_columns := PackedInt32Array()
var _host_width := -1
var _peer_width := -1


func clear() -> void:
	info = {}
	hosts.clear()
	events.clear()
	engine.clear()
	first_time = -1.0
	last_time = -1.0
	trouble = ""
	_host_width = -1
	_peer_width = -1
	revision += 1


## Forgets the histories, and keeps what the hosts are.
func clear_history() -> void:
	var facts: Array[Dictionary] = []
	for object: int in hosts:
		var host := hosts[object]
		if not host.is_closed:
			var told := host.facts()
			told["object"] = object
			facts.append(told)
			told["peers"] = host.peers.values().filter(func(peer: HostRs.PeerRs) -> bool: return not peer.is_gone).map(
				func(peer: HostRs.PeerRs) -> Dictionary: return {"id": peer.id, "address": peer.address, "state": peer.state})
	hosts.clear()
	_take_hosts(facts)
	for told in facts:
		hosts[told["object"]].set_peers(CheckedRs.list(told["peers"]))
	events.clear()
	engine.talkers.clear()
	first_time = -1.0
	last_time = -1.0
	revision += 1


## Takes a message with its prefix. Returns whether it was one of ours or of the engine's profiler.
func take(message: String, data: Array) -> bool:
	if message.begins_with(ENGINE_PREFIX):
		if not engine.take(message.trim_prefix(ENGINE_PREFIX), data, last_time):
			return false
	else:
		match message.trim_prefix(PREFIX):
			"hello":
				_take_hello(CheckedRs.dictionary(CheckedRs.at(data, 0)))
			"hosts":
				_take_hosts(CheckedRs.list(CheckedRs.at(data, 0)))
			"peers":
				_of_host(data, func(host: HostRs) -> void: host.set_peers(CheckedRs.list(CheckedRs.at(data, 1))))
			"snapshot":
				_take_snapshot(data)
			"events":
				_take_events(CheckedRs.list(CheckedRs.at(data, 0)))
			"talkers":
				_of_host(data, _take_talkers.bind(CheckedRs.list(CheckedRs.at(data, 1))))
			"sizes":
				_of_host(data, func(host: HostRs) -> void:
					host.sizes.add(last_time, CheckedRs.ints(CheckedRs.at(data, 1)), CheckedRs.ints(CheckedRs.at(data, 2))))
			"timeline":
				_of_host(data, func(host: HostRs) -> void:
					host.timeline.add(CheckedRs.longs(CheckedRs.at(data, 1)), CheckedRs.bytes(CheckedRs.at(data, 2)),
						CheckedRs.ints(CheckedRs.at(data, 3)), CheckedRs.ints(CheckedRs.at(data, 4)), CheckedRs.list(CheckedRs.at(data, 5))))
			_:
				return false
	revision += 1
	return true


func title() -> String:
	var text := CheckedRs.text(info.get("title"))
	if info.has("pid"):
		text += " (pid %d)" % CheckedRs.integer(info["pid"])
	return text + ", headless" if CheckedRs.truth(info.get("headless")) else text


func _of_host(data: Array, action: Callable) -> void:
	var object := CheckedRs.integer(CheckedRs.at(data, 0))
	if hosts.has(object):
		action.call(hosts[object])


func _take_hello(told: Dictionary) -> void:
	var protocol := CheckedRs.integer(told.get("protocol"))
	if protocol != PROTOCOL:
		trouble = "The game's extension has version %d of the debugger messages, this tab has %d: use the same addon in both." % [
			protocol, PROTOCOL]
		return
	trouble = ""
	var host_names := CheckedRs.names(told.get("host_columns"))
	var peer_names := CheckedRs.names(told.get("peer_columns"))
	# The game greets after each "watch". What is known stays, except hosts that read rows with other columns.
	info = told
	var host_columns := FiguresRs.places(host_names)
	var peer_columns := FiguresRs.places(peer_names)
	if host_columns != _host_columns or peer_columns != _peer_columns:
		hosts.clear()
	_host_columns = host_columns
	_peer_columns = peer_columns
	_host_width = host_names.size()
	_peer_width = peer_names.size()


func _take_hosts(list: Array) -> void:
	var present: Dictionary[int, bool] = {}
	for entry: Variant in list.slice(0, MAX_HOSTS):
		var facts := CheckedRs.dictionary(entry)
		var object := CheckedRs.integer(facts.get("object"))
		if object == 0:
			continue
		if not hosts.has(object):
			hosts[object] = HostRs.new(object, _host_columns, _peer_columns)
		hosts[object].describe(facts)
		hosts[object].is_closed = false
		present[object] = true
	var closed: Array[int] = []
	for object: int in hosts:
		if not present.has(object):
			hosts[object].is_closed = true
			closed.append(object)
	while hosts.size() > MAX_HOSTS and not closed.is_empty():
		hosts.erase(closed.pop_front())


func _take_snapshot(data: Array) -> void:
	var time := CheckedRs.number(CheckedRs.at(data, 0), -1.0)
	if time < 0.0 or time > MAX_TIME or _host_width < 0:
		return
	if time < last_time - HostRs.SeriesRs.MAX_AGE:
		# A time that was too high would refuse all that follow.
		clear_history()
	if time < last_time:
		return
	for entry: Variant in CheckedRs.list(CheckedRs.at(data, 1)).slice(0, MAX_HOSTS):
		var parts := CheckedRs.list(entry)
		var object := CheckedRs.integer(CheckedRs.at(parts, 0))
		if hosts.has(object):
			hosts[object].take(time, CheckedRs.floats(CheckedRs.at(parts, 1)), _host_width, CheckedRs.ints(CheckedRs.at(parts, 2)),
				CheckedRs.floats(CheckedRs.at(parts, 3)), _peer_width)
	if first_time < 0.0:
		first_time = time
	last_time = time
	first_time = maxf(first_time, time - HostRs.SeriesRs.MAX_AGE)


func _take_events(list: Array) -> void:
	for entry: Variant in list.slice(0, MAX_ENTRIES):
		var parts := CheckedRs.list(entry)
		if parts.size() >= 5:
			events.add(CheckedRs.number(parts[0]), CheckedRs.integer(parts[1]), CheckedRs.text(parts[2]), CheckedRs.integer(parts[3]),
				CheckedRs.text(parts[4]))


func _take_talkers(host: HostRs, list: Array) -> void:
	for entry: Variant in list.slice(0, MAX_ENTRIES):
		var parts := CheckedRs.list(entry)
		if parts.size() >= 5:
			host.talkers.add(last_time, "in" if CheckedRs.text(parts[0]) == "in" else "out", CheckedRs.text(parts[1]),
				CheckedRs.text(parts[2]), CheckedRs.integer(parts[3]), CheckedRs.integer(parts[4]))
