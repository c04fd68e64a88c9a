class_name Arena
extends Node2D
## The game. The server simulates everything; clients send their input and draw the replicated state.

signal player_joined

const SIZE := Vector2(832.0, 648.0)
const MARGIN := 40.0
const CRYSTAL_COUNT := 8
const CRYSTAL_POINTS := 1
const HIT_POINTS := 2
## Transfer channels: a message never waits for one of another kind.
const CHAT_CHANNEL := 1
const EFFECT_CHANNEL := 2
const CLOCK_CHANNEL := 3
const PING_CHANNEL := 4
const CLOCK_INTERVAL := 15
const PING_SECONDS := 0.5

const PLAYER_SCENE := preload("res://arena/player.tscn")
const CRYSTAL_SCENE := preload("res://arena/crystal.tscn")
const BULLET_SCENE := preload("res://arena/bullet.tscn")

## Counts the server's physics frames.
var tick := 0
var is_bot := false

var _is_open := false
var _own_name := ""
var _effects: Array[Effect] = []

@onready var players: Node2D = $Players
@onready var crystals: Node2D = $Crystals
@onready var bullets: Node2D = $Bullets
@onready var hud: Hud = $Hud


class Effect:
	var place: Vector2
	var age := 0.0


func _ready() -> void:
	multiplayer.peer_disconnected.connect(_on_peer_disconnected)
	hud.chat_entered.connect(_send_chat)
	var ping_timer := Timer.new()
	ping_timer.wait_time = PING_SECONDS
	ping_timer.autostart = true
	ping_timer.timeout.connect(_send_ping)
	add_child(ping_timer)


## Starts the game on the session's current peer.
func open(player_name: String, bot: bool, dedicated: bool) -> void:
	_own_name = player_name
	is_bot = bot
	tick = 0
	_is_open = true
	show()
	hud.open(dedicated)
	if not multiplayer.is_server():
		Report.sent([_own_name])
		register.rpc_id(MultiplayerPeer.TARGET_PEER_SERVER, _own_name)
		return
	while crystals.get_child_count() < CRYSTAL_COUNT:
		_add_crystal()
	if not dedicated:
		_add_player(MultiplayerPeer.TARGET_PEER_SERVER, _own_name)


func close() -> void:
	_is_open = false
	hide()
	hud.close()
	for group: Node2D in [players, crystals, bullets]:
		for node in group.get_children():
			group.remove_child(node)
			node.queue_free()


func has_players() -> bool:
	return players.get_child_count() > 0


func player(id: int) -> Player:
	return players.get_node_or_null(str(id))


func random_place() -> Vector2:
	return Vector2(
		randf_range(MARGIN, SIZE.x - MARGIN), randf_range(MARGIN, SIZE.y - MARGIN))


func _physics_process(delta: float) -> void:
	if not _is_open:
		return
	for effect in _effects:
		effect.age += delta
	_effects = _effects.filter(func(effect: Effect) -> bool: return effect.age < 0.4)
	queue_redraw()
	if not multiplayer.is_server():
		return
	tick += 1
	_push_apart()
	for each: Player in players.get_children():
		each.advance(tick, delta)
		_collect(each)
	for bullet: Bullet in bullets.get_children():
		_check_hit(bullet)
	if tick % CLOCK_INTERVAL == 0:
		Report.sent([tick], multiplayer.get_peers().size())
		show_clock.rpc(tick)


## Server: a player shoots.
func shoot(shooter: Player) -> void:
	var bullet: Bullet = BULLET_SCENE.instantiate()
	bullet.shooter = shooter.id
	bullet.velocity = Vector2.from_angle(shooter.aim) * Bullet.SPEED
	bullet.position = shooter.position + Vector2.from_angle(shooter.aim) * Player.RADIUS
	bullets.add_child(bullet, true)


## Keeps players from overlapping.
func _push_apart() -> void:
	for one: Player in players.get_children():
		for other: Player in players.get_children():
			var apart := other.position - one.position
			if one != other and apart.length() < Player.RADIUS * 2.0:
				# If both are at exactly the same position, any direction will do.
				var way := apart.normalized() if apart != Vector2.ZERO else Vector2.RIGHT
				other.position += way * (Player.RADIUS * 2.0 - apart.length()) * 0.5


func _collect(collector: Player) -> void:
	for crystal: Crystal in crystals.get_children():
		if crystal.position.distance_to(collector.position) < Player.RADIUS + Crystal.RADIUS:
			collector.score += CRYSTAL_POINTS
			crystals.remove_child(crystal)
			crystal.queue_free()
			_add_crystal()


func _check_hit(bullet: Bullet) -> void:
	for target: Player in players.get_children():
		if target.id == bullet.shooter:
			continue
		if target.position.distance_to(bullet.position) < Player.RADIUS:
			var shooter := player(bullet.shooter)
			if shooter != null:
				shooter.score += HIT_POINTS
			Report.sent([bullet.position], multiplayer.get_peers().size())
			show_hit.rpc(bullet.position)
			bullets.remove_child(bullet)
			bullet.queue_free()
			return


func _add_crystal() -> void:
	var crystal: Crystal = CRYSTAL_SCENE.instantiate()
	crystal.position = random_place()
	crystals.add_child(crystal, true)


func _add_player(id: int, player_name: String) -> void:
	var added: Player = PLAYER_SCENE.instantiate()
	added.name = str(id)
	added.player_name = player_name
	added.position = random_place()
	players.add_child(added)
	Report.event("joined", {"id": id, "name": player_name})
	player_joined.emit()
	_announce("%s joined" % player_name)


func _on_peer_disconnected(id: int) -> void:
	var leaver := player(id)
	if not _is_open or not multiplayer.is_server() or leaver == null:
		return
	Report.event("left", {"id": id, "name": leaver.player_name})
	players.remove_child(leaver)
	leaver.queue_free()
	_announce("%s left" % leaver.player_name)


func _announce(text: String) -> void:
	Report.sent(["", text], multiplayer.get_peers().size())
	show_chat.rpc("", text)


func _send_chat(text: String) -> void:
	if not _is_open:
		return
	if not multiplayer.is_server():
		Report.sent([text])
	submit_chat.rpc_id(MultiplayerPeer.TARGET_PEER_SERVER, text)


func _send_ping() -> void:
	if _is_open and Session.is_connected_peer() and not multiplayer.is_server():
		var now := Time.get_ticks_msec()
		Report.sent([now])
		ping.rpc_id(MultiplayerPeer.TARGET_PEER_SERVER, now)


## Client to server: the name to play under.
@rpc("any_peer", "call_remote", "reliable")
func register(player_name: String) -> void:
	Report.received([player_name])
	var id := multiplayer.get_remote_sender_id()
	if multiplayer.is_server() and player(id) == null:
		_add_player(id, player_name.left(16))


@rpc("any_peer", "call_local", "reliable", CHAT_CHANNEL)
func submit_chat(text: String) -> void:
	var author := player(multiplayer.get_remote_sender_id())
	if not multiplayer.is_server() or author == null:
		return
	if author.id != MultiplayerPeer.TARGET_PEER_SERVER:
		Report.received([text])
	Report.sent([author.player_name, text], multiplayer.get_peers().size())
	show_chat.rpc(author.player_name, text.left(120))


@rpc("authority", "call_local", "reliable", CHAT_CHANNEL)
func show_chat(author: String, text: String) -> void:
	if not multiplayer.is_server():
		Report.received([author, text])
	hud.add_chat(author, text)


@rpc("authority", "call_local", "unreliable", EFFECT_CHANNEL)
func show_hit(place: Vector2) -> void:
	if not multiplayer.is_server():
		Report.received([place])
	var effect := Effect.new()
	effect.place = place
	_effects.append(effect)


@rpc("authority", "call_remote", "unreliable_ordered", CLOCK_CHANNEL)
func show_clock(server_tick: int) -> void:
	Report.received([server_tick])
	tick = server_tick


@rpc("any_peer", "call_remote", "unreliable", PING_CHANNEL)
func ping(sent_at: int) -> void:
	Report.received([sent_at])
	Report.sent([sent_at])
	pong.rpc_id(multiplayer.get_remote_sender_id(), sent_at)


@rpc("authority", "call_remote", "unreliable", PING_CHANNEL)
func pong(sent_at: int) -> void:
	Report.received([sent_at])
	hud.show_ping(Time.get_ticks_msec() - sent_at)


func _draw() -> void:
	draw_rect(Rect2(Vector2.ZERO, SIZE), Color(0.11, 0.12, 0.17))
	for step in range(1, 13):
		var at := step * 64.0
		draw_line(Vector2(at, 0.0), Vector2(at, SIZE.y), Color(1.0, 1.0, 1.0, 0.03), 1.0)
		draw_line(Vector2(0.0, at), Vector2(SIZE.x, at), Color(1.0, 1.0, 1.0, 0.03), 1.0)
	for effect in _effects:
		var fade := 1.0 - effect.age / 0.4
		draw_circle(effect.place, 8.0 + effect.age * 60.0, Color(1.0, 0.7, 0.3, fade * 0.6))
