@tool
extends RefCounted
## The engine's own profiler of multiplayer: counts by node and by synchronizer, of all of the game's MultiplayerAPIs.

const CheckedRs := preload("checked.gd")
const TalkersRs := preload("talkers.gd")

const MAX_ROWS := 7000
const MAX_NAMES := 4096
const NODE := "node"
const SYNCHRONIZER := "synchronizer"

var talkers: TalkersRs = TalkersRs.new()
## Payload in bytes a second, as the engine counts it.
var bandwidth_in := 0
var bandwidth_out := 0

## Names of objects: of synchronizers the node's path, of configurations the file.
var _names: Dictionary[int, String] = {}
## Synchronizers and their configurations.
var _configs: Dictionary[int, int] = {}


func clear() -> void:
	talkers.clear()
	_names.clear()
	_configs.clear()


## Takes a message of the engine. Returns whether it was one that is known.
func take(name: String, data: Array, time: float) -> bool:
	match name:
		"rpc":
			_take_rpcs(data, time)
		"syncs":
			_take_syncs(data, time)
		"cache":
			_take_names(data)
		"bandwidth":
			bandwidth_in = CheckedRs.integer(CheckedRs.at(data, 0))
			bandwidth_out = CheckedRs.integer(CheckedRs.at(data, 1))
		_:
			return false
	return true


## The first element is the number of those behind it, six for each node.
func _take_rpcs(data: Array, time: float) -> void:
	for at in range(1, mini(data.size(), MAX_ROWS) - 5, 6):
		_count(time, NODE, CheckedRs.text(data[at + 1]), data, at + 2)


func _take_syncs(data: Array, time: float) -> void:
	for at in range(1, mini(data.size(), MAX_ROWS) - 6, 7):
		var id := CheckedRs.integer(data[at])
		if _configs.size() < MAX_NAMES or _configs.has(id):
			_configs[id] = CheckedRs.integer(data[at + 1])
		_count(time, SYNCHRONIZER, _placeholder(id), data, at + 3)
		_name(id)


func _count(time: float, kind: String, name: String, data: Array, at: int) -> void:
	for direction: String in ["in", "out"]:
		var count := CheckedRs.integer(data[at])
		var bytes := CheckedRs.integer(data[at + 1])
		if count > 0:
			talkers.add(time, direction, kind, name, count, bytes)
		at += 2


## The engine's own tab asks for the names of what it does not know yet.
func _take_names(data: Array) -> void:
	for at in range(0, mini(data.size(), MAX_ROWS) - 2, 3):
		if _names.size() < MAX_NAMES:
			_names[CheckedRs.integer(data[at])] = CheckedRs.text(data[at + 2])
	for id: int in _configs:
		_name(id)


func _name(id: int) -> void:
	var name: String = _names.get(id, "")
	if not name.is_empty():
		var config: int = _configs.get(id, 0)
		var file: String = _names.get(config, "")
		talkers.rename(SYNCHRONIZER, _placeholder(id), name, file.get_slice("::", 0))


func _placeholder(id: int) -> String:
	return "object %d" % id
