class_name Hud
extends CanvasLayer
## The column beside the arena: scores, network, chat and the button to leave.

signal chat_entered(text: String)

const CHAT_LINES := 8

var _chat: Array[String] = []
var _ping := -1

@onready var _scores: Label = %Scores
@onready var _network: Label = %Network
@onready var _chat_log: Label = %ChatLog
@onready var _chat_line: LineEdit = %ChatLine
@onready var _leave: Button = %Leave
@onready var _arena: Arena = get_parent()


func _ready() -> void:
	_leave.pressed.connect(Session.leave)
	_chat_line.text_submitted.connect(_on_chat_submitted)
	var timer := Timer.new()
	timer.wait_time = 0.25
	timer.autostart = true
	timer.timeout.connect(_refresh)
	add_child(timer)


## A click elsewhere or Escape ends typing, during which the player stands still.
func _input(event: InputEvent) -> void:
	if not is_typing():
		return
	var click := event as InputEventMouseButton
	var is_elsewhere := (
		click != null and click.pressed and not _chat_line.get_global_rect().has_point(click.position))
	if is_elsewhere or event.is_action_pressed(&"ui_cancel"):
		_chat_line.release_focus()


## Enter starts typing.
func _unhandled_key_input(event: InputEvent) -> void:
	if visible and event.is_action_pressed(&"ui_text_submit"):
		_chat_line.edit()
		get_viewport().set_input_as_handled()


func open(dedicated: bool) -> void:
	visible = true
	_leave.text = "Stop the server" if dedicated else "Leave"


func close() -> void:
	visible = false
	_chat.clear()
	_chat_log.text = ""
	_chat_line.clear()
	_chat_line.release_focus()
	_ping = -1


func add_chat(author: String, text: String) -> void:
	_chat.append(text if author.is_empty() else "%s: %s" % [author, text])
	_chat = _chat.slice(-CHAT_LINES)
	_chat_log.text = "\n".join(_chat)


func show_ping(milliseconds: int) -> void:
	_ping = milliseconds


func is_typing() -> bool:
	return _chat_line.has_focus()


func is_mouse_free() -> bool:
	return get_viewport().gui_get_hovered_control() == null


func _on_chat_submitted(text: String) -> void:
	_chat_line.clear()
	_chat_line.release_focus()
	if not text.strip_edges().is_empty():
		chat_entered.emit(text.strip_edges())


func _refresh() -> void:
	if not visible:
		return
	var players := _arena.players.get_children()
	players.sort_custom(func(a: Player, b: Player) -> bool: return a.score > b.score)
	var lines: Array[String] = []
	for player: Player in players:
		lines.append("%4d  %s" % [player.score, player.player_name])
	_scores.text = "no players yet" if lines.is_empty() else "\n".join(lines)
	_network.text = "\n".join([
		Session.peer_class,
		"id %d, %d peers" % [multiplayer.get_unique_id(), multiplayer.get_peers().size()],
		"ping %s" % ("-" if _ping < 0 else "%d ms" % _ping),
		"RPCs %d out, %d in" % [Report.rpcs_out, Report.rpcs_in],
	])
