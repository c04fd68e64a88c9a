extends SceneTree
# Peers of Godot 3 that send every packet back, in the transfer mode that its first byte names:
#   --script echo.gd host|join PORT MODE [PORT MODE ...]
# MODE is a compression mode; host serves on the port, join connects to it on this machine.

const LIFE_SECONDS := 60.0

var _peers := []
var _age := 0.0


func _init() -> void:
	# The engine's own arguments come first.
	var arguments := Array(OS.get_cmdline_args())
	var hosts := arguments.has("host")
	var first := arguments.find("host" if hosts else "join") + 1
	for index in range(first, arguments.size(), 2):
		var peer := NetworkedMultiplayerENet.new()
		peer.compression_mode = int(arguments[index + 1])
		var port := int(arguments[index])
		var error := peer.create_server(port) if hosts else peer.create_client("127.0.0.1", port)
		if error != OK:
			printerr("port %d: error %d" % [port, error])
			quit(1)
		_peers.append(peer)


func _iteration(delta: float) -> bool:
	_age += delta
	for peer in _peers:
		if peer.get_connection_status() == NetworkedMultiplayerPeer.CONNECTION_DISCONNECTED:
			continue
		peer.poll()
		while peer.get_available_packet_count() > 0:
			# get_packet_peer() is the sender of the next packet.
			peer.set_target_peer(peer.get_packet_peer())
			var bytes: PoolByteArray = peer.get_packet()
			peer.transfer_mode = bytes[0]
			peer.put_packet(bytes)
	OS.delay_msec(1)
	# The process ends by itself if the test that should kill it has died.
	return _age > LIFE_SECONDS
