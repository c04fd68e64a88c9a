class_name Replica
extends Node
## What a client knows of the game: ships, names, crystals and pings, from what the link brings.

signal own_state_arrived(state: ShipState)
signal ship_added(ship: ReplicaShip)
signal ship_removed(ship: ReplicaShip)
signal events_arrived(events: Array[FieldEvent])
signal crystal_collected(place: Vector2, collector: int)
signal left(player_name: String, reason: String)

const MOST_LEAVERS := 4
## Slots are bytes in snapshots.
const MOST_SLOTS := 256

var own_slot := -1
var ships: Dictionary[int, ReplicaShip] = {}
var crystals := Crystals.new()
var clock := ServerClock.new()
var tick := 0
## Who left, latest first: name, reason and time in milliseconds.
var leavers: Array[Array] = []

@onready var _link: Link = get_parent().get_node(^"Link")


func _ready() -> void:
	_link.welcomed.connect(_on_welcomed)
	_link.player_joined.connect(_on_player_joined)
	_link.player_left.connect(_on_player_left)
	_link.snapshot_arrived.connect(_on_snapshot_arrived)
	_link.events_arrived.connect(_on_events_arrived)
	_link.crystals_arrived.connect(_on_crystals_arrived)
	_link.pings_arrived.connect(_on_pings_arrived)


func clear() -> void:
	own_slot = -1
	tick = 0
	clock = ServerClock.new()
	crystals = Crystals.new()
	leavers.clear()
	for slot: int in ships.keys():
		_remove(slot)


func own() -> ReplicaShip:
	return ships.get(own_slot)


## By score, best first.
func ranking() -> Array[ReplicaShip]:
	var all: Array[ReplicaShip] = []
	all.assign(ships.values())
	all.sort_custom(func(a: ReplicaShip, b: ReplicaShip) -> bool:
		return a.state.score > b.state.score or (a.state.score == b.state.score and a.slot < b.slot))
	return all


func name_of(slot: int) -> String:
	return ships[slot].player_name if ships.has(slot) else ""


static func now() -> float:
	return Time.get_ticks_usec() / 1000000.0


func _on_welcomed(slot: int, names: Dictionary, crystal_places: PackedByteArray) -> void:
	if slot < 0 or slot >= MOST_SLOTS:
		return
	own_slot = slot
	crystals.apply(crystal_places)
	for each: Variant in names:
		if each is int and names[each] is String:
			var other: int = each
			var player_name: String = names[each]
			_on_player_joined(other, player_name)


func _on_player_joined(slot: int, player_name: String) -> void:
	if own_slot < 0 or slot < 0 or slot >= MOST_SLOTS or ships.has(slot):
		return
	var ship := ReplicaShip.new()
	ship.slot = slot
	ship.player_name = player_name.left(ChatFilter.MOST_NAME)
	ships[slot] = ship
	ship_added.emit(ship)


func _on_player_left(slot: int, reason: String) -> void:
	if not ships.has(slot):
		return
	leavers.push_front([ships[slot].player_name, reason.left(ChatFilter.MOST_CHARACTERS), Time.get_ticks_msec()])
	leavers.resize(mini(leavers.size(), MOST_LEAVERS))
	left.emit(ships[slot].player_name, reason)
	_remove(slot)


func _remove(slot: int) -> void:
	var ship := ships[slot]
	ships.erase(slot)
	ship_removed.emit(ship)


func _on_snapshot_arrived(snapshot: PackedByteArray) -> void:
	if own_slot < 0 or snapshot.size() < Snapshot.HEADER:
		return
	tick = Snapshot.tick_of(snapshot)
	clock.receive(tick, now())
	for index in Snapshot.count_of(snapshot):
		var state := Snapshot.ship_at(snapshot, index)
		# A player whose name has not arrived yet is not shown yet.
		if ships.has(state.slot):
			ships[state.slot].receive(tick, state)
			Report.state(tick, state)
		if state.slot == own_slot:
			own_state_arrived.emit(state)


func _on_events_arrived(events: PackedByteArray) -> void:
	if own_slot >= 0:
		events_arrived.emit(FieldEvent.decode(events))


func _on_crystals_arrived(moves: PackedByteArray) -> void:
	if own_slot >= 0:
		crystals.apply(moves, crystal_collected.emit)


func _on_pings_arrived(pings: PackedByteArray) -> void:
	@warning_ignore("integer_division")
	for record in mini(pings.size() / 3, MOST_SLOTS):
		var slot := pings.decode_u8(record * 3)
		if ships.has(slot):
			ships[slot].ping = pings.decode_u16(record * 3 + 1)
