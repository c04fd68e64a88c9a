extends RefCounted
## Base of the conformance tables. A case performs operations on objects of its kit and notes the results. The
## runner executes it once per kit and compares the notes. For random values (ids, ports, times) a case notes the
## properties that must hold. The other end of a connection is always a stock object.

const Kit := preload("res://lib/kit.gd")
const Record := preload("res://lib/conformance_record.gd")
const Differences := preload("res://lib/differences.gd")
const ErrorLog := preload("res://lib/error_log.gd")
const Ports := preload("res://lib/ports.gd")

const LOCALHOST := "127.0.0.1"

var kit: Kit
var tree: SceneTree

var _record := Record.new()
var _errors: ErrorLog
var _differences: Differences
## Events that service() returned for each connection, by instance id.
var _events: Dictionary[int, Array] = {}
var _is_done := false


## Two connected ENetConnections, each with the packet peer that represents the other.
class Pair:
	var subject: RefCounted
	var partner: RefCounted
	## The subject's packet peer for its partner.
	var subject_peer: PacketPeer
	var partner_peer: PacketPeer

	func both() -> Array[RefCounted]:
		return [subject, partner]


func prepare(scene_tree: SceneTree, own_kit: Kit, errors: ErrorLog, differences: Differences) -> void:
	tree = scene_tree
	kit = own_kit
	_errors = errors
	_differences = differences


## Every case calls this at its end, so that a script error that ends it early is noticed.
func done() -> void:
	_is_done = true


func finish() -> Record:
	for error in _errors.take():
		_record.failures.append("unexpected error line: %s" % error)
	if not _is_done:
		_record.failures.append("the case did not reach its end")
	elif _record.entries.is_empty():
		_record.failures.append("the case noted nothing")
	return _record


## Checks a precondition of the notes.
func check(holds: bool, what: String) -> void:
	if not holds:
		_record.failures.append(what)


# Notes

func note(label: String, value: Variant) -> void:
	_record.add(label, plain(value))


## Replaces note() for an intended difference: stock must give exactly the one value and ours exactly the other.
func differs(label: String, value: Variant, id: String, stock_value: Variant, ours_value: Variant) -> void:
	check(_differences.has(id), "%s: docs/differences.md has no heading %s" % [label, id])
	var actual: Variant = plain(value)
	var expected: Variant = ours_value if kit.is_ours else stock_value
	check(Record.same(actual, expected), "%s (%s): expected %s, got %s" % [
		label, id, Record.shown(expected), Record.shown(actual)])
	_record.add(label, actual, id)


## Notes whether errors were printed since the previous call.
func note_errors(label: String) -> void:
	note(label, take_errors())


## Takes the error lines and returns whether there were any. An error of our classes must name its class; `by_engine`
## is for calls whose error is printed by the engine itself.
func take_errors(by_engine: bool = false) -> bool:
	var lines := _errors.take()
	for line in lines:
		if kit.is_ours and not by_engine:
			check(line.contains("Rs."), "an error line without the name of our class: %s" % line)
	return not lines.is_empty()


## Calls a method, notes its result and whether it prints an error, and returns the result.
## Random arguments require a label.
func attempt(object: Object, method: StringName, arguments: Array = [], label: String = "") -> Variant:
	var own_label := label if not label.is_empty() else "%s%s" % [method, _shown(arguments)]
	var result: Variant = object.callv(method, arguments)
	note(own_label, result)
	# The engine prints an error of its own when get_var gets no packet.
	note("%s prints" % own_label, take_errors(method == &"get_var"))
	return result


## attempt() for an intended difference: `stock` and `ours` are the expected results, each with whether an error is
## printed.
func attempt_apart(
	object: Object, method: StringName, arguments: Array, id: String, stock: Array, ours: Array,
) -> void:
	var result: Variant = object.callv(method, arguments)
	var label := "%s%s" % [method, _shown(arguments)]
	differs(label, [plain(result), take_errors()], id, stock, ours)


## The value with every object replaced by the stock name of its class.
func plain(value: Variant) -> Variant:
	# typeof() of a null object may be TYPE_OBJECT or TYPE_NIL; both count as null.
	if value == null:
		return null
	if typeof(value) == TYPE_OBJECT:
		var object: Object = value
		return "<%s>" % kit.stock_name(object)
	if typeof(value) != TYPE_ARRAY:
		return value
	var list: Array = value
	var plain_list := list.map(plain)
	if list.is_typed():
		var own_class := String(list.get_typed_class_name())
		return {"array of": own_class.trim_suffix(Kit.OUR_SUFFIX) if kit.is_ours else own_class, "items": plain_list}
	return plain_list


func _shown(arguments: Array) -> String:
	return "(%s)" % ", ".join(arguments.map(func(argument: Variant) -> String: return str(plain(argument)).left(40)))


# Connections

func free_port() -> int:
	var port := Ports.find_free()
	check(port > 0, "there is a free port")
	return port


func partner_connection() -> ENetConnection:
	return ENetConnection.new()


func partner_peer() -> ENetMultiplayerPeer:
	return ENetMultiplayerPeer.new()


## A connection of the subject's kind that is ready to connect.
func new_host(max_peers: int = 8, max_channels: int = 0) -> RefCounted:
	var connection := kit.connection()
	var error: Error = connection.call(&"create_host", max_peers, max_channels)
	check(error == OK, "create_host: %s" % error_string(error))
	return connection


## A stock connection that has begun to connect.
func new_client(port: int, channels: int = 0, data: int = 0) -> ENetConnection:
	var partner := partner_connection()
	check(partner.create_host(1) == OK, "the partner's create_host")
	check(partner.connect_to_host(LOCALHOST, port, channels, data) != null, "the partner's connect_to_host")
	return partner


## Makes a connection listen on a port chosen by the system, and returns the port.
func listen(connection: RefCounted, max_peers: int = 8, max_channels: int = 0) -> int:
	var error: Error = connection.call(&"create_host_bound", LOCALHOST, 0, max_peers, max_channels)
	check(error == OK, "listening: %s" % error_string(error))
	return connection.call(&"get_local_port")


## A connected pair. The subject initiates the connection, or the partner does if the subject `accepts`.
func connected_pair(channels: int = 0, data: int = 0, accepts: bool = false) -> Pair:
	return connect_pair(kit.connection(), partner_connection(), channels, data, accepts)


func connect_pair(
	subject: RefCounted, partner: RefCounted, channels: int = 0, data: int = 0, accepts: bool = false,
) -> Pair:
	var pair := Pair.new()
	pair.subject = subject
	pair.partner = partner
	var acceptor := subject if accepts else partner
	var connector := partner if accepts else subject
	var port := listen(acceptor)
	var error: Error = connector.call(&"create_host", 8)
	check(error == OK, "creating the connecting host: %s" % error_string(error))
	var out: PacketPeer = connector.call(&"connect_to_host", LOCALHOST, port, channels, data)
	check(out != null, "connect_to_host")
	var is_up := func() -> bool:
		return not events(acceptor).is_empty() and not events(connector).is_empty()
	check(serve(pair.both(), is_up), "the pair connects")
	var peers: Array = acceptor.call(&"get_peers")
	check(peers.size() == 1, "the acceptor has its peer")
	var accepted: PacketPeer = null if peers.is_empty() else peers[0]
	pair.subject_peer = accepted if accepts else out
	pair.partner_peer = out if accepts else accepted
	return pair


## Serves connections in turn until the condition holds. Returns false if it does not hold within `seconds`.
## Every event other than EVENT_NONE is kept for events().
func serve(connections: Array, condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		for connection: RefCounted in connections:
			serve_once(connection)
		OS.delay_usec(200)
	return true


func serve_for(connections: Array, seconds: float) -> void:
	serve(connections, func() -> bool: return false, seconds)


func serve_once(connection: RefCounted) -> void:
	var result: Array = connection.call(&"service", 0)
	if result[0] == ENetConnection.EVENT_NONE:
		return
	var peer: PacketPeer = result[1]
	# A peer's class must match that of its connection.
	var expected := connection.get_class().replace("ENetConnection", "ENetPacketPeer")
	var kind := "none" if peer == null else ("peer" if peer.get_class() == expected else peer.get_class())
	var waiting := 0 if peer == null else peer.get_available_packet_count()
	events(connection).append([result[0], kind, result[2], result[3], waiting])


## Events so far: [type, "peer" or "none", data, channel, packets waiting on the peer].
func events(connection: RefCounted) -> Array:
	return _events.get_or_add(connection.get_instance_id(), [])


func clear_events() -> void:
	for list: Array in _events.values():
		list.clear()


## A condition: the connection has had at least `count` events.
func had(connection: RefCounted, count: int) -> Callable:
	return func() -> bool: return events(connection).size() >= count
