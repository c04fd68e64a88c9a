class_name Link
extends Node
## All RPCs of the game. Server, player and bots each have a link in a branch of the scene tree that has its own
## `MultiplayerAPI`. The path below that branch is the same everywhere, so that the RPCs find each other.

## On the server.
signal registered(id: int, player_name: String)
signal input_arrived(id: int, inputs: PackedByteArray)
signal chat_arrived(id: int, text: String)
## On a client.
signal welcomed(slot: int, names: Dictionary, crystals: PackedByteArray)
signal player_joined(slot: int, player_name: String)
signal player_left(slot: int, reason: String)
signal snapshot_arrived(snapshot: PackedByteArray)
signal events_arrived(events: PackedByteArray)
signal crystals_arrived(moves: PackedByteArray)
signal pings_arrived(pings: PackedByteArray)
## The slot is -1 for a message of the server.
signal chat_shown(slot: int, text: String)
signal pong_arrived(milliseconds: int)

## Transfer channels: a message never waits for one of another kind.
const CHAT_CHANNEL := 1
const EVENT_CHANNEL := 2
const STATE_CHANNEL := 3
const INPUT_CHANNEL := 4
const PING_CHANNEL := 5

const SERVER := MultiplayerPeer.TARGET_PEER_SERVER

## Whether `Report` counts the RPCs of this link.
@export var is_counted := true


## The number of bytes that an argument is counted as.
static func size_of(value: Variant) -> int:
	return var_to_bytes(value).size()


func sent(argument: Variant, recipients: int = 1) -> void:
	if is_counted and Report.enabled:
		Report.sent(size_of(argument), recipients)


func send_input(inputs: PackedByteArray) -> void:
	sent(inputs)
	submit_input.rpc_id(SERVER, inputs)


func send_chat(text: String) -> void:
	sent(text)
	submit_chat.rpc_id(SERVER, text)


func send_ping() -> void:
	var now := Time.get_ticks_msec()
	sent(now)
	ping.rpc_id(SERVER, now)


func _received(argument: Variant) -> void:
	if is_counted and Report.enabled:
		Report.received(size_of(argument))


## Client to server: the name to play under.
@rpc("any_peer", "call_remote", "reliable")
func register(player_name: String) -> void:
	_received(player_name)
	if multiplayer.is_server():
		registered.emit(multiplayer.get_remote_sender_id(), player_name)


@rpc("any_peer", "call_remote", "unreliable", INPUT_CHANNEL)
func submit_input(inputs: PackedByteArray) -> void:
	_received(inputs)
	if multiplayer.is_server():
		input_arrived.emit(multiplayer.get_remote_sender_id(), inputs)


@rpc("any_peer", "call_remote", "reliable", CHAT_CHANNEL)
func submit_chat(text: String) -> void:
	_received(text)
	if multiplayer.is_server():
		chat_arrived.emit(multiplayer.get_remote_sender_id(), text)


@rpc("any_peer", "call_remote", "unreliable", PING_CHANNEL)
func ping(sent_at: int) -> void:
	_received(sent_at)
	if multiplayer.is_server():
		sent(sent_at)
		pong.rpc_id(multiplayer.get_remote_sender_id(), sent_at)


@rpc("authority", "call_remote", "unreliable", PING_CHANNEL)
func pong(sent_at: int) -> void:
	_received(sent_at)
	pong_arrived.emit(Time.get_ticks_msec() - sent_at)


@rpc("authority", "call_remote", "reliable")
func welcome(slot: int, names: Dictionary, crystals: PackedByteArray) -> void:
	_received(names)
	welcomed.emit(slot, names, crystals)


@rpc("authority", "call_remote", "reliable")
func show_joined(slot: int, player_name: String) -> void:
	_received(player_name)
	player_joined.emit(slot, player_name)


@rpc("authority", "call_remote", "reliable")
func show_left(slot: int, reason: String) -> void:
	_received(reason)
	player_left.emit(slot, reason)


@rpc("authority", "call_remote", "unreliable_ordered", STATE_CHANNEL)
func show_snapshot(snapshot: PackedByteArray) -> void:
	_received(snapshot)
	snapshot_arrived.emit(snapshot)


@rpc("authority", "call_remote", "reliable", EVENT_CHANNEL)
func show_events(events: PackedByteArray) -> void:
	_received(events)
	events_arrived.emit(events)


## In one channel with the welcome, which has the crystals as they were before.
@rpc("authority", "call_remote", "reliable")
func move_crystals(moves: PackedByteArray) -> void:
	_received(moves)
	crystals_arrived.emit(moves)


@rpc("authority", "call_remote", "unreliable_ordered", PING_CHANNEL)
func show_pings(pings: PackedByteArray) -> void:
	_received(pings)
	pings_arrived.emit(pings)


@rpc("authority", "call_remote", "reliable", CHAT_CHANNEL)
func show_chat(slot: int, text: String) -> void:
	_received(text)
	chat_shown.emit(slot, text)
