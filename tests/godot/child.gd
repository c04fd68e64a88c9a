extends SceneTree
## A process that a test kills: `host CLASS PORT`, `join CLASS PORT` or `count CLASS PORT`. It sends the guest's id, as
## seen from here, to the other end. `count` joins, and sends numbers from 0 on, ten a second.

const LIFE_SECONDS := 60.0

var _peer: MultiplayerPeer
var _age := 0.0
var _counts := false
var _next_number := 0
var _since_number := 0.0


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	var port := arguments[2].to_int()
	_counts = arguments[0] == "count"
	_peer = ClassDB.instantiate(arguments[1])
	var error: Error
	if arguments[0] == "host":
		error = _peer.call(&"create_server", port)
	else:
		error = _peer.call(&"create_client", "127.0.0.1", port)
	if error != OK:
		quit(1)
	_peer.peer_connected.connect(_greet)


func _greet(id: int) -> void:
	var guest := id if _peer.get_unique_id() == 1 else _peer.get_unique_id()
	_peer.set_target_peer(id)
	_peer.put_packet(str(guest).to_utf8_buffer())


func _process(delta: float) -> bool:
	_age += delta
	if _peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
		_peer.poll()
	_since_number += delta
	if _counts and _since_number >= 0.1 and _peer.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED:
		_since_number = 0.0
		_peer.put_packet(str(_next_number).to_utf8_buffer())
		_next_number += 1
	OS.delay_msec(2)
	# The process ends by itself if the test that should kill it has died.
	return _age > LIFE_SECONDS
