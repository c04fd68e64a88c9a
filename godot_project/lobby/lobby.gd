class_name Lobby
extends Control
## The screen in which a player chooses how to play.

@onready var _name: LineEdit = %Name
@onready var _address: LineEdit = %Address
@onready var _port: SpinBox = %Port
@onready var _class: OptionButton = %Class
@onready var _host: Button = %Host
@onready var _join: Button = %Join
@onready var _cancel: Button = %Cancel
@onready var _message: Label = %Message


func _ready() -> void:
	for peer_class in Session.peer_classes():
		_class.add_item(peer_class)
	_host.pressed.connect(host)
	_join.pressed.connect(join)
	_cancel.pressed.connect(Session.leave)
	_cancel.hide()
	# Without the extension only one class can be chosen, and the message explains why.
	_message.text = Session.class_mistake(Session.OURS)


func fill(options: Options) -> void:
	_name.text = options.player_name
	_address.text = options.address
	_port.value = options.port
	for index in _class.item_count:
		if _class.get_item_text(index) == options.peer_class:
			_class.select(index)


func player_name() -> String:
	var chosen := _name.text.strip_edges()
	return "Player" if chosen.is_empty() else chosen


func host() -> void:
	show_message(Session.host(_chosen_class(), int(_port.value)))


## Returns an immediate error as a text for the player, or an empty text.
func join() -> String:
	var mistake := Session.join(_chosen_class(), _address.text.strip_edges(), int(_port.value))
	if mistake.is_empty():
		_message.text = "Connecting to %s ..." % _address.text
		_set_busy(true)
	else:
		show_message(mistake)
	return mistake


func show_message(text: String) -> void:
	_message.text = text
	_set_busy(false)


func _set_busy(busy: bool) -> void:
	_host.disabled = busy
	_join.visible = not busy
	_cancel.visible = busy


func _chosen_class() -> String:
	return _class.get_item_text(_class.selected)
