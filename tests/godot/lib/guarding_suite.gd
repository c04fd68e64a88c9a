extends "res://lib/raw_suite.gd"
## Base of the suites on what protects a server of our class from its clients, which are of either class.

const Threaded := preload("res://lib/threaded.gd")
const REASON := 77
## As in ENetMultiplayerPeerRs.DisconnectReason. Named by number, so that the script loads where our classes are
## missing.
const REASON_UNSENT := 0x454E5403
const REASON_BANNED := 0x454E5405
const REASON_REFUSED := 0x454E5406
const LOCAL := RawHost.LOCAL
## Another address of this machine, where the system has one (Linux and Windows).
const ALSO_LOCAL := "127.0.0.2"
const ELSEWHERE := "10.1.2.3"
const KB64 := 64 * 1024


func reason_to_skip() -> String:
	return "" if server_class.ends_with("Rs") else "the built-in class has none of it"


func _serve(server: End, client: RawHost, condition: Callable) -> bool:
	return pump([server], func() -> bool:
		client.drain()
		return condition.call())


func _host(end: End) -> Object:
	return end.peer.get(&"host")


func _peer(end: End, id: int) -> PacketPeer:
	return end.peer.call(&"get_peer", id)


func _reason(end: End, id: int) -> int:
	return end.peer.call(&"get_disconnect_reason", id)


func _data(end: End, id: int) -> int:
	return end.peer.call(&"get_disconnect_data", id)


func _banned(banner: Object) -> Array:
	var banned: PackedStringArray = banner.call(&"get_banned_addresses")
	return Array(banned)


func _dropped(peer: Object, cause: String) -> int:
	var counts: Dictionary = peer.call(&"get_dropped")
	return counts[cause]


func _new(class_to_make: String) -> RefCounted:
	return ClassDB.instantiate(class_to_make)


func _script(source: String) -> GDScript:
	var script := GDScript.new()
	script.source_code = "extends RefCounted\n%s\n" % source
	script.reload()
	return script
