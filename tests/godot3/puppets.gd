extends SceneTree
# Peers that execute the commands of a test in Godot 4, received over TCP:
#   --script puppets.gd PORT
# Commands and reports are dictionaries in JSON. The test's side is tests/godot/lib/godot3.gd.

const LIFE_SECONDS := 120.0
const SIGNALS := ["connection_succeeded", "connection_failed", "server_disconnected"]

var _commands := StreamPeerTCP.new()
var _peers := {}
var _age := 0.0


func _init() -> void:
	# The engine's own arguments come first.
	var port := int(Array(OS.get_cmdline_args()).back())
	if _commands.connect_to_host("127.0.0.1", port) != OK:
		quit(1)
	_commands.set_no_delay(true)


func _iteration(delta: float) -> bool:
	_age += delta
	while _commands.get_available_bytes() > 0:
		_obey(JSON.parse(_commands.get_utf8_string()).result)
	for name in _peers:
		_poll(name, _peers[name])
	OS.delay_msec(1)
	# The process ends by itself if the test that should kill it has died.
	return _age > LIFE_SECONDS


func _obey(command: Dictionary) -> void:
	var name: String = command.name
	if command.do == "make":
		_peers[name] = _make(name, command.properties)
		return
	var peer: NetworkedMultiplayerENet = _peers[name]
	match command.do:
		"host":
			_answer(name, peer.create_server(int(command.port)))
		"join":
			_answer(name, peer.create_client("127.0.0.1", int(command.port)))
		"send":
			peer.set_target_peer(int(command.target))
			peer.transfer_mode = int(command.mode)
			peer.transfer_channel = int(command.channel)
			var error := peer.put_packet(Marshalls.base64_to_raw(command.bytes))
			if error != OK:
				_report({"name": name, "failure": error})
		"kick":
			peer.disconnect_peer(int(command.id), command.now)
		"close":
			peer.close_connection()


func _make(name: String, properties: Dictionary) -> NetworkedMultiplayerENet:
	var peer := NetworkedMultiplayerENet.new()
	for property in properties:
		peer.set(property, properties[property])
	peer.connect("peer_connected", self, "_on_peer", [name, "+"])
	peer.connect("peer_disconnected", self, "_on_peer", [name, "-"])
	for told in SIGNALS:
		peer.connect(told, self, "_on_fate", [name, told])
	return peer


func _poll(name: String, peer: NetworkedMultiplayerENet) -> void:
	if peer.get_connection_status() == NetworkedMultiplayerPeer.CONNECTION_DISCONNECTED:
		return
	peer.poll()
	while peer.get_available_packet_count() > 0:
		var from := peer.get_packet_peer()
		var channel := peer.get_packet_channel()
		var bytes := Marshalls.raw_to_base64(peer.get_packet())
		_report({"name": name, "from": from, "channel": channel, "bytes": bytes})


func _on_peer(id: int, name: String, change: String) -> void:
	_report({"name": name, "event": change + str(id)})


func _on_fate(name: String, told: String) -> void:
	_report({"name": name, "event": told})


func _answer(name: String, result: int) -> void:
	_report({"name": name, "result": result, "id": _peers[name].get_unique_id()})


func _report(report: Dictionary) -> void:
	_commands.put_utf8_string(JSON.print(report))
