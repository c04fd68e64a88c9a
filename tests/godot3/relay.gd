extends SceneTree
# A server of Godot 3 that relays, for `cargo xtask bench attacks-godot`:
#   --script relay.gd PORT

const LIFE_SECONDS := 120.0

var _peer := NetworkedMultiplayerENet.new()
var _age := 0.0


func _init() -> void:
	# The engine's own arguments come first.
	var port := int(Array(OS.get_cmdline_args()).back())
	_peer.compression_mode = NetworkedMultiplayerENet.COMPRESS_NONE
	if _peer.create_server(port, 32) != OK:
		quit(1)
	print("@ready")


func _iteration(delta: float) -> bool:
	_age += delta
	_peer.poll()
	while _peer.get_available_packet_count() > 0:
		_peer.get_packet()
	OS.delay_msec(16)
	# The process ends by itself if the benchmark that should kill it has died.
	return _age > LIFE_SECONDS
