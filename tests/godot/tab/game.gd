extends Node
## A game for the debugger's tab: sends what FakeGame makes while it is watched. Its first user argument is the number of peers.

const FakeGame := preload("res://tab/fake_game.gd")
const LIFE_SECONDS := 120.0

var _game: FakeGame
var _synchronizer := MultiplayerSynchronizer.new()
var _interval := 0.0
var _is_recording := false
var _since := 0.0
var _since_second := 0.0
var _count := 0
var _life := 0.0


func _ready() -> void:
	var arguments := OS.get_cmdline_user_args()
	var peers := arguments[0].to_int() if not arguments.is_empty() else 6
	_game = FakeGame.new(peers, peers > 1)
	_synchronizer.name = "Sync"
	_synchronizer.replication_config = SceneReplicationConfig.new()
	add_child(_synchronizer)
	# The extension answers an editor itself; here it must not.
	if EngineDebugger.has_capture("enet_rs"):
		EngineDebugger.unregister_message_capture("enet_rs")
	EngineDebugger.register_message_capture("enet_rs", _take)


func _take(message: String, data: Array) -> bool:
	match message:
		"watch":
			_interval = data[0]
			if _interval > 0.0:
				EngineDebugger.send_message("enet_rs:hello", _game.hello())
				EngineDebugger.send_message("enet_rs:hosts", _game.hosts())
				EngineDebugger.send_message("enet_rs:peers", _game.peers())
		"record":
			_is_recording = data[1]
		_:
			var text := "%s %s" % [message, data]
			EngineDebugger.send_message("enet_rs:events", [[[_game.time, FakeGame.OBJECT, "simulation", 0, text]]])
	return true


func _process(delta: float) -> void:
	_life += delta
	if _life > LIFE_SECONDS:
		get_tree().quit()
	if _interval <= 0.0:
		return
	_since += delta * 1000.0
	while _since >= _interval:
		_since -= _interval
		EngineDebugger.send_message("enet_rs:snapshot", _game.snapshot(_interval))
		# The engine is asked for the names of these objects.
		EngineDebugger.send_message("multiplayer:rpc", _game.engine_rpcs(get_instance_id()))
		EngineDebugger.send_message("multiplayer:syncs",
			_game.engine_syncs(_synchronizer.get_instance_id(), _synchronizer.replication_config.get_instance_id(), get_instance_id()))
		if _is_recording:
			EngineDebugger.send_message("enet_rs:timeline", _game.timeline(_interval))
	_since_second += delta
	if _since_second >= 1.0:
		_since_second -= 1.0
		EngineDebugger.send_message("enet_rs:talkers", _game.talkers())
		EngineDebugger.send_message("enet_rs:sizes", _game.sizes())
		_count += 1
		if _count % 3 == 0:
			EngineDebugger.send_message("enet_rs:events", _game.events())


func _exit_tree() -> void:
	if EngineDebugger.has_capture("enet_rs"):
		EngineDebugger.unregister_message_capture("enet_rs")
