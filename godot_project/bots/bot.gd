class_name Bot
extends Node
## A bot: a client with a connection of its own, in a branch of the scene tree with its own `MultiplayerAPI`.

signal gone

## A bot decides every fourth tick, and sends what it wants then.
const INTERVAL := 4
## How many others a bot looks at each time: it need not see all.
const LOOKS := 10

var _link: Link
var _slot := -1
var _snapshot := PackedByteArray()
var _crystals := Crystals.new()
var _pilot := Pilot.new()
var _sequence := 0
var _phase := randi() % INTERVAL


## Starts to connect. Returns an error text, or an empty one. Call this when the node is in the tree.
func open(settings: PeerSettings, address: String, port: int, bot_name: String) -> String:
	var made: Variant = settings.make_client(address, port)
	if made is String:
		return made
	var peer: MultiplayerPeer = made
	SimulatedNetwork.keep_clear(peer)
	var api := SceneMultiplayer.new()
	api.server_relay = false
	get_tree().set_multiplayer(api, get_path())
	_link = Link.new()
	_link.name = "Link"
	_link.is_counted = false
	add_child(_link)
	_link.welcomed.connect(_on_welcomed)
	_link.snapshot_arrived.connect(func(snapshot: PackedByteArray) -> void: _snapshot = snapshot)
	_link.crystals_arrived.connect(func(moves: PackedByteArray) -> void: _crystals.apply(moves))
	api.connected_to_server.connect(func() -> void: _link.register.rpc_id(Link.SERVER, bot_name))
	api.connection_failed.connect(gone.emit)
	api.server_disconnected.connect(gone.emit)
	api.multiplayer_peer = peer
	return ""


func close() -> void:
	if _link != null:
		multiplayer.multiplayer_peer.close()
		get_tree().set_multiplayer(null, get_path())
		_link = null
	queue_free()


func _on_welcomed(slot: int, _names: Dictionary, crystals: PackedByteArray) -> void:
	_slot = slot
	_crystals.apply(crystals)


func _physics_process(_delta: float) -> void:
	_phase = (_phase + 1) % INTERVAL
	if _phase != 0 or _slot < 0 or _link == null:
		return
	var count := Snapshot.count_of(_snapshot)
	for index in count:
		if Snapshot.slot_at(_snapshot, index) == _slot:
			_fly(Snapshot.ship_at(_snapshot, index), count)
			return


func _fly(own: ShipState, count: int) -> void:
	var others := PackedVector2Array()
	for look in mini(LOOKS, count):
		var index := randi() % count
		if Snapshot.slot_at(_snapshot, index) != _slot:
			others.append(Snapshot.place_at(_snapshot, index))
	_pilot.decide(INTERVAL * Field.TICK_SECONDS, own.place, own.velocity, _crystals.places, others)
	_sequence += 1
	_link.send_input(ShipInput.encode([
		ShipInput.make(_sequence, _pilot.direction, _pilot.aim, _pilot.is_shooting)]))
