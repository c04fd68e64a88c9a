extends SceneTree
## A process whose only name server is this script itself: `HOW CLASS ADDRESS`, with /etc/resolv.conf naming ADDRESS.
## Prints one line `result: {...}` with what happened. HOW is
## "silent": a client and a name server that never answers,
## "late": a client, and a server whose name is answered while frames go by,
## "quit": the process ends while a name is being resolved,
## "script": hosts without a game, for names that exist and that do not.

const LIFE_SECONDS := 40.0
const NAME := "late.example"
const DNS_PORT := 53
const LATE_FRAMES := 30
const TYPE_A := 1

var _how := ""
var _class := ""
var _dns := PacketPeerUDP.new()
var _answers := false
var _exists := true
var _result: Dictionary[String, Variant] = {}
var _age := 0.0


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	_how = arguments[0]
	_class = arguments[1]
	if _dns.bind(DNS_PORT, arguments[2]) != OK:
		printerr("the name server's port cannot be opened")
		quit(1)
		return
	await process_frame
	match _how:
		"late":
			await _late()
		"script":
			await _script()
		_:
			await _silent()
	print("result: ", JSON.stringify(_result))
	quit()


func _process(delta: float) -> bool:
	_age += delta
	OS.delay_msec(2)
	while _answers and _dns.get_available_packet_count() > 0:
		_answer(_dns.get_packet())
	return _age > LIFE_SECONDS


func _silent() -> void:
	var peer: MultiplayerPeer = ClassDB.instantiate(_class)
	var failures: Array[int] = [0]
	get_multiplayer().connection_failed.connect(func() -> void: failures[0] += 1)
	_result["error"] = peer.call(&"create_client", NAME, 4242)
	_result["status"] = peer.get_connection_status()
	if _how == "quit":
		peer.close()
		_result["closed"] = peer.get_connection_status()
		peer.call(&"create_client", "other." + NAME, 4242)
		return
	if _result["error"] == OK:
		get_multiplayer().multiplayer_peer = peer
		var server: PacketPeer = peer.call(&"get_peer", 1)
		_result["address"] = server.call(&"get_remote_address")
		_result["port"] = server.call(&"get_remote_port")
	var frames := 0
	while peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
		frames += 1
		await process_frame
	_result["frames"] = frames
	_result["failures"] = failures[0]


func _late() -> void:
	var server: MultiplayerPeer = ClassDB.instantiate(_class)
	server.call(&"create_server", 0)
	var host: MultiplayerPeer = server.call(&"get_host")
	var port: int = host.call(&"get_local_port")
	var client: MultiplayerPeer = ClassDB.instantiate(_class)
	_result["error"] = client.call(&"create_client", NAME, port)
	var peer: PacketPeer = client.call(&"get_peer", 1)
	var frames := 0
	while client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTING:
		_answers = frames >= LATE_FRAMES
		client.poll()
		server.poll()
		frames += 1
		await process_frame
	_result["status"] = client.get_connection_status()
	_result["frames"] = frames
	_result["address"] = peer.call(&"get_remote_address")


func _script() -> void:
	var target := PacketPeerUDP.new()
	target.bind(0, "127.0.0.1")
	var host: MultiplayerPeer = ClassDB.instantiate(_class)
	host.call(&"create_host", 1)
	for word: String in ["one", "two"]:
		host.call(&"socket_send", NAME, target.get_local_port(), word.to_utf8_buffer())
	_answers = true
	var words: Array[String] = []
	while words.size() < 2 and _age < LIFE_SECONDS:
		host.call(&"service")
		while target.get_available_packet_count() > 0:
			words.append(target.get_packet().get_string_from_utf8())
		await process_frame
	_result["words"] = words
	_answers = false
	_exists = false
	var peer: PacketPeer = host.call(&"connect_to_host", "nobody.example", 4242)
	_result["state"] = peer.call(&"get_state")
	_answers = true
	var event: Array = [ENetConnection.EVENT_NONE]
	while event[0] == ENetConnection.EVENT_NONE:
		event = host.call(&"service")
		await process_frame
	_result["event"] = event[0]
	_result["is_of_peer"] = event[1] == peer


## Answers a question with 127.0.0.1, or that there is no such name.
func _answer(question: PackedByteArray) -> void:
	var end := question.find(0, 12) + 5
	var type := question[end - 4] * 256 + question[end - 3]
	var has_address := _exists and type == TYPE_A
	var answer := question.slice(0, 2)
	answer.append_array([0x81, 0x80 if _exists else 0x83, 0, 1, 0, 1 if has_address else 0, 0, 0, 0, 0])
	answer.append_array(question.slice(12, end))
	if has_address:
		answer.append_array([0xC0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 4, 0, 4, 127, 0, 0, 1])
	_dns.set_dest_address(_dns.get_packet_ip(), _dns.get_packet_port())
	_dns.put_packet(answer)
