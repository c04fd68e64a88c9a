extends "res://lib/conformance_case.gd"
## Base of the tables on the multiplayer peer. The subjects are peers of the kit. Their partners are stock
## ENetConnections, the far ends, which record what is on the wire. The far ends of a server choose their ids, so
## that notes may contain them.

const DISCONNECTED := MultiplayerPeer.CONNECTION_DISCONNECTED
const CONNECTING := MultiplayerPeer.CONNECTION_CONNECTING
const CONNECTED := MultiplayerPeer.CONNECTION_CONNECTED
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
const ORDERED := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const MODES: Array[int] = [UNRELIABLE, ORDERED, RELIABLE]
## Time without an event after which the event counts as absent.
const QUIET_SECONDS := 0.05

var far_ends: Array[FarEnd] = []

var _subjects: Array[MultiplayerPeer] = []
## Signals of each subject, by instance id: "+5" for peer_connected(5), "-5" for peer_disconnected(5).
var _signals: Dictionary[int, Array] = {}
## Connected handlers as [object, signal, callable]. They keep the peers that they capture alive.
var _handlers: Array[Array] = []


## The stock end of a connection.
class FarEnd:
	var connection := ENetConnection.new()
	var link: ENetPacketPeer
	var id := 0
	## "connect 7" and "disconnect 7" with the data, and packets as "channel/flags text".
	var seen: Array = []

	func serve() -> void:
		while true:
			var event := connection.service()
			var peer: ENetPacketPeer = event[1]
			match event[0]:
				ENetConnection.EVENT_CONNECT:
					link = peer
					seen.append("connect %d" % event[2])
				ENetConnection.EVENT_DISCONNECT:
					seen.append("disconnect %d" % event[2])
				ENetConnection.EVENT_RECEIVE:
					var flags := peer.get_packet_flags()
					var text := peer.get_packet().slice(0, 32).get_string_from_ascii()
					seen.append("%d/%d %s" % [event[3], flags, text])
				ENetConnection.EVENT_ERROR:
					seen.append("error")
					return
				_:
					return

	## The packets without the other events.
	func packets() -> Array:
		return seen.filter(func(what: String) -> bool: return what.contains("/"))

	func say(text: String, channel: int = 0, flags: int = ENetPacketPeer.FLAG_RELIABLE) -> Error:
		var error := link.send(channel, text.to_utf8_buffer(), flags)
		connection.flush()
		return error

	## On a busy machine a late acknowledgement would make either end throttle unreliable packets.
	func keep_throttle_open() -> void:
		link.throttle_configure(5000, 2, 0)
		connection.flush()


func finish() -> Record:
	for handler in _handlers:
		var emitter: Object = handler[0]
		var signal_name: StringName = handler[1]
		var callable: Callable = handler[2]
		if emitter.is_connected(signal_name, callable):
			emitter.disconnect(signal_name, callable)
	_handlers.clear()
	for subject in _subjects:
		subject.close()
	_subjects.clear()
	return super()


# Subjects

## A new, inactive peer of the kit.
func new_subject() -> MultiplayerPeer:
	var subject := kit.peer()
	_subjects.append(subject)
	var list: Array = []
	_signals[subject.get_instance_id()] = list
	on(subject, &"peer_connected", func(id: int) -> void: list.append("+%d" % id))
	on(subject, &"peer_disconnected", func(id: int) -> void: list.append("-%d" % id))
	return subject


## Makes a call whose success is a precondition of the notes.
func must(object: Object, method: StringName, arguments: Array = []) -> void:
	var error: Error = object.callv(method, arguments)
	check(error == OK, "%s: %s" % [method, error_string(error)])


## A server of the kit that far ends with these ids have joined.
func server_with(ids: Array[int], max_channels: int = 0) -> MultiplayerPeer:
	var server := new_subject()
	must(server, &"create_server", [free_port(), 8, max_channels])
	for id in ids:
		join(server, id)
		check(drive(func() -> bool: return signals(server).has("+%d" % id) and _is_up(far_ends[-1])), "%d joins" % id)
		far_ends[-1].keep_throttle_open()
	return server


static func _is_up(far: FarEnd) -> bool:
	return far.seen.has("connect 0")


## A far end that begins to join a server.
func join(server: MultiplayerPeer, id: int, channels: int = 0) -> FarEnd:
	return join_port(port_of(server), id, channels)


func join_port(port: int, id: int, channels: int = 0) -> FarEnd:
	var far := FarEnd.new()
	far.id = id
	check(far.connection.create_host(1) == OK, "the far end's create_host")
	far.link = far.connection.connect_to_host(LOCALHOST, port, channels, id)
	far_ends.append(far)
	return far


func port_of(server: MultiplayerPeer) -> int:
	var host: RefCounted = server.call(&"get_host")
	return host.call(&"get_local_port")


## A client of the kit, connected to a far end as its server.
func client(channels: int = 0, far_channels: int = 0) -> MultiplayerPeer:
	var subject := connecting_client(channels, far_channels)
	var far := far_ends[-1]
	var both_up := func() -> bool: return is_up(subject) and not far.seen.is_empty()
	check(drive(both_up), "the client connects")
	far.keep_throttle_open()
	far.seen.clear()
	return subject


func connecting_client(channels: int = 0, far_channels: int = 0) -> MultiplayerPeer:
	var far := FarEnd.new()
	far_ends.append(far)
	var subject := new_subject()
	must(subject, &"create_client", [LOCALHOST, listen(far.connection, 8, far_channels), channels])
	return subject


## A mesh of the kit with id 1 and a host for each of these ids, each connected to a far end.
func mesh_with(ids: Array[int]) -> MultiplayerPeer:
	var mesh := new_subject()
	must(mesh, &"create_mesh", [1])
	for id in ids:
		must(mesh, &"add_mesh_peer", [id, mesh_host()])
		far_ends[-1].id = id
	return mesh


## A connection of the kit that is connected to a new far end.
func mesh_host(channels: int = 0) -> RefCounted:
	var far := FarEnd.new()
	far_ends.append(far)
	var port := listen(far.connection)
	var host := new_host(8)
	var out: PacketPeer = host.call(&"connect_to_host", LOCALHOST, port, channels)
	check(out != null, "connect_to_host")
	var is_over := func() -> bool:
		serve_once(host)
		far.serve()
		return not events(host).is_empty() and far.link != null
	check(wait_until(is_over), "the mesh's host connects")
	far.keep_throttle_open()
	far.seen.clear()
	return host


## A subject in the named mode, connected to one far end, which it knows as `far_id`.
func subject_of(mode: String) -> MultiplayerPeer:
	match mode:
		"server":
			return server_with([20])
		"client":
			return client()
		_:
			return mesh_with([20])


## The id under which the subject of a mode knows its far end.
static func far_id(mode: String) -> int:
	return 1 if mode == "client" else 20


## Drops this table's references to a subject, so that the case holds the last one.
func forget(subject: MultiplayerPeer) -> void:
	_subjects.erase(subject)
	_handlers = _handlers.filter(func(handler: Array) -> bool: return handler[0] != subject)


func is_up(subject: MultiplayerPeer) -> bool:
	return subject.get_connection_status() == CONNECTED


func is_active(subject: MultiplayerPeer) -> bool:
	return subject.get_connection_status() != DISCONNECTED


func signals(subject: MultiplayerPeer) -> Array:
	return _signals[subject.get_instance_id()]


## A condition: the subject has emitted the signal.
func signalled(subject: MultiplayerPeer, what: String) -> Callable:
	var list := signals(subject)
	return func() -> bool: return list.has(what)


func saw(far: FarEnd, count: int) -> Callable:
	return func() -> bool: return far.seen.size() >= count


## Connects a handler until the case ends.
func on(emitter: Object, signal_name: StringName, handler: Callable) -> void:
	emitter.connect(signal_name, handler)
	_handlers.append([emitter, signal_name, handler])


func peer_of(subject: MultiplayerPeer, id: int) -> PacketPeer:
	return subject.call(&"get_peer", id)


func host_of(subject: MultiplayerPeer) -> RefCounted:
	return subject.call(&"get_host")


# Sending

func send(
	subject: MultiplayerPeer, text: String, target: int = 0, mode: int = RELIABLE, channel: int = 0,
) -> Error:
	subject.set_target_peer(target)
	subject.transfer_mode = mode as MultiplayerPeer.TransferMode
	subject.transfer_channel = channel
	return subject.put_packet(text.to_utf8_buffer())


## Sends, and notes the error code and whether an error is printed.
func try_send(
	subject: MultiplayerPeer, text: String, target: int = 0, mode: int = RELIABLE, channel: int = 0,
) -> void:
	note("sending %s to %d" % [text, target], send(subject, text, target, mode, channel))
	note_errors("sending %s to %d prints" % [text, target])


## Takes all waiting packets, as "from channel/mode text".
func take_packets(subject: MultiplayerPeer) -> Array:
	var taken: Array = []
	while subject.get_available_packet_count() > 0:
		var head := "%d %d/%d " % [subject.get_packet_peer(), subject.get_packet_channel(), subject.get_packet_mode()]
		taken.append(head + subject.get_packet().slice(0, 32).get_string_from_ascii())
	return taken


func has_packets(subject: MultiplayerPeer, count: int) -> Callable:
	return func() -> bool: return subject.get_available_packet_count() >= count


# Time

## Polls the active subjects and serves the far ends until the condition holds.
func drive(condition: Callable, seconds: float = 5.0) -> bool:
	var step := func() -> bool:
		for subject in _subjects:
			if is_active(subject):
				subject.poll()
		for far in far_ends:
			far.serve()
		return condition.call()
	return wait_until(step, seconds)


func settle() -> void:
	drive(func() -> bool: return false, QUIET_SECONDS)


## Serves the far ends only.
func drive_far(condition: Callable, seconds: float = 5.0) -> bool:
	var step := func() -> bool:
		for far in far_ends:
			far.serve()
		return condition.call()
	return wait_until(step, seconds)


func wait_until(condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		OS.delay_usec(200)
	return true


# Notes

## Notes what can be read of a peer without changing it.
func note_state(subject: MultiplayerPeer, label: String) -> void:
	note("%s: status" % label, subject.get_connection_status())
	var id := subject.get_unique_id()
	note("%s: id" % label, "random" if id > 1 and id <= 0x7fffffff and id != 20 else str(id))
	note("%s: packets" % label, subject.get_available_packet_count())
	note("%s: relay" % label, subject.is_server_relay_supported())
	note("%s: refuses" % label, subject.refuse_new_connections)
	note_errors("%s: asking prints" % label)


func note_signals(subject: MultiplayerPeer, label: String) -> void:
	note("%s: signals" % label, signals(subject))
