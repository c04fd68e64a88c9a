extends Node
## Starts the mode that the command line asks for, and switches between lobby and arena.

const EXIT_MISTAKE := 2
const CONNECT_SECONDS := 10.0
const REJOIN_PAUSE := 1.0
## How long an empty server waits for a player to come back before it quits.
const EMPTY_SECONDS := 4.0

var options: Options

var _was_connected := false

@onready var lobby: Lobby = $Lobby
@onready var arena: Arena = $Arena


func _ready() -> void:
	options = Options.from_command_line()
	if not options.mistake.is_empty():
		_fail(options.mistake, EXIT_MISTAKE)
		return
	# The lobby offers the choice, and reports a missing class itself.
	if options.peer_class.is_empty() and options.role != Options.Role.LOBBY:
		options.peer_class = Session.OURS
	var mistake := "" if options.peer_class.is_empty() else Session.class_mistake(options.peer_class)
	if not mistake.is_empty():
		_fail(mistake, EXIT_MISTAKE)
		return
	if options.player_name.is_empty():
		options.player_name = "Player"
	Report.enabled = options.role in [Options.Role.SERVER, Options.Role.CLIENT]

	Session.started.connect(_on_started)
	Session.ended.connect(_on_ended)
	lobby.fill(options)
	arena.close()
	match options.role:
		Options.Role.SERVER:
			_run_server()
		Options.Role.CLIENT when options.bot_seconds > 0.0:
			_run_bot()
		Options.Role.JOIN:
			lobby.join()
		Options.Role.CLIENT:
			mistake = lobby.join()
			if not mistake.is_empty():
				_fail(mistake)
		Options.Role.HOST:
			lobby.host()
	if options.seconds > 0.0:
		get_tree().create_timer(options.seconds).timeout.connect(_finish)
	if not options.screenshot_file.is_empty():
		_take_screenshot()


func _notification(what: int) -> void:
	if what == NOTIFICATION_WM_CLOSE_REQUEST and options != null:
		_quit()


func _on_started() -> void:
	_was_connected = true
	lobby.hide()
	arena.open(lobby.player_name(), options.bot_seconds > 0.0, options.role == Options.Role.SERVER)


func _on_ended(reason: String) -> void:
	arena.close()
	lobby.show_message(reason)
	lobby.show()
	# A headless client has no window to show that message in.
	if options.role == Options.Role.CLIENT and options.bot_seconds == 0.0 and not reason.is_empty():
		_fail(reason)


func _run_server() -> void:
	var mistake := Session.host(options.peer_class, options.port)
	if not mistake.is_empty():
		_fail(mistake)
		return
	Report.event("listening", {"port": options.port, "class": options.peer_class})
	if options.quit_when_empty:
		await arena.player_joined
		var empty_for := 0.0
		while empty_for < EMPTY_SECONDS:
			await get_tree().physics_frame
			empty_for = 0.0 if arena.has_players() else empty_for + get_physics_process_delta_time()
		_finish()


## A scripted player: plays, leaves, rejoins, plays and leaves for good.
func _run_bot() -> void:
	if not await _bot_joins():
		return
	await get_tree().create_timer(options.bot_seconds / 2.0).timeout
	if not _bot_is_still_there():
		return
	Session.leave()
	Report.event("rejoining")
	await get_tree().create_timer(REJOIN_PAUSE).timeout
	if not await _bot_joins():
		return
	await get_tree().create_timer(options.bot_seconds / 2.0).timeout
	if not _bot_is_still_there():
		return
	Session.leave()
	_finish()


func _bot_joins() -> bool:
	var mistake := Session.join(options.peer_class, options.address, options.port)
	if not mistake.is_empty():
		_fail(mistake)
		return false
	var deadline := Time.get_ticks_msec() + int(CONNECT_SECONDS * 1000.0)
	while not Session.is_connected_peer():
		if Time.get_ticks_msec() > deadline:
			_fail("no connection to %s, port %d" % [options.address, options.port])
			return false
		await get_tree().process_frame
	Report.event("connected", {"id": multiplayer.get_unique_id(), "class": Session.peer_class})
	return true


func _bot_is_still_there() -> bool:
	if Session.is_connected_peer():
		return true
	_fail("the connection was lost")
	return false


func _finish() -> void:
	Report.traffic()
	Session.leave()
	_quit()


## A client that never got into a game has failed.
func _quit() -> void:
	if _was_connected or options.role == Options.Role.LOBBY:
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
