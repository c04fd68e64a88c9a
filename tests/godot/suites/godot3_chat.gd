extends "res://lib/suite.gd"
## A chat for Godot 3 and its port according to docs/migrating-from-godot3.md, in one session.

const Godot3 := preload("res://lib/godot3.gd")
const CHAT := "res://lib/chat.gd"

var _processes: Array[int] = []
var _chats: Array[RefCounted] = []


func reason_to_skip() -> String:
	if not Godot3.is_there():
		return "the variable GODOT3 is not set to a Godot 3"
	return "" if client_class.ends_with("Rs") and client_class == server_class else "only our class can talk to Godot 3"


func clean_up() -> void:
	for process in _processes:
		OS.kill(process)
	for chat in _chats:
		chat.call(&"quit")
	await super()


## Starts the original in a process of its own.
func _original(role: String, port: int, name: String) -> void:
	_processes.append(Godot3.run(["chat_main.gd", role, str(port), name]))


## Starts the port. It names our class, so the script can be loaded only where that exists.
func _port_of_it(role: StringName, port: int, name: String) -> RefCounted:
	var script: GDScript = load(CHAT)
	var chat: RefCounted = script.new()
	_chats.append(chat)
	equal(chat.call(role, port, name), OK, role)
	return chat


func _lines(chat: RefCounted) -> Array[String]:
	return chat.get(&"lines")


## Runs all participants until the given chat has all of these lines.
func _expect(chat: RefCounted, lines: Array[String], seconds: float = 10.0) -> void:
	var has_all := func() -> bool:
		for each in _chats:
			each.call(&"poll")
		return lines.all(func(line: String) -> bool: return _lines(chat).has(line))
	check(pump([], has_all, seconds), "expected %s, got %s" % [lines, _lines(chat)])


func case_the_original_hosts() -> void:
	var port := free_port()
	_original("host", port, "Anna")
	var ben := _port_of_it(&"join", port, "Ben")
	# The other process may be slow to start; the connect request is repeated meanwhile.
	_expect(ben, ["connected", "Anna: welcome Ben"], 40.0)
	var carl := _port_of_it(&"join", port, "Carl")
	_original("join", port, "Dora")
	_expect(carl, ["connected", "Anna: welcome Carl", "Ben: welcome Carl", "Dora: welcome Carl"], 40.0)
	_expect(ben, ["Carl: welcome Ben", "Dora: welcome Ben", "Anna: waves", "Dora: waves"])
	ben.call(&"say", "who is there")
	_expect(carl, ["Ben: who is there", "Anna: Ben from 127.0.0.1"])
	ben.call(&"say", "send me away", 1)
	_expect(ben, ["the server is gone"])
	_expect(carl, ["Ben is gone"])
	carl.call(&"say", "leave", 1)
	_expect(carl, ["the server is gone"])
	done()


func case_the_port_hosts() -> void:
	var port := free_port()
	var anna := _port_of_it(&"host", port, "Anna")
	_original("join", port, "Ben")
	_original("join", port, "Carl")
	var dora := _port_of_it(&"join", port, "Dora")
	_expect(anna, ["Ben: welcome Anna", "Carl: welcome Anna", "Dora: welcome Anna", "Ben: waves", "Carl: waves"], 40.0)
	_expect(dora, ["connected", "Anna: welcome Dora", "Ben: welcome Dora", "Carl: welcome Dora"], 40.0)
	dora.call(&"say", "who is there")
	_expect(dora, ["Anna: Dora from 127.0.0.1"])
	var names: Dictionary = dora.get(&"names")
	dora.call(&"say", "leave", names.find_key("Ben"))
	_expect(anna, ["Ben is gone"])
	_expect(dora, ["Ben is gone"])
	dora.call(&"say", "send me away", 1)
	_expect(dora, ["the server is gone"])
	done()
