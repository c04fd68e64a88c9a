extends "res://lib/compression_suite.gd"
## Base of the suites in which our class speaks Godot 3's wire protocol with a real Godot 3.

const Godot3 := preload("res://lib/godot3.gd")
const WIRE_GODOT3 := 1
const SERVER_ID := 1
const RELIABLE_MODE := MultiplayerPeer.TRANSFER_MODE_RELIABLE

## Session compositions: servers of either kind with clients of both kinds.
const MIXTURES: Array[String] = ["ours: ours, ours, theirs", "ours: theirs, theirs, ours", "theirs: ours, ours, theirs", "theirs: theirs, theirs, ours"]

var _godot3: Godot3
## Members of the current session. The server comes first.
var _members: Array[Member] = []
var _port := 0


## A peer in this process (`here`) or in Godot 3's (`there`).
class Member:
	var here: End
	var there: Godot3.Puppet
	## Known once the peer is created, and kept after the peer is closed.
	var id := 0

	func events() -> Array[String]:
		return here.events if here != null else there.events

	## Received packets as "5: text".
	func texts() -> Array[String]:
		if there != null:
			return there.texts()
		var list: Array[String] = []
		for packet in here.packets:
			list.append("%d: %s" % [packet.from, packet.bytes.get_string_from_ascii()])
		return list

	func is_server() -> bool:
		return id == SERVER_ID

	func _to_string() -> String:
		return "%s (%d)" % ["ours" if here != null else "theirs", id]


func reason_to_skip() -> String:
	if not Godot3.is_there():
		return "the variable GODOT3 is not set to a Godot 3"
	return "" if client_class.ends_with("Rs") and client_class == server_class else "only our class can talk to Godot 3"


func clean_up() -> void:
	if _godot3 != null:
		_godot3.stop()
	await super()


## A member in this process or in Godot 3's. `properties` must exist in both classes.
func new_member(is_here: bool, properties: Dictionary = {}) -> Member:
	var member := Member.new()
	# The classes have different defaults for it.
	var settings := properties.merged({"compression_mode": NONE})
	if is_here:
		member.here = new_end(client_class)
		for name: StringName in settings:
			member.here.peer.set(name, settings[name])
		member.here.peer.set(&"wire_protocol", WIRE_GODOT3)
		var events := member.here.events
		for name: StringName in [&"connection_succeeded", &"connection_failed", &"server_disconnected"]:
			member.here.peer.connect(name, func() -> void: events.append(String(name)))
	else:
		if _godot3 == null:
			_godot3 = Godot3.new()
			check(_godot3.start(), "Godot 3 starts")
		member.there = _godot3.make(settings)
	return member


## Creates the session's server, or a client of it.
func begin(member: Member, is_server: bool) -> void:
	_members.append(member)
	if member.here != null:
		equal(member.here.host(_port) if is_server else member.here.join(_port), OK, "creating the peer")
		member.id = member.here.id()
		return
	_godot3.host(member.there, _port) if is_server else _godot3.join(member.there, _port)
	check(until(func() -> bool: return not member.there.results.is_empty()), "Godot 3 answers")
	equal(member.there.results, [OK] as Array[int], "creating the peer in Godot 3")
	member.id = member.there.id


## A server and clients of a mixture, connected and known to each other as far as possible. Returns an empty array
## if that fails.
func session(mixture: String, properties: Dictionary = {}) -> Array[Member]:
	_members.clear()
	_port = free_port()
	var kinds := mixture.replace(":", ",").split(", ")
	for number in kinds.size():
		begin(new_member(kinds[number] == "ours", properties), number == 0)
	var relays: bool = properties.get("server_relay", true)
	var is_met := until(func() -> bool: return know_each_other(relays), 20.0)
	check(is_met, "%s: all members know each other: %s" % [mixture, told()])
	return _members.duplicate() if is_met else ([] as Array[Member])


func know_each_other(relays: bool = true) -> bool:
	for member in _members:
		for other in _members:
			var must_know := member != other and (relays or member.is_server() or other.is_server())
			if must_know and not member.events().has("+%d" % other.id):
				return false
		if not member.is_server() and not member.events().has("connection_succeeded"):
			return false
	return true


func told() -> Array[String]:
	var list: Array[String] = []
	for member in _members:
		list.append("%s %s" % [member, member.events()])
	return list


## Lets both processes run until the condition holds. Returns false if it does not hold within `seconds`.
func until(condition: Callable, seconds: float = 5.0) -> bool:
	var step := func() -> bool:
		if _godot3 != null:
			_godot3.poll()
		return condition.call()
	return pump(_ends, step, seconds)


func send_as(member: Member, bytes: PackedByteArray, target: int, mode: int = RELIABLE_MODE) -> void:
	if member.here != null:
		equal(member.here.send(bytes, target, mode, -1), OK, "put_packet")
	else:
		_godot3.send(member.there, bytes, target, mode)


func say_as(member: Member, text: String, target: int) -> void:
	send_as(member, text.to_utf8_buffer(), target)


## A member leaves the session.
func leave(member: Member) -> void:
	_members.erase(member)
	if member.here != null:
		member.here.peer.call(&"close_connection")
	else:
		_godot3.close(member.there)


## The server disconnects a member.
func kick(member: Member, by_force: bool) -> void:
	var server := _members[0]
	_members.erase(member)
	if server.here != null:
		server.here.peer.disconnect_peer(member.id, by_force)
	else:
		_godot3.kick(server.there, member.id, by_force)
