class_name Lobby
extends Control
## The screen in which a player chooses how to play.

## A routing token for a proxy, from the command line.
var _token: PackedByteArray

@onready var _name: LineEdit = %Name
@onready var _address: LineEdit = %Address
@onready var _port: SpinBox = %Port
@onready var _class: OptionButton = %Class
@onready var _compression: OptionButton = %Compression
@onready var _encrypt: CheckButton = %Encrypt
@onready var _bots: OptionButton = %Bots
@onready var _host: Button = %Host
@onready var _join: Button = %Join
@onready var _cancel: Button = %Cancel
@onready var _message: Label = %Message


func _ready() -> void:
	for peer_class in PeerSettings.classes():
		_class.add_item(peer_class)
	for compression in PeerSettings.COMPRESSIONS:
		_compression.add_item(compression)
	for count in NetworkPanel.BOT_COUNTS:
		_bots.add_item("no bots" if count == 0 else "%d bots" % count)
	_bots.select(2)
	_host.pressed.connect(host)
	_join.pressed.connect(join)
	_cancel.pressed.connect(Session.leave)
	_cancel.hide()
	# Without the extension only one class can be chosen, and the message explains why.
	_message.text = PeerSettings.class_mistake(PeerSettings.OURS)
	_host.grab_focus.call_deferred()


func fill(options: Options) -> void:
	_token = options.token
	_name.text = options.player_name
	_address.text = options.address
	_port.value = options.port
	_encrypt.button_pressed = options.is_encrypted
	_select(_class, options.peer_class)
	_select(_compression, options.compression)
	if options.role != Options.Role.LOBBY:
		_bots.select(0)


func player_name() -> String:
	var chosen := _name.text.strip_edges()
	return "Player" if chosen.is_empty() else chosen


func bots() -> int:
	return NetworkPanel.BOT_COUNTS[_bots.selected]


func settings() -> PeerSettings:
	var chosen := PeerSettings.new()
	chosen.peer_class = _class.get_item_text(_class.selected)
	chosen.compression = _compression.selected
	chosen.is_encrypted = _encrypt.button_pressed
	chosen.token = _token
	return chosen


func host() -> String:
	var mistake := Session.host(settings(), int(_port.value))
	return _show_start(mistake, "Starting ...")


## Returns an immediate error as a text for the player, or an empty text.
func join() -> String:
	var mistake := Session.join(settings(), _address.text.strip_edges(), int(_port.value))
	return _show_start(mistake, "Connecting to %s ..." % _address.text)


func show_message(text: String) -> void:
	_message.text = text
	_set_busy(false)


func message() -> String:
	return _message.text


func _show_start(mistake: String, text: String) -> String:
	show_message(mistake if not mistake.is_empty() else text)
	_set_busy(mistake.is_empty())
	return mistake


func _set_busy(busy: bool) -> void:
	_host.disabled = busy
	_join.visible = not busy
	_cancel.visible = busy


func _select(choice: OptionButton, text: String) -> void:
	for index in choice.item_count:
		if choice.get_item_text(index) == text:
			choice.select(index)
