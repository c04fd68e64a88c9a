class_name FieldView
extends Node2D
## Shows the field around the own ship: the parts, the camera, and what events look and sound like.

const CAMERA_SPEED := 7.0
## How far the camera looks ahead of the flight.
const LOOK_AHEAD := 0.22
const SHAKE_SECONDS := 0.3
const HEARING := 900.0

var _views: Dictionary[int, ShipView] = {}
var _shake := 0.0
var _drifted := 0.0

@onready var _game: Game = get_parent()
@onready var _crystals: CrystalsView = $Crystals
@onready var _trails: Node2D = $Trails
@onready var _ships: Node2D = $Ships
@onready var _shots: ShotsView = $Shots
@onready var _effects: Effects = $Effects
@onready var _camera: Camera2D = $Camera
@onready var _ghost: Node2D = $Ghost


func _ready() -> void:
	var replica := _game.replica
	replica.ship_added.connect(_on_ship_added)
	replica.ship_removed.connect(_on_ship_removed)
	replica.events_arrived.connect(_on_events_arrived)
	replica.crystal_collected.connect(_on_crystal_collected)
	_game.own_score_changed.connect(_on_own_score_changed)
	_effects.material = Glow.additive()
	_ghost.draw.connect(_draw_ghost)
	_camera.position = Field.SIZE / 2.0


func _process(delta: float) -> void:
	_crystals.crystals = _game.replica.crystals
	_ghost.visible = _game.has_ghost and _game.is_playing() and _game.replica.own().state.is_alive
	_ghost.queue_redraw()
	if not _game.is_playing():
		_drift(delta)
		return
	var own := _game.replica.own()
	var goal := own.shown_place + own.shown_velocity * LOOK_AHEAD
	if _camera.position.distance_to(goal) > 900.0:
		_camera.position = goal
	_camera.position = _camera.position.lerp(goal, 1.0 - exp(-CAMERA_SPEED * delta))
	_shake = maxf(_shake - delta, 0.0)
	_camera.offset = Vector2.from_angle(randf() * TAU) * 7.0 * _shake / SHAKE_SECONDS


## Behind the lobby.
func _drift(delta: float) -> void:
	_drifted += delta
	_camera.offset = Vector2.ZERO
	_camera.position = Field.SIZE / 2.0 + Vector2(cos(_drifted * 0.07) * 500.0, sin(_drifted * 0.11) * 260.0)


func _on_ship_added(ship: ReplicaShip) -> void:
	var view := ShipView.new()
	view.set_up(ship, ship.slot == _game.replica.own_slot, _trails)
	_ships.add_child(view)
	_views[ship.slot] = view


func _on_ship_removed(ship: ReplicaShip) -> void:
	if ship.is_known:
		_effects.ring(ship.shown_place, Color(0.7, 0.8, 1.0), 50.0)
	_views[ship.slot].queue_free()
	_views.erase(ship.slot)
	if _game.replica.ships.is_empty():
		_shots.clear()
		_effects.clear()


func _on_events_arrived(events: Array[FieldEvent]) -> void:
	for event in events:
		match event.kind:
			FieldEvent.Kind.SHOT:
				_shots.add(event)
				_effects.burst(event.place, Field.color_of(event.slot), 2, 90.0, 5.0, 0.2)
				_sound(Sounds.Kind.SHOT, event.place)
			FieldEvent.Kind.HIT:
				_shots.remove(event.shot)
				_show_hit(event)
			FieldEvent.Kind.DESTROYED:
				_effects.explode(event.place, Field.color_of(event.target))
				_sound(Sounds.Kind.EXPLOSION, event.place)
				if event.target == _game.replica.own_slot:
					_shake = SHAKE_SECONDS * 2.0
			FieldEvent.Kind.RETURNED:
				_effects.ring(event.place, Field.color_of(event.slot), 46.0)


func _show_hit(event: FieldEvent) -> void:
	_effects.burst(event.place, Color(1.0, 0.85, 0.5), 7, 190.0)
	_sound(Sounds.Kind.HIT, event.place)
	if _views.has(event.target):
		_views[event.target].flash()
	if event.target == _game.replica.own_slot:
		_shake = SHAKE_SECONDS


func _on_crystal_collected(place: Vector2, collector: int) -> void:
	_effects.burst(place, CrystalsView.COLOR, 10, 150.0, 6.0)
	if collector == _game.replica.own_slot:
		_effects.ring(place, CrystalsView.COLOR, 40.0)
		_sound(Sounds.Kind.CRYSTAL, place)


func _on_own_score_changed(points: int, place: Vector2) -> void:
	_effects.pop(place, "+%d" % points, Color(1.0, 0.9, 0.45) if points > 1 else CrystalsView.COLOR)


func _sound(kind: Sounds.Kind, place: Vector2) -> void:
	var distance := place.distance_to(_camera.position)
	if distance < HEARING:
		Sounds.play(kind, 1.0 - distance / HEARING)


## Where the server has the own ship, as far as this client has heard.
func _draw_ghost() -> void:
	var own := _game.replica.own()
	if own == null:
		return
	var place := own.state.place
	_ghost.draw_set_transform(place, own.state.aim)
	_ghost.draw_polyline(ShipView.HULL + PackedVector2Array([ShipView.HULL[0]]), Color(1.0, 0.5, 0.9, 0.85), 1.5, true)
	_ghost.draw_set_transform(Vector2.ZERO)
	_ghost.draw_dashed_line(place, own.shown_place, Color(1.0, 0.5, 0.9, 0.6), 1.5, 5.0)
