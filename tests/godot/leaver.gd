extends SceneTree
## A process that sends one packet to a server and leaves immediately: `HOW CLASS PORT`. HOW is "quit", "free",
## "finalize" (the packet is sent after the last frame) or "leak" (an object with a network thread is never freed).

const WORD := "farewell"
const LIFE_SECONDS := 20.0

var _how := ""
var _peer: MultiplayerPeer
var _age := 0.0


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	_how = arguments[0]
	_peer = ClassDB.instantiate(arguments[1])
	if _how == "leak":
		_peer.set(&"threaded", true)
		_peer.reference()
	if _peer.call(&"create_client", "127.0.0.1", arguments[2].to_int()) != OK:
		quit(1)


func _process(delta: float) -> bool:
	_age += delta
	if _peer == null or _age > LIFE_SECONDS:
		return true
	_peer.poll()
	if _peer.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED:
		if _how != "finalize" and _how != "leak":
			_peer.put_packet(WORD.to_utf8_buffer())
		if _how == "free":
			_peer = null
		quit()
	OS.delay_msec(2)
	return false


func _finalize() -> void:
	if _how == "finalize":
		_peer.put_packet(WORD.to_utf8_buffer())
	_peer = null
