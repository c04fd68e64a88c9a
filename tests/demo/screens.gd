extends Node
## Operates the demo game by keys and buttons, and checks what its screens then show. `cargo xtask demo` runs it as an
## autoload of a copy of the game, which hosts.

const WAIT_SECONDS := 20.0
## At once, of which the server passes on a few.
const MESSAGES := 40

var _passed := 0
var _failed := 0

var _hud: Hud
var _game: Game
var _bots: Bots
var _lobby: Lobby


func _ready() -> void:
	await get_tree().process_frame
	_hud = get_node(^"/root/Main/Hud")
	_game = get_node(^"/root/Main/Game")
	_bots = get_node(^"/root/Main/Bots")
	_lobby = get_node(^"/root/Main/LobbyLayer/Lobby")
	await _test_switches()
	await _test_chat()
	await _test_leaving()
	await _test_lost_server()
	print("%d passed, %d failed" % [_passed, _failed])
	get_tree().quit(1 if _failed > 0 else 0)


func _test_switches() -> void:
	await _until("a host plays", func() -> bool: return _game.is_playing() and _hud.visible and not _lobby.visible)
	await _press(KEY_B)
	await _until("B adds bots", func() -> bool: return _game.replica.ships.size() == 9)
	await _press(KEY_P)
	_check("P switches prediction off", not _game.has_prediction)
	await _press(KEY_I)
	_check("I switches interpolation off", not _game.has_interpolation)
	await _press(KEY_G)
	_check("G shows the ghost", _game.has_ghost)
	await _press(KEY_N)
	_check("N shows the network panel", _hud.network.visible)
	if not SimulatedNetwork.mistake(Session.peer()).is_empty():
		return
	await _press(KEY_PAGEUP)
	var simulation := SimulatedNetwork.current(Session.peer())
	_check("Page up simulates a network", not SimulatedNetwork.is_clear(simulation))
	await _press(KEY_PAGEDOWN)
	_check("Page down ends it", SimulatedNetwork.is_clear(SimulatedNetwork.current(Session.peer())))


func _test_chat() -> void:
	await _press(KEY_ENTER)
	_check("Enter starts typing", _hud.chat.is_typing())
	for character in "p [b]hi":
		var event := InputEventKey.new()
		event.keycode = KEY_P
		event.physical_keycode = KEY_P
		event.unicode = character.unicode_at(0)
		event.pressed = true
		Input.parse_input_event(event)
	await _press(KEY_ENTER)
	_check("Enter ends typing", not _hud.chat.is_typing())
	_check("what is typed switches nothing", not _game.has_prediction)
	await _until("markup is shown as typed", func() -> bool: return _hud.chat.shown().ends_with("Ada: p [b]hi"))
	var heard: Array[String] = []
	_game.link.chat_shown.connect(func(_slot: int, text: String) -> void: heard.append(text))
	for line in MESSAGES:
		_game.say("a\n\u202eb".repeat(100))
	await _until("chat arrives", func() -> bool: return not heard.is_empty())
	# Those that the server drops would have come by then.
	await get_tree().create_timer(ChatFilter.SECONDS_PER_MESSAGE * 2.0).timeout
	_check("chat has a rate", heard.size() < MESSAGES / 2)
	_check("chat has a length", heard.all(func(text: String) -> bool: return text.length() <= ChatFilter.MOST_CHARACTERS))
	_check("chat has no control characters", heard.all(func(text: String) -> bool:
		return not text.contains("\n") and not text.contains("\u202e")))


func _test_leaving() -> void:
	Session.leave()
	await _until("leaving shows the lobby", func() -> bool: return _lobby.visible and not _hud.visible)
	_check("nothing stays of a game", _game.replica.ships.is_empty() and _bots.count() == 0 and Session.server == null)
	_lobby.host()
	await _until("hosting again", func() -> bool: return _game.is_playing() and _game.replica.ships.size() == 1)


func _test_lost_server() -> void:
	Session.server.multiplayer.multiplayer_peer.close()
	await _until("a lost server shows the lobby", func() -> bool: return _lobby.visible)
	_check("the lobby tells why", not _lobby.message().is_empty())


func _press(key: Key) -> void:
	for is_pressed: bool in [true, false]:
		var event := InputEventKey.new()
		event.keycode = key
		event.physical_keycode = key
		event.pressed = is_pressed
		Input.parse_input_event(event)
		await get_tree().process_frame
		await get_tree().process_frame


## Waits until something is true. Only what never happens fails.
func _until(what: String, condition: Callable) -> void:
	var deadline := Time.get_ticks_msec() + int(WAIT_SECONDS * 1000.0)
	while not condition.call() and Time.get_ticks_msec() < deadline:
		await get_tree().process_frame
	var is_true: bool = condition.call()
	_check(what, is_true)


func _check(what: String, is_true: bool) -> void:
	if is_true:
		_passed += 1
		print("ok %s" % what)
	else:
		_failed += 1
		print("FAIL %s" % what)
