class_name Match
extends Node
## The game on the server: it alone decides where ships are, what shots hit and who scores.

signal someone_joined

const PING_TICKS := 60
## Who has not said a name until then gives its place to others: ten seconds.
const REGISTER_TICKS := 600
const PEER_ROUND_TRIP_TIME := ENetPacketPeer.PEER_ROUND_TRIP_TIME

var tick := 0
## Called with the seconds that each tick took, if it is set.
var tick_observer := Callable()
var ships: Dictionary[int, ServerShip] = {}

var _crystals := Crystals.new()
var _shots := Shots.new()
var _grid := ShipGrid.new()
var _chat := ChatFilter.new()
var _events: Array[FieldEvent] = []
var _crystal_moves := PackedByteArray()
var _free_slots: Array[int] = []
var _reasons: Dictionary[int, String] = {}
## Who has not registered yet, with the tick of the join, first come first.
var _newcomers: Dictionary[int, int] = {}

@onready var _link: Link = get_parent().get_node(^"Link")


func _ready() -> void:
	for slot in range(PeerSettings.MAX_CLIENTS - 1, -1, -1):
		_free_slots.append(slot)
	_crystals.scatter()
	_link.registered.connect(_on_registered)
	_link.input_arrived.connect(_on_input_arrived)
	_link.chat_arrived.connect(_on_chat_arrived)
	multiplayer.peer_connected.connect(func(id: int) -> void: _newcomers[id] = tick)
	# The reason comes with a signal of its own, which may be emitted after this one.
	multiplayer.peer_disconnected.connect(_on_peer_disconnected, CONNECT_DEFERRED)
	var peer := multiplayer.multiplayer_peer
	if peer.has_signal(&"peer_disconnected_with_reason"):
		peer.connect(&"peer_disconnected_with_reason", _on_reason)


func _physics_process(_delta: float) -> void:
	var begun := Time.get_ticks_usec()
	_tick()
	if tick_observer.is_valid():
		tick_observer.call((Time.get_ticks_usec() - begun) / 1e6)


func _tick() -> void:
	tick += 1
	var all := ships.values()
	for ship: ServerShip in all:
		_advance(ship)
	_grid.fill(all)
	_push_apart()
	for pair in _shots.advance(_grid, _events):
		var slot: int = pair[0]
		var target: ServerShip = pair[1]
		_destroy(slot, target)
	_collect()
	if tick % Field.SNAPSHOT_INTERVAL == 0:
		_broadcast(all)
	if tick % PING_TICKS == 0:
		_broadcast_pings()
		_send_idlers_away()


func _advance(ship: ServerShip) -> void:
	var input := ship.take_input()
	if not ship.is_alive:
		ship.respawn -= Field.TICK_SECONDS
		if ship.respawn <= 0.0:
			_return(ship)
		return
	Motion.step(ship, input)
	ship.reload = maxf(ship.reload - Field.TICK_SECONDS, 0.0)
	if input.is_shooting and ship.reload == 0.0:
		ship.reload = Field.RELOAD_SECONDS
		_shots.fire(ship, _events)


func _return(ship: ServerShip) -> void:
	ship.health = Field.FULL_HEALTH
	ship.place = Field.random_place()
	ship.velocity = Vector2.ZERO
	_events.append(FieldEvent.make(FieldEvent.Kind.RETURNED, ship.slot, ship.place))


## Keeps ships from overlapping.
func _push_apart() -> void:
	const TOUCH := Field.SHIP_RADIUS * 2.0
	for near in _grid.cells():
		for first in near.size():
			for second in range(first + 1, near.size()):
				var one: ServerShip = near[first]
				var other: ServerShip = near[second]
				var apart := other.place - one.place
				if apart.length_squared() < TOUCH * TOUCH:
					# If both are at exactly the same position, any direction will do.
					var way := apart.normalized() if apart != Vector2.ZERO else Vector2.RIGHT
					var push := way * (TOUCH - apart.length()) * 0.5
					one.place = (one.place - push).clamp(Vector2.ZERO, Field.SIZE)
					other.place = (other.place + push).clamp(Vector2.ZERO, Field.SIZE)


func _destroy(by_slot: int, target: ServerShip) -> void:
	target.respawn = Field.RESPAWN_SECONDS
	var event := FieldEvent.make(FieldEvent.Kind.DESTROYED, by_slot, target.place)
	event.target = target.slot
	_events.append(event)
	for ship: ServerShip in ships.values():
		if ship.slot == by_slot:
			ship.score += Field.KILL_POINTS


func _collect() -> void:
	const REACH := Field.SHIP_RADIUS + Field.CRYSTAL_RADIUS
	for index in _crystals.places.size():
		for ship: ServerShip in _grid.at(_crystals.places[index]):
			if ship.is_alive and ship.place.distance_squared_to(_crystals.places[index]) < REACH * REACH:
				ship.score += Field.CRYSTAL_POINTS
				_crystals.places[index] = Field.random_place()
				_crystal_moves.append_array(_crystals.encode_move(index, ship.slot))
				break


func _broadcast(all: Array) -> void:
	for ship: ServerShip in all:
		Report.state(tick, ship)
	var count := multiplayer.get_peers().size()
	if count == 0:
		_events.clear()
		_crystal_moves.clear()
		return
	var snapshot := Snapshot.encode(tick, all)
	_link.sent(snapshot, count)
	_link.show_snapshot.rpc(snapshot)
	if not _events.is_empty():
		var events := FieldEvent.encode(_events)
		_events.clear()
		_link.sent(events, count)
		_link.show_events.rpc(events)
	if not _crystal_moves.is_empty():
		_link.sent(_crystal_moves, count)
		_link.move_crystals.rpc(_crystal_moves)
		_crystal_moves.clear()


## The round trip of each player, as the connection measures it.
func _broadcast_pings() -> void:
	var pings := PackedByteArray()
	for ship: ServerShip in ships.values():
		var packet_peer: Object = multiplayer.multiplayer_peer.call(&"get_peer", ship.id)
		var milliseconds := 0.0
		if packet_peer != null:
			milliseconds = packet_peer.call(&"get_statistic", PEER_ROUND_TRIP_TIME)
		var at := pings.size()
		pings.resize(at + 3)
		pings.encode_u8(at, ship.slot)
		pings.encode_u16(at + 1, clampi(roundi(milliseconds), 0, 65535))
	if not pings.is_empty():
		_link.sent(pings, multiplayer.get_peers().size())
		_link.show_pings.rpc(pings)


func _send_idlers_away() -> void:
	for id: int in _newcomers.keys():
		if _newcomers[id] > tick - REGISTER_TICKS:
			return
		_newcomers.erase(id)
		multiplayer.multiplayer_peer.disconnect_peer(id)


## Nobody plays under the name of another.
func _free_name(wanted_name: String) -> String:
	var base := ChatFilter.clean(wanted_name, ChatFilter.MOST_NAME)
	if base.is_empty():
		base = "Player"
	var taken: Dictionary[String, bool] = {}
	for ship: ServerShip in ships.values():
		taken[ship.player_name.to_lower()] = true
	var free := base
	var number := 1
	while taken.has(free.to_lower()):
		number += 1
		var suffix := " %d" % number
		free = base.left(ChatFilter.MOST_NAME - suffix.length()) + suffix
	return free


func _on_registered(id: int, wanted_name: String) -> void:
	if ships.has(id) or _free_slots.is_empty():
		return
	var ship := ServerShip.new()
	ship.id = id
	ship.slot = _free_slots.pop_back()
	ship.player_name = _free_name(wanted_name)
	_newcomers.erase(id)
	ship.place = Field.random_place()
	var names := {}
	ships[id] = ship
	for each: ServerShip in ships.values():
		names[each.slot] = each.player_name
	_link.sent(names)
	_link.welcome.rpc_id(id, ship.slot, names, _crystals.encode_all())
	_link.sent(ship.player_name, multiplayer.get_peers().size())
	_link.show_joined.rpc(ship.slot, ship.player_name)
	Report.event("joined", {"id": ship.slot, "name": ship.player_name})
	someone_joined.emit()


func _on_input_arrived(id: int, inputs: PackedByteArray) -> void:
	if ships.has(id):
		ships[id].queue_inputs(inputs)


func _on_chat_arrived(id: int, text: String) -> void:
	if not ships.has(id) or not _chat.is_due(id):
		return
	var line := ChatFilter.clean(text, ChatFilter.MOST_CHARACTERS)
	if line.is_empty():
		return
	_link.sent(line, multiplayer.get_peers().size())
	_link.show_chat.rpc(ships[id].slot, line)


func _on_reason(id: int, reason: int, data: int) -> void:
	# Who just leaves needs no explanation. The data is the leaver's choice, and must not put words before the others.
	var is_plain := reason == ClassDB.class_get_integer_constant(PeerSettings.OURS, &"REASON_CLOSED_BY_REMOTE")
	if ships.has(id) and not is_plain:
		_reasons[id] = str(ClassDB.class_call_static(PeerSettings.OURS, &"get_reason_text", reason, data))


func _on_peer_disconnected(id: int) -> void:
	_chat.forget(id)
	_newcomers.erase(id)
	var reason: String = _reasons.get(id, "")
	_reasons.erase(id)
	if not ships.has(id):
		return
	var ship := ships[id]
	ships.erase(id)
	# The slot comes back last, so that late packets do not show the next player under the old name.
	_free_slots.push_front(ship.slot)
	_link.sent(reason, multiplayer.get_peers().size())
	_link.show_left.rpc(ship.slot, reason)
	Report.event("left", {"id": ship.slot, "name": ship.player_name})
