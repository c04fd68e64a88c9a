extends SceneTree
## A process to be killed: `host CLASS PORT` or `join CLASS PORT`.

const LIFE_SECONDS := 60.0

var _peer: MultiplayerPeer
var _age := 0.0


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	_peer = ClassDB.instantiate(arguments[1])
	if arguments[0] == "host":
		_peer.call(&"create_server", arguments[2].to_int())
	else:
		_peer.call(&"create_client", "127.0.0.1", arguments[2].to_int())


func _process(delta: float) -> bool:
	_age += delta
	if _peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
		_peer.poll()
	OS.delay_msec(2)
	# Nobody may be left to kill it.
	return _age > LIFE_SECONDS
