class_name Bots
extends Node
## The bots of this process.

const MOST := 64
## Bots join one after the other: a handshake with encryption takes time.
const JOIN_SECONDS := 0.04

var wanted := 0

var _pause := 0.0
var _next_name := 1


func set_wanted(number: int) -> void:
	wanted = clampi(number, 0, MOST)
	while get_child_count() > wanted:
		_remove(get_child(-1) as Bot)


func count() -> int:
	return get_child_count()


func _process(delta: float) -> void:
	_pause -= delta
	if count() >= wanted or _pause > 0.0 or Session.port == 0:
		return
	_pause = JOIN_SECONDS
	var bot := Bot.new()
	bot.name = "Bot%02d" % _next_name
	add_child(bot)
	var address := "127.0.0.1" if Session.server != null else Session.address
	var mistake := bot.open(Session.settings, address, Session.port, "Bot %02d" % _next_name)
	_next_name = _next_name % 99 + 1
	if not mistake.is_empty():
		printerr("A bot cannot join: %s" % mistake)
		set_wanted(0)
		return
	bot.gone.connect(_remove.bind(bot), CONNECT_DEFERRED)


func _remove(bot: Bot) -> void:
	if bot.get_parent() == self:
		bot.close()
		remove_child(bot)
		wanted = mini(wanted, count())
