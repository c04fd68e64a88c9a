extends Node
## Operates the demo game by keys and buttons, and checks what its screens then show. `cargo xtask demo` runs it as an
## autoload of a copy of the game, which hosts.

const WAIT_SECONDS := 30.0
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
	_test_texts_of_others()
	_test_hostile_server()
	await _test_names()
	await _test_last_words()
	await _test_silent_client()
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
	_check("chat has a rate", heard.size() * 2 < MESSAGES)
	_check("chat has a length", heard.all(func(text: String) -> bool: return text.length() <= ChatFilter.MOST_CHARACTERS))
	_check("chat has no control characters", heard.all(func(text: String) -> bool:
		return not text.contains("\n") and not text.contains("\u202e")))


func _test_texts_of_others() -> void:
	var hidden := "\u200b\u200c\u200d\u200e\u200f\u061c\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
	_check("invisible characters are dropped", ChatFilter.clean("A%sda" % hidden, 99) == "Ada")
	_check("a name of them only is empty", ChatFilter.clean(hidden, ChatFilter.MOST_NAME).is_empty())


## What a server sends that does not play by the rules.
func _test_hostile_server() -> void:
	var replica := Replica.new()
	replica._on_welcomed(5000, {}, PackedByteArray())
	_check("a slot is a byte", replica.own_slot == -1)
	replica._on_welcomed(1, {"x": "a", 5000: "b", -1: "c", 2: ["d"], 3: "e".repeat(5000), 1: "f"}, PackedByteArray())
	_check("only slots with names become ships", replica.ships.keys() == [3, 1])
	_check("names have a length", replica.name_of(3).length() == ChatFilter.MOST_NAME)
	for slot in 2000:
		replica._on_player_joined(slot, "crowd")
	_check("ships are bounded", replica.ships.size() == Replica.MOST_SLOTS)
	replica._on_player_left(3, "r".repeat(5000))
	_check("reasons have a length", str(replica.leavers[0][1]).length() == ChatFilter.MOST_CHARACTERS)
	var own_states: Array[ShipState] = []
	replica.own_state_arrived.connect(func(state: ShipState) -> void: own_states.append(state))
	var snapshot := PackedByteArray()
	snapshot.resize(Snapshot.HEADER + Snapshot.RECORD * 5000)
	for index in 5000:
		snapshot[Snapshot.HEADER + Snapshot.RECORD * index] = 1
	replica._on_snapshot_arrived(snapshot)
	_check("ships of a snapshot are bounded", own_states.size() <= Snapshot.MOST_SHIPS)
	var collected: Array[Vector2] = []
	replica.crystal_collected.connect(func(place: Vector2, _collector: int) -> void: collected.append(place))
	var moves := PackedByteArray()
	moves.resize(Crystals.BYTES * 5000)
	replica._on_crystals_arrived(moves)
	_check("moves of crystals are bounded", collected.size() <= Crystals.MOST_MOVES)
	replica.free()
	var events := PackedByteArray()
	events.resize(FieldEvent.BYTES * 5000)
	_check("events are bounded", FieldEvent.decode(events).size() <= FieldEvent.MOST)
	var effects := Effects.new()
	for index in 2000:
		effects.explode(Vector2.ZERO, Color.WHITE)
		effects.pop(Vector2.ZERO, "+1", Color.WHITE)
	_check("effects are bounded", effects._sparks.size() + effects._rings.size() + effects._pops.size() <= 540)
	effects.free()
	var shots := ShotsView.new()
	for number in 2000:
		var event := FieldEvent.new()
		event.shot = number
		shots.add(event)
	_check("shots are bounded", shots._shots.size() <= ShotsView.MOST_SHOTS)
	shots.free()


func _test_names() -> void:
	for wanted: String in ["Ada", "ad\u200ba", "x".repeat(30), "x".repeat(40)]:
		var before := _game.replica.ships.size()
		_join("Name%d" % before, wanted)
		await _until("\"%s\" plays" % wanted.left(20), func() -> bool: return _game.replica.ships.size() == before + 1)
	var names: Dictionary[String, bool] = {}
	for ship: ReplicaShip in _game.replica.ships.values():
		names[ship.player_name.to_lower()] = true
	_check("names are unique", names.size() == _game.replica.ships.size())
	_check("names keep their length", names.keys().all(func(text: String) -> bool: return text.length() <= ChatFilter.MOST_NAME))
	_check("the first one keeps its name", _game.replica.own().player_name == "Ada")


## What a client says with its end is not told to the others.
func _test_last_words() -> void:
	var others: Dictionary[int, bool] = {}
	for id: int in Session.server.game.ships:
		others[id] = true
	var branch := _join("Talker", "Talker")
	await _until("who will leave plays", func() -> bool: return Session.server.game.ships.size() > others.size())
	var ends: Array[Array] = []
	var hear := func(player_name: String, reason: String) -> void: ends.append([player_name, reason])
	_game.replica.left.connect(hear)
	var peer := branch.multiplayer.multiplayer_peer
	if peer.is_class(PeerSettings.OURS):
		var data := ClassDB.class_get_integer_constant(PeerSettings.OURS, &"REASON_BANNED")
		_check("the data has words", str(ClassDB.class_call_static(PeerSettings.OURS, &"get_reason_text", 1, data)).contains("ban"))
		var server: Object = peer.call(&"get_peer", 1)
		server.call(&"peer_disconnect", data)
	else:
		peer.close()
	await _until("the leaver is told", func() -> bool: return not ends.is_empty())
	_check("without words of its own", ends == [["Talker", ""]])
	_game.replica.left.disconnect(hear)


## A place is for who plays.
func _test_silent_client() -> void:
	var players := Session.server.game.ships.size()
	var server_api := Session.server.multiplayer
	var connected := server_api.get_peers().size()
	var branch := _join("Silent", "")
	await _until("a silent client connects", func() -> bool: return server_api.get_peers().size() == connected + 1)
	await _until("it is sent away", func() -> bool: return server_api.get_peers().size() == connected)
	var peer := branch.multiplayer.multiplayer_peer
	await _until("it notices", func() -> bool:
		return peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED)
	_check("players stay", Session.server.game.ships.size() == players)
	for child in get_children():
		child.multiplayer.multiplayer_peer.close()
		get_tree().set_multiplayer(null, child.get_path())
		child.queue_free()


## A client in a branch of its own. Without a name it never registers.
func _join(branch_name: String, player_name: String) -> Node:
	var branch := Node.new()
	branch.name = branch_name
	add_child(branch)
	var api := SceneMultiplayer.new()
	api.server_relay = false
	get_tree().set_multiplayer(api, branch.get_path())
	var link := Link.new()
	link.name = "Link"
	link.is_counted = false
	branch.add_child(link)
	if not player_name.is_empty():
		api.connected_to_server.connect(func() -> void: link.register.rpc_id(Link.SERVER, player_name))
	api.multiplayer_peer = Session.settings.make_client("127.0.0.1", Session.port)
	return branch


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
