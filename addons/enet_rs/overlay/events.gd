extends RefCounted
## The last joins, leaves and failures of a [MultiplayerAPI] and its peer, for the report.

## How many are kept.
const LIMIT := 20

## Without addresses.
var lines: Array[String] = []
## The same, with addresses where the peer tells them.
var lines_with_addresses: Array[String] = []

## Weak, so that a peer which the game drops closes its port.
var _api := WeakRef.new()
var _peer := WeakRef.new()


## Listens to these from now on. `api` is null for a peer that belongs to no [MultiplayerAPI].
func watch(api: MultiplayerAPI, peer: MultiplayerPeer) -> void:
	var former: Object = _api.get_ref()
	if api != former:
		_connect(former, _api_signals(), false)
		_api = weakref(api)
		_connect(api, _api_signals(), true)
	former = _peer.get_ref()
	if peer != former:
		_connect(former, _joins(), false)
		_connect(former, _reasons(), false)
		_peer = weakref(peer)
		_connect(peer, _reasons(), true)
		if api == null:
			_connect(peer, _joins(), true)


## `with_address` is the text for reports with addresses, if it differs.
func add(text: String, with_address := "") -> void:
	var time := Time.get_time_string_from_system()
	lines.append("%s %s" % [time, text])
	lines_with_addresses.append("%s %s" % [time, text if with_address.is_empty() else with_address])
	if lines.size() > LIMIT:
		lines.pop_front()
		lines_with_addresses.pop_front()


func _api_signals() -> Dictionary[StringName, Callable]:
	return {
		&"connected_to_server": _connected,
		&"server_disconnected": add.bind("the server disconnected"),
		&"connection_failed": _connection_failed,
		&"peer_connected": _joined,
		&"peer_disconnected": _left,
	}


func _joins() -> Dictionary[StringName, Callable]:
	return {&"peer_connected": _joined, &"peer_disconnected": _left}


func _reasons() -> Dictionary[StringName, Callable]:
	return {
		&"peer_disconnected_with_reason": _left_with_reason,
		&"connection_failed_with_reason": _failed_with_reason,
	}


static func _connect(emitter: Object, signals: Dictionary[StringName, Callable], on: bool) -> void:
	if emitter == null:
		return
	for signal_name in signals:
		if not emitter.has_signal(signal_name) or emitter.is_connected(signal_name, signals[signal_name]) == on:
			continue
		if on:
			emitter.connect(signal_name, signals[signal_name])
		else:
			emitter.disconnect(signal_name, signals[signal_name])


func _connected() -> void:
	_renew()
	add("connected to the server")


func _joined(id: int) -> void:
	_renew()
	add("peer %d connected" % id)


func _left(id: int) -> void:
	if _renew() or not _tells(&"peer_disconnected_with_reason"):
		add("peer %d disconnected" % id)


func _left_with_reason(id: int, reason: int, data: int) -> void:
	add("peer %d disconnected: %s" % [id, _reason_text(reason, data)])


func _connection_failed() -> void:
	if _renew() or not _tells(&"connection_failed_with_reason"):
		add("the connection failed")


func _failed_with_reason(reason: int, data: int, text: String) -> void:
	# The peer's own text has details, of which the server's name may be one.
	var plain := _reason_text(reason, data)
	add("the connection failed: %s" % plain, "the connection failed: %s" % (text if not text.is_empty() else plain))


func _reason_text(reason: int, data: int) -> String:
	var peer: Object = _peer.get_ref()
	if peer != null and peer.has_method(&"get_reason_text"):
		return peer.call(&"get_reason_text", reason, data)
	return "reason %d, data %d" % [reason, data]


## Whether the peer has the signal, which says more than Godot's own.
func _tells(signal_name: StringName) -> bool:
	var peer: Object = _peer.get_ref()
	return peer != null and peer.has_signal(signal_name)


## Listens to the peer that the API has now. While the overlay is hidden nobody looks, so the API's own signals are the
## occasion. Returns whether the peer was a new one, whose reason was missed.
func _renew() -> bool:
	var api: MultiplayerAPI = _api.get_ref()
	if api == null or api.multiplayer_peer == _peer.get_ref():
		return false
	watch(api, api.multiplayer_peer)
	return true
