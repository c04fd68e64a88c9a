extends SceneTree
## One end of a connection that `cargo xtask faults` disturbs:
##   --script res://faults.gd -- (host | join) CLASS ADDRESS PORT SECONDS RATE SIZE
## Both ends send RATE reliable and RATE unreliable messages a second for SECONDS, of up to SIZE bytes. The reliable
## ones are numbered. The last line of the output begins with "@end" and tells what arrived, and how the connection
## ended.

const Threaded := preload("res://lib/threaded.gd")

enum Kind { UNRELIABLE, RELIABLE, TOTAL, ALL_ARRIVED }

const FRAME_MSEC := 10
## A process that was stopped makes up for the messages it missed, in this many a frame.
const MOST_A_FRAME := 50
const UNRELIABLE_SIZE := 100
const HEAD := 5
## The client leaves this much later, so that the server reads the last message before the end.
const LINGER_MSEC := 1000
const LEAVING_MSEC := 45_000
const JOINING_MSEC := 60_000
## Longer than a connection takes to time out after the last message.
const PATIENCE_MSEC := 100_000

var _is_host := false
var _peer: MultiplayerPeer
var _remote := 0
var _begun := 0
var _joined_at := 0
var _heard_at := 0
var _longest_silence := 0
var _duration := 0
var _rate := 0
var _size := 0
var _sent := 0
var _refused := 0
var _received := 0
var _total := -1
var _has_told_total := false
var _all_arrived := false
var _all_arrived_at := 0
var _unreliable_sent := 0
var _unreliable_received := 0
var _order := "kept"
var _is_leaving := false
var _is_gone := false


func _initialize() -> void:
	var words := OS.get_cmdline_user_args()
	_is_host = words[0] == "host"
	_duration = words[4].to_int() * 1000
	_rate = words[5].to_int()
	_size = words[6].to_int()
	_peer = Threaded.chosen(ClassDB.instantiate(words[1]))
	_peer.peer_connected.connect(_on_joined)
	_peer.peer_disconnected.connect(func(_id: int) -> void: _is_gone = true)
	_begun = Time.get_ticks_msec()
	var error: Error
	if _is_host:
		_peer.call(&"set_bind_ip", words[2])
		error = _peer.call(&"create_server", words[3].to_int())
	else:
		error = _peer.call(&"create_client", words[2], words[3].to_int())
	if error != OK:
		_finish("no socket: %s" % error_string(error))
		return
	var host: RefCounted = _peer.call(&"get_host")
	print("@port %d" % host.call(&"get_local_port"))


func _process(_delta: float) -> bool:
	if _peer == null:
		return true
	_peer.poll()
	while _peer != null and _peer.get_available_packet_count() > 0:
		_take(_peer.get_packet())
	var now := Time.get_ticks_msec()
	var is_closed := _peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED
	if _is_gone or (is_closed and not _is_host):
		_finish_gone()
	elif is_closed:
		_finish("closed by itself")
	elif _joined_at == 0:
		if now - _begun > JOINING_MSEC:
			_finish("nobody came")
	elif now - _joined_at > _duration + PATIENCE_MSEC:
		_finish("hung")
	else:
		_send_due(now)
	OS.delay_msec(FRAME_MSEC)
	return _peer == null


func _on_joined(id: int) -> void:
	_remote = id
	_joined_at = Time.get_ticks_msec()
	_heard_at = _joined_at
	print("@joined")


func _send_due(now: int) -> void:
	_peer.set_target_peer(_remote)
	var due := mini(now - _joined_at, _duration) * _rate / 1000
	for index in mini(due - _sent, MOST_A_FRAME):
		if not _put(Kind.RELIABLE, _sent, _size_of(_sent)):
			break
		_sent += 1
	for index in mini(due - _unreliable_sent, MOST_A_FRAME):
		_put(Kind.UNRELIABLE, _unreliable_sent, UNRELIABLE_SIZE)
		_unreliable_sent += 1
	if now - _joined_at < _duration or _sent < due:
		return
	if not _has_told_total:
		_has_told_total = _put(Kind.TOTAL, _sent, HEAD)
	if _is_host or not _all_arrived or _total < 0:
		return
	if _all_arrived_at == 0:
		_all_arrived_at = now
	if not _is_leaving and now - _all_arrived_at > LINGER_MSEC:
		_is_leaving = true
		var remote: PacketPeer = _peer.call(&"get_peer", 1)
		remote.call(&"peer_disconnect_later")
	elif now - _all_arrived_at > LINGER_MSEC + LEAVING_MSEC:
		_finish("could not leave")


## The sizes go from the smallest to the largest and over again.
func _size_of(number: int) -> int:
	return HEAD + number * 97 % maxi(1, _size - HEAD)


func _put(kind: Kind, number: int, size: int) -> bool:
	var bytes := PackedByteArray()
	bytes.resize(size)
	bytes.fill(number & 0xFF)
	bytes[0] = kind
	bytes.encode_u32(1, number)
	_peer.transfer_mode = (
		MultiplayerPeer.TRANSFER_MODE_UNRELIABLE if kind == Kind.UNRELIABLE
		else MultiplayerPeer.TRANSFER_MODE_RELIABLE)
	var error := _peer.put_packet(bytes)
	_refused += int(error != OK)
	return error == OK


func _take(bytes: PackedByteArray) -> void:
	var now := Time.get_ticks_msec()
	_longest_silence = maxi(_longest_silence, now - _heard_at)
	_heard_at = now
	var number := bytes.decode_u32(1)
	match bytes[0]:
		Kind.UNRELIABLE:
			_unreliable_received += 1
		Kind.RELIABLE:
			if number != _received:
				_break_order("%d came as %d" % [number, _received])
			elif bytes.size() != _size_of(number) or bytes.count(number & 0xFF) < bytes.size() - HEAD:
				_break_order("%d has other bytes" % number)
			_received += 1
		Kind.TOTAL:
			_total = number
			if number != _received:
				_break_order("%d of %d came" % [_received, number])
			_put(Kind.ALL_ARRIVED, number, HEAD)
		Kind.ALL_ARRIVED:
			_all_arrived = true


func _break_order(how: String) -> void:
	if _order == "kept":
		_order = how


func _finish_gone() -> void:
	if _joined_at == 0:
		_finish("did not get in")
	elif _total < 0:
		_finish("lost")
	elif _is_leaving:
		_finish("left")
	elif _is_host:
		_finish("left" if _all_arrived else "lost after all had arrived")
	else:
		_finish("lost after all had arrived")


func _finish(how: String) -> void:
	var now := Time.get_ticks_msec()
	if how.begins_with("lost") or how == "hung":
		_longest_silence = maxi(_longest_silence, now - _heard_at)
	print("@end %s" % JSON.stringify({
		"sent": _sent,
		"received": _received,
		"total": _total,
		"order": _order,
		"unreliable_sent": _unreliable_sent,
		"unreliable_received": _unreliable_received,
		"refused": _refused,
		"silence": _longest_silence,
		"milliseconds": now - _begun,
		"how": how,
	}))
	_peer.close()
	_peer = null
	quit()
