extends RefCounted
## The editor's end of a debugger session, without an editor: the game connects with `--remote-debug`. Each message is a
## size of four bytes and the encoded array of a name, a thread and data.

const LOCAL := "127.0.0.1"
## The number of a game's main thread.
const MAIN_THREAD := 1
const MOST_BYTES := 8 * 1024 * 1024


class Message:
	var name: String
	var data: Array


## All messages in order.
var messages: Array[Message] = []
var port := 0

var _server := TCPServer.new()
var _game: StreamPeerTCP
var _bytes := PackedByteArray()


func open() -> Error:
	var error := _server.listen(0, LOCAL)
	port = _server.get_local_port()
	return error


func address() -> String:
	return "tcp://%s:%d" % [LOCAL, port]


func has_game() -> bool:
	return _game != null


func send(name: String, data: Array) -> void:
	var bytes := var_to_bytes([name, MAIN_THREAD, data])
	var size := PackedByteArray([0, 0, 0, 0])
	size.encode_u32(0, bytes.size())
	_game.put_data(size + bytes)


func poll() -> void:
	if _game == null and _server.is_connection_available():
		_game = _server.take_connection()
		_game.set_no_delay(true)
	if _game == null:
		return
	_game.poll()
	if _game.get_status() != StreamPeerTCP.STATUS_CONNECTED:
		return
	var available := _game.get_available_bytes()
	if available > 0:
		var got: PackedByteArray = _game.get_data(available)[1]
		_bytes.append_array(got)
	var at := 0
	while _bytes.size() - at >= 4:
		var size := _bytes.decode_u32(at)
		if size > MOST_BYTES or _bytes.size() - at - 4 < size:
			break
		_take(bytes_to_var(_bytes.slice(at + 4, at + 4 + size)))
		at += 4 + size
	_bytes = _bytes.slice(at)


func _take(packet: Variant) -> void:
	var parts: Array = packet
	var message := Message.new()
	message.name = parts[0]
	message.data = parts[2]
	messages.append(message)


## The messages of a name, from an index on.
func named(name: String, from: int = 0) -> Array[Message]:
	return messages.slice(from).filter(func(message: Message) -> bool: return message.name == name)


func count(name: String, from: int = 0) -> int:
	return named(name, from).size()


func close() -> void:
	if _game != null:
		_game.disconnect_from_host()
	_server.stop()
