extends RefCounted
## Reads the figures of one [MultiplayerPeer]: of ours by [code]get_statistics[/code], of Godot's own class by what that
## class can tell. A figure that a peer cannot tell is missing from its [Dictionary].
##
## Only weak references are kept: a game that drops its peer expects the peer's port to be free.

const BuiltinFiguresRs := preload("builtin_figures.gd")

## The id of the server.
const SERVER := 1

var _peer := WeakRef.new()
var _api := WeakRef.new()
var _builtin := BuiltinFiguresRs.new()
## By id: the packet peers of a server or mesh. Empty if the lookup failed.
var _packet_peers: Dictionary[int, WeakRef] = {}


## Reads `new_peer` from now on. `api` knows the ids of its peers; null if the peer belongs to no [MultiplayerAPI].
func watch(new_peer: MultiplayerPeer, api: MultiplayerAPI) -> void:
	_api = weakref(api)
	var former := peer()
	if new_peer != former:
		if former != null:
			former.peer_connected.disconnect(_joined)
		if new_peer != null:
			new_peer.peer_connected.connect(_joined)
		_peer = weakref(new_peer)
		forget()


## Forgets what was known of the previous host.
func forget() -> void:
	_packet_peers.clear()
	_builtin = BuiltinFiguresRs.new()


## The peer that is read, or null.
func peer() -> MultiplayerPeer:
	return _peer.get_ref()


func status() -> MultiplayerPeer.ConnectionStatus:
	var current := peer()
	if current == null or current is OfflineMultiplayerPeer:
		return MultiplayerPeer.CONNECTION_DISCONNECTED
	return current.get_connection_status()


func is_active() -> bool:
	return status() != MultiplayerPeer.CONNECTION_DISCONNECTED


## The peer's own id, 0 while it is connecting or has none.
func unique_id() -> int:
	return peer().get_unique_id() if status() == MultiplayerPeer.CONNECTION_CONNECTED else 0


## Whether the peer has the figures of this addon.
func is_full() -> bool:
	var current := peer()
	return current != null and current.has_method(&"get_statistics")


## [code]"server"[/code], [code]"client"[/code], [code]"mesh"[/code], [code]"connection"[/code], [code]"offline"[/code],
## or [code]"peer"[/code] for classes other than ENet's.
func role() -> String:
	if not is_active():
		return "offline"
	var current := peer()
	if current.has_method(&"get_peers") and not current.has_method(&"get_host"):
		return "connection"
	if not current.has_method(&"get_host"):
		return "server" if current.get_unique_id() == SERVER else "peer"
	# Only a mesh cannot relay.
	if not current.is_server_relay_supported():
		return "mesh"
	return "server" if current.get_unique_id() == SERVER else "client"


## The figures of the host. Empty while the peer is inactive.
func host_figures() -> Dictionary:
	if not is_active():
		return {}
	var current := peer()
	if is_full():
		var statistics: Dictionary = current.call(&"get_statistics")
		return statistics
	var figures := _builtin.of_host(_host())
	figures["unread_packets"] = current.get_available_packet_count()
	return figures


## The figures of one peer of this host. Empty if it has gone.
func peer_figures(packet_peer: RefCounted) -> Dictionary:
	if not _is_live(packet_peer):
		return {}
	if packet_peer.has_method(&"get_statistics"):
		var figures: Dictionary = packet_peer.call(&"get_statistics")
		return figures
	return _builtin.of_peer(packet_peer)


## The peers that this host has a connection to, by id. Hosts without ids count from 1.
func packet_peers() -> Dictionary[int, RefCounted]:
	var found: Dictionary[int, RefCounted] = {}
	var kind := role()
	if kind == "client":
		var server := server_peer()
		if server != null:
			found[SERVER] = server
	elif (kind == "server" or kind == "mesh") and _api.get_ref() != null and peer().has_method(&"get_host"):
		for id in _ids():
			var packet_peer := _packet_peer(id)
			if packet_peer != null:
				found[id] = packet_peer
	elif kind == "connection" or kind == "server":
		for packet_peer in _listed():
			found[found.size() + 1] = packet_peer
	_drop_absent(found)
	return found


## A client's connection to its server, or null.
func server_peer() -> RefCounted:
	var listed := _listed()
	return listed[0] if not listed.is_empty() else null


## The address of the server as a client sees it, or the port of a server. Empty if unknown.
func address() -> String:
	var kind := role()
	if kind == "client":
		return address_of(server_peer())
	if kind == "server" or kind == "connection":
		var host: Object = peer() if kind == "connection" else _host()
		if host != null and host.has_method(&"get_local_port"):
			return "port %d" % host.call(&"get_local_port")
	return ""


## Address and port of a peer, or an empty text.
func address_of(packet_peer: RefCounted) -> String:
	if not _is_live(packet_peer) or not packet_peer.has_method(&"get_remote_address"):
		return ""
	var host: String = packet_peer.call(&"get_remote_address")
	var port: int = packet_peer.call(&"get_remote_port")
	return ("[%s]:%d" if host.contains(":") else "%s:%d") % [host, port]


## The class's name. Empty without a peer.
func peer_class() -> String:
	return peer().get_class() if peer() != null else ""


## Class, compression and encryption, as far as the peer tells.
func setup() -> String:
	var current := peer()
	if current == null:
		return "none"
	var parts := PackedStringArray([current.get_class()])
	var script: Script = current.get_script()
	if script != null:
		parts[0] += " (%s)" % script.resource_path.get_file()
	if current.has_method(&"get_compression_mode"):
		var mode: int = current.call(&"get_compression_mode")
		parts.append(_constant(current, &"CompressionMode", mode))
	if current.has_method(&"is_threaded") and current.call(&"is_threaded"):
		parts.append("threaded")
	return ", ".join(parts)


## The name of an enum's value, such as "COMPRESS_ZSTD".
func _constant(current: MultiplayerPeer, enum_name: StringName, value: int) -> String:
	for constant in ClassDB.class_get_enum_constants(current.get_class(), enum_name):
		if ClassDB.class_get_integer_constant(current.get_class(), constant) == value:
			return constant
	return "%s %d" % [enum_name, value]


## The host of a server or client. A mesh has several and prints an error if it is asked.
func _host() -> RefCounted:
	var current := peer()
	if not is_active() or not current.has_method(&"get_host") or not current.is_server_relay_supported():
		return null
	return current.call(&"get_host")


func _listed() -> Array[RefCounted]:
	var current := peer()
	var owner: Object = current if current.has_method(&"get_peers") else _host()
	var found: Array[RefCounted] = []
	if owner != null and owner.has_method(&"get_peers"):
		var listed: Array = owner.call(&"get_peers")
		found.assign(listed)
	return found


func _packet_peer(id: int) -> RefCounted:
	# The class prints an error for an id that it no longer has, and a game that disconnected a peer by force can have it
	# in its list for long. So nobody is looked up twice.
	if not _packet_peers.has(id):
		_packet_peers[id] = weakref(peer().call(&"get_peer", id))
	var packet_peer: RefCounted = _packet_peers[id].get_ref()
	return packet_peer if _is_live(packet_peer) else null


## A peer can come back with the same id.
func _joined(id: int) -> void:
	_packet_peers.erase(id)


func _drop_absent(found: Dictionary[int, RefCounted]) -> void:
	if found.size() < _packet_peers.size():
		var present := _ids()
		for id: int in _packet_peers.keys():
			if not present.has(id):
				_packet_peers.erase(id)


## The ids of the peers that the API knows.
func _ids() -> PackedInt32Array:
	var api: MultiplayerAPI = _api.get_ref()
	# An API without a peer prints an error.
	return api.get_peers() if api != null and api.has_multiplayer_peer() else PackedInt32Array()


static func _is_live(packet_peer: RefCounted) -> bool:
	return packet_peer != null and (not packet_peer.has_method(&"is_active") or packet_peer.call(&"is_active"))
