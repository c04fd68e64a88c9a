class_name FleetMember
extends Node
## What a dedicated server in a fleet does besides the game: it tells Agones its state and its players, shows its
## figures to Prometheus, and closes politely when Agones ends it. The classes are made by name, as the demo also runs
## without the extension.

const COUNTER := &"players"
## The longest wait for the answer to the last request.
const LEAVE_MSEC := 5000

var _agones: RefCounted
var _options: Options
var _has_left := false


## Call this when the server listens. Returns an error text, or an empty one.
func open(server: ServerBranch, options: Options) -> String:
	_options = options
	var peer := server.multiplayer.multiplayer_peer
	if options.metrics_port > 0:
		peer.set(&"metrics_port", options.metrics_port)
		if peer.get(&"metrics_port") != options.metrics_port:
			return "The metrics cannot be shown on port %d." % options.metrics_port
		server.game.tick_observer = func(seconds: float) -> void: peer.call(&"observe_tick_time", seconds)
	if options.agones:
		_join_fleet(server, peer)
	if options.stall_seconds > 0.0:
		get_tree().create_timer(options.stall_after).timeout.connect(_stall)
	return ""


## Tells Agones that this server is at its end, and waits until it knows.
func leave() -> void:
	if _agones == null:
		return
	_agones.call(&"shutdown")
	var deadline := Time.get_ticks_msec() + LEAVE_MSEC
	while not _has_left and Time.get_ticks_msec() < deadline:
		await get_tree().process_frame


func _join_fleet(server: ServerBranch, peer: MultiplayerPeer) -> void:
	_agones = ClassDB.instantiate(&"AgonesRs")
	_agones.set(&"peer", peer)
	_agones.set(&"player_counter", COUNTER)
	_agones.connect(&"state_changed", func(state: String) -> void: Report.event("agones", {"state": state}))
	_agones.connect(&"request_done", func(request: String, _subject: String, _answer: Dictionary) -> void:
		_has_left = _has_left or request == "Shutdown")
	_agones.call(&"start")
	_agones.call(&"ready")
	# The demo has no matchmaker, so the first player allocates the server. On the Internet that would let strangers take
	# every server: there, a matchmaker allocates, and a join filter lets in only the players of the match.
	server.game.someone_joined.connect(func() -> void: _agones.call(&"allocate"), CONNECT_ONE_SHOT)


## A level that loads on the main thread.
func _stall() -> void:
	Report.event("stall", {"seconds": _options.stall_seconds})
	OS.delay_msec(int(_options.stall_seconds * 1000.0))
	Report.event("stalled", {"players": multiplayer.get_peers().size()})
