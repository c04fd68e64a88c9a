extends RefCounted
## A host driven by hand: an ENetConnection of either class and a record of its events.

const Threaded := preload("res://lib/threaded.gd")
const EVENT_CONNECT := ENetConnection.EVENT_CONNECT
const EVENT_DISCONNECT := ENetConnection.EVENT_DISCONNECT
const EVENT_RECEIVE := ENetConnection.EVENT_RECEIVE
const LOCAL := "127.0.0.1"

var connection: RefCounted
var is_ours: bool
## Whether the host answers the connection requests that it rejects. Ours does, the C library does not.
var tells_refused: bool
## Whether the host has a socket that it must close itself.
var is_open := false
## The port that it is bound to.
var port := 0
## Events in order, without EVENT_NONE.
var events: Array[Event] = []


class Event:
	var type: int
	var peer: PacketPeer
	var data: int
	var channel: int
	## Flags and bytes of a received packet.
	var flags: int
	var bytes: PackedByteArray


## `peer_class` is the multiplayer peer class that corresponds to the connection's class.
func _init(peer_class: String) -> void:
	is_ours = peer_class.ends_with("Rs")
	tells_refused = is_ours
	connection = Threaded.chosen(ClassDB.instantiate(peer_class.replace("MultiplayerPeer", "Connection")))


func bind(on_port: int, max_peers: int = 32, max_channels: int = 0) -> Error:
	port = on_port
	var error: Error = connection.call(&"create_host_bound", LOCAL, port, max_peers, max_channels)
	is_open = is_open or error == OK
	return error


func open(max_peers: int = 32, max_channels: int = 0) -> Error:
	var error: Error = connection.call(&"create_host", max_peers, max_channels)
	is_open = is_open or error == OK
	return error


func join(to_port: int, channels: int = 0, data: int = 0) -> PacketPeer:
	return connection.call(&"connect_to_host", LOCAL, to_port, channels, data)


## The next event, or null.
func service(timeout: int = 0) -> Event:
	var told: Array = connection.call(&"service", timeout)
	var event := Event.new()
	event.type = told[0]
	event.peer = told[1]
	event.data = told[2]
	event.channel = told[3]
	if event.type == ENetConnection.EVENT_NONE:
		return null
	if event.type == EVENT_RECEIVE:
		event.flags = event.peer.call(&"get_packet_flags")
		event.bytes = event.peer.get_packet()
	events.append(event)
	return event


func drain() -> void:
	var event := service()
	while event != null and event.type != ENetConnection.EVENT_ERROR:
		event = service()


func flush() -> void:
	connection.call(&"flush")


func peers() -> Array:
	return connection.call(&"get_peers")


func local_port() -> int:
	return connection.call(&"get_local_port")


func pop_statistic(statistic: int) -> int:
	var value: float = connection.call(&"pop_statistic", statistic)
	return int(value)


func events_of(type: int) -> Array[Event]:
	return events.filter(func(event: Event) -> bool: return event.type == type)


func received() -> Array[Event]:
	return events_of(EVENT_RECEIVE)


## The types of the events so far.
func types() -> Array[int]:
	var list: Array[int] = []
	for event in events:
		list.append(event.type)
	return list


func destroy() -> void:
	if is_open:
		is_open = false
		connection.call(&"destroy")
