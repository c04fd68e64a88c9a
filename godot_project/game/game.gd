class_name Game
extends Node2D
## The game of one player: sends the inputs, and shows what the server sends.

signal opened
signal own_score_changed(points: int, place: Vector2)

const PING_SECONDS := 0.5
const SEND_INTERVAL := 2

## What can be switched while playing.
var has_prediction := true
var has_interpolation := true
var has_ghost := false
## A script flies the own ship.
var autopilot := false
## Whether the player plays, and does not type.
var is_free := true

var prediction := Prediction.new()
## The round trip of the latest packet, in milliseconds, or -1.
var ping := -1

var _own_name := ""
var _sequence := 0
var _is_open := false
var _controls := Controls.new()
var _pilot := Pilot.new()

var link: Link
var replica: Replica


## Before the children are ready, because they use these.
func _enter_tree() -> void:
	link = $Link
	replica = $Replica


func _ready() -> void:
	replica.own_state_arrived.connect(_on_own_state_arrived)
	link.welcomed.connect(func(_slot: int, _names: Dictionary, _crystals: PackedByteArray) -> void: opened.emit())
	link.pong_arrived.connect(func(milliseconds: int) -> void: ping = milliseconds)
	link.chat_shown.connect(func(slot: int, _text: String) -> void:
		if slot >= 0 and slot != replica.own_slot:
			Report.event("chat", {"from": replica.name_of(slot)}))
	var timer := Timer.new()
	timer.wait_time = PING_SECONDS
	timer.autostart = true
	timer.timeout.connect(_on_ping_due)
	add_child(timer)
	close()


## Starts the game on the session's current peer.
func open(player_name: String) -> void:
	_own_name = player_name
	_is_open = true
	link.sent(_own_name)
	link.register.rpc_id(Link.SERVER, _own_name)


func close() -> void:
	_is_open = false
	replica.clear()
	prediction.reset()
	_sequence = 0
	ping = -1


func is_playing() -> bool:
	var own := replica.own()
	return _is_open and own != null and own.is_known


func say(text: String) -> void:
	if _is_open and Session.is_connected_peer():
		link.send_chat(text)


func _physics_process(delta: float) -> void:
	if not is_playing() or not Session.is_connected_peer():
		return
	if autopilot:
		_fly_by_script(delta)
	else:
		var on_screen := get_viewport().get_canvas_transform() * replica.own().shown_place
		_controls.read(get_viewport(), on_screen, is_free)
	_sequence += 1
	prediction.advance(ShipInput.make(_sequence, _controls.direction, _controls.aim, _controls.is_shooting))
	if _sequence % SEND_INTERVAL == 0:
		link.send_input(ShipInput.encode(prediction.newest()))


func _fly_by_script(delta: float) -> void:
	var others := PackedVector2Array()
	for ship: ReplicaShip in replica.ships.values():
		if ship.slot != replica.own_slot and ship.state.is_alive:
			others.append(ship.state.place)
	var own := prediction.ship if has_prediction else replica.own().state
	_pilot.decide(delta, own.place, own.velocity, replica.crystals.places, others)
	_controls.direction = _pilot.direction
	_controls.aim = _pilot.aim
	_controls.is_shooting = _pilot.is_shooting


func _process(delta: float) -> void:
	if not is_playing():
		return
	prediction.fade(delta)
	var tick := replica.clock.shown_tick(Replica.now())
	for ship: ReplicaShip in replica.ships.values():
		if ship.slot == replica.own_slot and has_prediction:
			ship.shown_place = prediction.ship.place + prediction.offset
			ship.shown_aim = prediction.ship.aim
			ship.shown_velocity = prediction.ship.velocity
		elif has_interpolation:
			ship.interpolate(tick)
		else:
			ship.show_latest()


func _on_own_state_arrived(state: ShipState) -> void:
	var before := prediction.ship.score
	prediction.reconcile(state)
	if state.score > before and replica.own() != null:
		own_score_changed.emit(state.score - before, replica.own().shown_place)


func _on_ping_due() -> void:
	if _is_open and Session.is_connected_peer():
		link.send_ping()
