class_name Chat
extends VBoxContainer
## What players say, and what the server tells.

signal entered(text: String)

const LINES := 7
const MOST_CHARACTERS := 120

var game: Game

var _texts: Array[String] = []
var _log := RichTextLabel.new()
var _line := LineEdit.new()


func _ready() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	alignment = BoxContainer.ALIGNMENT_END
	_log.bbcode_enabled = true
	_log.fit_content = true
	_log.scroll_active = false
	_log.mouse_filter = MOUSE_FILTER_IGNORE
	add_child(_log)
	_line.placeholder_text = "Enter: chat"
	_line.focus_mode = FOCUS_CLICK
	_line.max_length = MOST_CHARACTERS
	_line.text_submitted.connect(_on_text_submitted)
	add_child(_line)
	game.link.chat_shown.connect(_on_chat_shown)
	game.link.player_joined.connect(func(_slot: int, player_name: String) -> void: tell("%s joined" % player_name))
	game.replica.left.connect(func(player_name: String, reason: String) -> void:
		tell("%s left%s" % [player_name, "" if reason.is_empty() else ": " + reason]))


func clear() -> void:
	_texts.clear()
	_log.text = ""
	_line.clear()
	_line.release_focus()


func is_typing() -> bool:
	return _line.has_focus()


## The lines as they are shown, without markup.
func shown() -> String:
	return _log.get_parsed_text()


func start_typing() -> void:
	_line.edit()


func tell(text: String) -> void:
	_add("[color=#%s]%s[/color]" % [Look.DIM.to_html(false), _escaped(text)])


## A click elsewhere or Escape ends typing, during which the ship does nothing.
func _input(event: InputEvent) -> void:
	if not is_typing():
		return
	var click := event as InputEventMouseButton
	var is_elsewhere := click != null and click.pressed and not _line.get_global_rect().has_point(click.position)
	if is_elsewhere or event.is_action_pressed(&"ui_cancel"):
		_line.release_focus()


func _on_chat_shown(slot: int, text: String) -> void:
	# The text is of another player: it must not become markup.
	var color := Field.color_of(slot).to_html(false)
	_add("[color=#%s]%s:[/color] %s" % [color, _escaped(game.replica.name_of(slot)), _escaped(text)])


func _add(text: String) -> void:
	_texts.append(text)
	_texts = _texts.slice(-LINES)
	_log.text = "\n".join(_texts)


func _escaped(text: String) -> String:
	return text.left(MOST_CHARACTERS).replace("[", "[lb]")


func _on_text_submitted(text: String) -> void:
	_line.clear()
	_line.release_focus()
	if not text.strip_edges().is_empty():
		entered.emit(text.strip_edges())
