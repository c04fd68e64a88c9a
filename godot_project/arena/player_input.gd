class_name PlayerInput
extends Node
## A player's input, taken from the devices or from a script, and sent to the server only.

const BOT_CHAT: Array[String] = ["hello", "good shot", "over here", "well played"]
const BOT_CHAT_SECONDS := 1.5

var direction := Vector2.ZERO
var aim := 0.0
var shooting := false

var _chat_pause := BOT_CHAT_SECONDS
var _chat_index := 0

@onready var _player: Player = get_parent()
@onready var _arena: Arena = _player.get_parent().get_parent()


func _ready() -> void:
	if is_multiplayer_authority() and not multiplayer.is_server():
		var sync: MultiplayerSynchronizer = $Sync
		sync.set_visibility_for(MultiplayerPeer.TARGET_PEER_SERVER, true)
	set_physics_process(is_multiplayer_authority())


func _physics_process(delta: float) -> void:
	if _arena.is_bot:
		_play_by_script(delta)
	else:
		_play_by_hand()


func _play_by_hand() -> void:
	if _arena.hud.is_typing():
		direction = Vector2.ZERO
		shooting = false
		return
	direction = Input.get_vector(&"move_left", &"move_right", &"move_up", &"move_down")
	aim = _player.get_local_mouse_position().angle()
	shooting = Input.is_mouse_button_pressed(MOUSE_BUTTON_LEFT) and _arena.hud.is_mouse_free()


## Runs to the nearest crystal and shoots at the nearest player.
func _play_by_script(delta: float) -> void:
	var crystal := _nearest(_arena.crystals)
	direction = Vector2.ZERO if crystal == null else _player.position.direction_to(crystal.position)
	var target := _nearest(_arena.players)
	shooting = target != null
	if target != null:
		aim = _player.position.angle_to_point(target.position)
	_chat_pause -= delta
	if _chat_pause <= 0.0:
		_chat_pause = BOT_CHAT_SECONDS
		_arena.hud.chat_entered.emit(BOT_CHAT[_chat_index % BOT_CHAT.size()])
		_chat_index += 1


func _nearest(group: Node2D) -> Node2D:
	var nearest: Node2D = null
	for node: Node2D in group.get_children():
		if node == _player:
			continue
		var distance := node.position.distance_squared_to(_player.position)
		if nearest == null or distance < nearest.position.distance_squared_to(_player.position):
			nearest = node
	return nearest
