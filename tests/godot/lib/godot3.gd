extends RefCounted
## A Godot 3 in another process, whose peers execute commands received over a TCP connection.

const PROJECT := "../godot3"
## Allows for a slow start on a busy machine.
const SECONDS := 30.0

## Peers of the other process, by name.
var puppets: Dictionary[String, Puppet] = {}

var _process := 0
var _commands: StreamPeerTCP


## A peer of the other process with everything that it has reported.
class Puppet:
	var name: String
	## In the same form as the events of an End: "+5" for peer_connected(5), "connection_succeeded".
	var events: Array[String] = []
	var packets: Array[Packet] = []
	## The unique id, once the peer has one.
	var id := 0
	## Results of host and join.
	var results: Array[int] = []
	## Errors of failed sends.
	var failures: Array[int] = []

	func texts() -> Array[String]:
		var list: Array[String] = []
		for packet in packets:
			list.append("%d: %s" % [packet.from, packet.bytes.get_string_from_ascii()])
		return list


class Packet:
	var from: int
	## ENet's channel number.
	var channel: int
	var bytes: PackedByteArray


static func is_there() -> bool:
	return not OS.get_environment("GODOT3").is_empty()


## The members of Godot 3's class that scripts can see.
static func surface() -> Dictionary:
	var output: Array[String] = []
	OS.execute(OS.get_environment("GODOT3"), _arguments(["surface.gd"]), output)
	for line in output[0].split("\n"):
		if line.begins_with("{"):
			return JSON.parse_string(line)
	return {}


static func _arguments(own: Array[String]) -> PackedStringArray:
	var project := ProjectSettings.globalize_path("res://").path_join(PROJECT)
	return PackedStringArray(["--path", project, "--script"] + own)


## Starts a script in Godot 3 that runs without commands. Returns the process id for OS.kill().
static func run(own: Array[String]) -> int:
	return OS.create_process(OS.get_environment("GODOT3"), _arguments(own))


## Starts the process and returns whether it has connected.
func start() -> bool:
	var server := TCPServer.new()
	if server.listen(0, "127.0.0.1") != OK:
		return false
	_process = run(["puppets.gd", str(server.get_local_port())])
	var deadline := Time.get_ticks_msec() + int(SECONDS * 1000.0)
	while _process > 0 and Time.get_ticks_msec() < deadline:
		if server.is_connection_available():
			_commands = server.take_connection()
			_commands.set_no_delay(true)
			return true
		OS.delay_usec(500)
	return false


func stop() -> void:
	if _process > 0:
		OS.kill(_process)
		_process = 0


## A new peer with these properties set.
func make(properties: Dictionary) -> Puppet:
	var puppet := Puppet.new()
	puppet.name = "peer %d" % puppets.size()
	puppets[puppet.name] = puppet
	_tell(puppet, "make", {"properties": properties})
	return puppet


func host(puppet: Puppet, port: int) -> void:
	_tell(puppet, "host", {"port": port})


func join(puppet: Puppet, port: int) -> void:
	_tell(puppet, "join", {"port": port})


func send(puppet: Puppet, bytes: PackedByteArray, target: int, mode: int, channel: int = -1) -> void:
	var text := Marshalls.raw_to_base64(bytes)
	_tell(puppet, "send", {"target": target, "mode": mode, "channel": channel, "bytes": text})


func kick(puppet: Puppet, id: int, now: bool) -> void:
	_tell(puppet, "kick", {"id": id, "now": now})


func close(puppet: Puppet) -> void:
	_tell(puppet, "close", {})


func _tell(puppet: Puppet, what: String, more: Dictionary) -> void:
	if _commands != null:
		_commands.put_utf8_string(JSON.stringify(more.merged({"do": what, "name": puppet.name})))


## Reads the reports since the previous call.
func poll() -> void:
	if _commands == null:
		return
	_commands.poll()
	while _commands.get_available_bytes() > 0:
		var told: Dictionary = JSON.parse_string(_commands.get_utf8_string())
		var name: String = told["name"]
		var puppet := puppets[name]
		if told.has("event"):
			puppet.events.append(str(told["event"]))
		elif told.has("bytes"):
			var packet := Packet.new()
			packet.from = _number(told, "from")
			packet.channel = _number(told, "channel")
			packet.bytes = Marshalls.base64_to_raw(str(told["bytes"]))
			puppet.packets.append(packet)
		elif told.has("failure"):
			puppet.failures.append(_number(told, "failure"))
		else:
			puppet.results.append(_number(told, "result"))
			puppet.id = _number(told, "id")


static func _number(told: Dictionary, key: String) -> int:
	var number: float = told[key]
	return roundi(number)
