@tool
extends RefCounted
## What is known of a running game: takes the debugger's messages, answers the views' questions. Without any Control.

const Checked := preload("checked.gd")
const EngineProfile := preload("engine_profile.gd")
const EventLog := preload("event_log.gd")
const Figures := preload("figures.gd")
const Host := preload("host.gd")

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
var hosts: Dictionary[int, Host] = {}
var events: EventLog = EventLog.new()
var engine: EngineProfile = EngineProfile.new()
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
			told["peers"] = host.peers.values().filter(func(peer: Host.Peer) -> bool: return not peer.is_gone).map(
				func(peer: Host.Peer) -> Dictionary: return {"id": peer.id, "address": peer.address, "state": peer.state})
	hosts.clear()
	_take_hosts(facts)
	for told in facts:
		hosts[told["object"]].set_peers(Checked.list(told["peers"]))
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
				_take_hello(Checked.dictionary(Checked.at(data, 0)))
			"hosts":
				_take_hosts(Checked.list(Checked.at(data, 0)))
			"peers":
				_of_host(data, func(host: Host) -> void: host.set_peers(Checked.list(Checked.at(data, 1))))
			"snapshot":
				_take_snapshot(data)
			"events":
				_take_events(Checked.list(Checked.at(data, 0)))
			"talkers":
				_of_host(data, _take_talkers.bind(Checked.list(Checked.at(data, 1))))
			"sizes":
				_of_host(data, func(host: Host) -> void:
					host.sizes.add(last_time, Checked.ints(Checked.at(data, 1)), Checked.ints(Checked.at(data, 2))))
			"timeline":
				_of_host(data, func(host: Host) -> void:
					host.timeline.add(Checked.longs(Checked.at(data, 1)), Checked.bytes(Checked.at(data, 2)),
						Checked.ints(Checked.at(data, 3)), Checked.ints(Checked.at(data, 4)), Checked.list(Checked.at(data, 5))))
			_:
				return false
	revision += 1
	return true


func title() -> String:
	var text := Checked.text(info.get("title"))
	if info.has("pid"):
		text += " (pid %d)" % Checked.integer(info["pid"])
	return text + ", headless" if Checked.truth(info.get("headless")) else text


func _of_host(data: Array, action: Callable) -> void:
	var object := Checked.integer(Checked.at(data, 0))
	if hosts.has(object):
		action.call(hosts[object])


func _take_hello(told: Dictionary) -> void:
	var protocol := Checked.integer(told.get("protocol"))
	if protocol != PROTOCOL:
		trouble = "The game's extension has version %d of the debugger messages, this tab has %d: use the same addon in both." % [
			protocol, PROTOCOL]
		return
	trouble = ""
	var host_names := Checked.names(told.get("host_columns"))
	var peer_names := Checked.names(told.get("peer_columns"))
	# The game greets after each "watch". What is known stays, except hosts that read rows with other columns.
	info = told
	var host_columns := Figures.places(host_names)
	var peer_columns := Figures.places(peer_names)
	if host_columns != _host_columns or peer_columns != _peer_columns:
		hosts.clear()
	_host_columns = host_columns
	_peer_columns = peer_columns
	_host_width = host_names.size()
	_peer_width = peer_names.size()


func _take_hosts(list: Array) -> void:
	var present: Dictionary[int, bool] = {}
	for entry: Variant in list.slice(0, MAX_HOSTS):
		var facts := Checked.dictionary(entry)
		var object := Checked.integer(facts.get("object"))
		if object == 0:
			continue
		if not hosts.has(object):
			hosts[object] = Host.new(object, _host_columns, _peer_columns)
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
	var time := Checked.number(Checked.at(data, 0), -1.0)
	if time < 0.0 or time > MAX_TIME or _host_width < 0:
		return
	if time < last_time - Host.Series.MAX_AGE:
		# A time that was too high would refuse all that follow.
		clear_history()
	if time < last_time:
		return
	for entry: Variant in Checked.list(Checked.at(data, 1)).slice(0, MAX_HOSTS):
		var parts := Checked.list(entry)
		var object := Checked.integer(Checked.at(parts, 0))
		if hosts.has(object):
			hosts[object].take(time, Checked.floats(Checked.at(parts, 1)), _host_width, Checked.ints(Checked.at(parts, 2)),
				Checked.floats(Checked.at(parts, 3)), _peer_width)
	if first_time < 0.0:
		first_time = time
	last_time = time
	first_time = maxf(first_time, time - Host.Series.MAX_AGE)


func _take_events(list: Array) -> void:
	for entry: Variant in list.slice(0, MAX_ENTRIES):
		var parts := Checked.list(entry)
		if parts.size() >= 5:
			events.add(Checked.number(parts[0]), Checked.integer(parts[1]), Checked.text(parts[2]), Checked.integer(parts[3]),
				Checked.text(parts[4]))


func _take_talkers(host: Host, list: Array) -> void:
	for entry: Variant in list.slice(0, MAX_ENTRIES):
		var parts := Checked.list(entry)
		if parts.size() >= 5:
			host.talkers.add(last_time, "in" if Checked.text(parts[0]) == "in" else "out", Checked.text(parts[1]),
				Checked.text(parts[2]), Checked.integer(parts[3]), Checked.integer(parts[4]))
