extends Node
## Starts the mode that the command line asks for, and switches between lobby and game.

const EXIT_MISTAKE := 2
const CONNECT_SECONDS := 10.0
const REJOIN_PAUSE := 1.0
## How long an empty server waits for a player to come back before it quits.
const EMPTY_SECONDS := 4.0
const BOT_CHAT: Array[String] = ["hello", "good shot", "over here", "well played"]
const BOT_CHAT_SECONDS := 1.5

var options: Options

var _was_connected := false
var _fleet_member: FleetMember

@onready var lobby: Lobby = %Lobby
@onready var game: Game = $Game
@onready var bots: Bots = $Bots
@onready var hud: Hud = $Hud


func _ready() -> void:
	options = Options.from_command_line()
	var mistake := _check_options()
	if not mistake.is_empty():
		_fail(mistake, EXIT_MISTAKE)
		return
	Report.enabled = options.role in [Options.Role.SERVER, Options.Role.CLIENT] or options.quit_when_crowded
	Session.started.connect(_on_started)
	Session.ended.connect(_on_ended)
	game.opened.connect(_on_opened)
	lobby.fill(options)
	_start_role()
	if options.seconds > 0.0:
		get_tree().create_timer(options.seconds).timeout.connect(_finish)
	if options.quit_when_crowded:
		_watch_crowd()
	if options.frames:
		add_child(FrameReport.new())
	if not options.screenshot_file.is_empty():
		_take_screenshot()


func _notification(what: int) -> void:
	if what == NOTIFICATION_WM_CLOSE_REQUEST and options != null:
		_quit()


## Fills in what the options leave open. Returns an error text, or an empty one.
func _check_options() -> String:
	if not options.mistake.is_empty():
		return options.mistake
	# The lobby offers the choice, and reports a missing class itself.
	if options.peer_class.is_empty() and options.role != Options.Role.LOBBY:
		options.peer_class = PeerSettings.OURS
	if options.player_name.is_empty():
		options.player_name = "Player"
	var mistake := "" if options.peer_class.is_empty() else PeerSettings.class_mistake(options.peer_class)
	if mistake.is_empty() and options.needs_ours() and options.peer_class != PeerSettings.OURS:
		mistake = "--token, --agones, --metrics-port and --stall need --peer-class %s" % PeerSettings.OURS
	return mistake if not mistake.is_empty() else PeerSettings.compression_mistake(options.compression)


func _start_role() -> void:
	var mistake := ""
	match options.role:
		Options.Role.SERVER:
			_run_server()
		Options.Role.CLIENT when options.bot_seconds > 0.0:
			_run_bot()
		Options.Role.JOIN:
			lobby.join()
		Options.Role.CLIENT:
			mistake = lobby.join()
		Options.Role.HOST:
			lobby.host()
	if not mistake.is_empty():
		_fail(mistake)


func _on_started() -> void:
	_was_connected = true
	lobby.hide()
	game.autopilot = options.autopilot or options.bot_seconds > 0.0
	game.open(lobby.player_name())
	hud.open(options)


func _on_opened() -> void:
	var wanted := options.bots
	if wanted == 0 and Session.server != null:
		wanted = lobby.bots()
	bots.set_wanted(wanted)


func _on_ended(reason: String) -> void:
	bots.set_wanted(0)
	if Report.enabled and game.prediction.median_correction() >= 0.0:
		Report.event("prediction", {
			"correction": "%.3f" % game.prediction.median_correction(), "lead": "%.0f" % game.prediction.median_lead()})
	game.close()
	hud.close()
	lobby.show_message(reason)
	lobby.show()
	# A headless client has no window to show that message in.
	if options.role == Options.Role.CLIENT and options.bot_seconds == 0.0 and not reason.is_empty():
		_fail(reason)


func _run_server() -> void:
	var mistake := Session.serve(lobby.settings(), options.port)
	if not mistake.is_empty():
		_fail(mistake)
		return
	lobby.show_message("A server runs on port %d, %s." % [options.port, Session.settings.summary()])
	bots.set_wanted(options.bots)
	Report.event("listening", {"port": options.port, "class": options.peer_class})
	if options.is_in_fleet():
		_fleet_member = FleetMember.new()
		_fleet_member.name = "FleetMember"
		Session.server.add_child(_fleet_member)
		mistake = _fleet_member.open(Session.server, options)
		if not mistake.is_empty():
			_fail(mistake)
			return
	if options.quit_when_empty:
		await Session.server.game.someone_joined
		var empty_for := 0.0
		while empty_for < EMPTY_SECONDS:
			await get_tree().physics_frame
			empty_for = 0.0 if Session.server.has_players() else empty_for + get_physics_process_delta_time()
		_finish()


func _watch_crowd() -> void:
	var crowd := CrowdReport.new()
	crowd.replica = game.replica
	crowd.expected = options.bots + 1
	crowd.complete.connect(_finish)
	add_child(crowd)


## A scripted player: plays, leaves, rejoins, plays and leaves for good.
func _run_bot() -> void:
	if not await _bot_plays():
		return
	Report.event("rejoining")
	await get_tree().create_timer(REJOIN_PAUSE).timeout
	if await _bot_plays():
		_finish()


func _bot_plays() -> bool:
	var mistake := Session.join(lobby.settings(), options.address, options.port)
	if not mistake.is_empty():
		_fail(mistake)
		return false
	var deadline := Time.get_ticks_msec() + int(CONNECT_SECONDS * 1000.0)
	while not Session.is_connected_peer():
		if Time.get_ticks_msec() > deadline:
			_fail("no connection to %s, port %d" % [options.address, options.port])
			return false
		await get_tree().process_frame
	Report.event("connected", {"id": multiplayer.get_unique_id(), "class": Session.settings.peer_class})
	var turns := maxi(1, roundi(options.bot_seconds / 2.0 / BOT_CHAT_SECONDS))
	for turn in turns:
		await get_tree().create_timer(options.bot_seconds / 2.0 / turns).timeout
		if not Session.is_connected_peer():
			_fail("the connection was lost")
			return false
		game.say(BOT_CHAT[turn % BOT_CHAT.size()])
	Session.leave()
	return true


func _finish() -> void:
	if _fleet_member != null:
		await _fleet_member.leave()
	Report.traffic()
	_quit()


## A client that never got into a game has failed.
func _quit() -> void:
	bots.set_wanted(0)
	Session.leave()
	if _was_connected or options.role in [Options.Role.LOBBY, Options.Role.SERVER]:
		Report.event("done")
		get_tree().quit()
	elif options.role == Options.Role.HOST:
		_fail("could not host on port %d" % options.port)
	else:
		_fail("no connection to %s, port %d" % [options.address, options.port])


func _fail(cause: String, status: int = 1) -> void:
	printerr("enet-rs demo: %s" % cause)
	get_tree().quit(status)


func _take_screenshot() -> void:
	await get_tree().create_timer(options.screenshot_seconds).timeout
	await RenderingServer.frame_post_draw
	var error := get_viewport().get_texture().get_image().save_png(options.screenshot_file)
	if error != OK:
		_fail("cannot save %s: %s" % [options.screenshot_file, error_string(error)])
		return
	_quit()
