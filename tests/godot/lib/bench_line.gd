extends RefCounted
## What the processes of `cargo xtask bench godot` exchange with it: arguments `name=value`, and lines on the standard
## output.

## Bytes of the UDP and IPv4 headers of one datagram.
const HEADERS := 28


static func number(name: String) -> int:
	return text(name).to_int()


## Empty if the argument is absent.
static func text(name: String) -> String:
	for argument in OS.get_cmdline_user_args():
		if argument.begins_with(name + "="):
			return argument.trim_prefix(name + "=")
	return ""


static func port_of(peer: MultiplayerPeer) -> int:
	var host: RefCounted = peer.call(&"get_host")
	return host.call(&"get_local_port")


static func tell_port(peer: MultiplayerPeer) -> void:
	print("@port %d" % port_of(peer))


## Bytes on the wire since the previous call: of all datagrams with their headers, in both directions.
static func pop_wire_bytes(peer: MultiplayerPeer) -> float:
	var host: RefCounted = peer.call(&"get_host")
	var bytes := 0.0
	var datagrams := 0.0
	bytes += host.call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_DATA)
	bytes += host.call(&"pop_statistic", ENetConnection.HOST_TOTAL_RECEIVED_DATA)
	datagrams += host.call(&"pop_statistic", ENetConnection.HOST_TOTAL_SENT_PACKETS)
	datagrams += host.call(&"pop_statistic", ENetConnection.HOST_TOTAL_RECEIVED_PACKETS)
	return bytes + datagrams * HEADERS


static func tell(figures: Dictionary[String, float]) -> void:
	var words := PackedStringArray()
	for figure in figures:
		words.append("%s=%f" % [figure, figures[figure]])
	print("@result ", " ".join(words))


## The benchmark ends with this cause. The caller must stop.
static func fail(cause: String) -> void:
	print("@failure ", cause)


## A new peer of the class, with or without its network thread; null if the class has no thread but needs one.
static func make_peer(of: String, threaded: bool) -> MultiplayerPeer:
	var peer: MultiplayerPeer = ClassDB.instantiate(of)
	if peer != null and &"threaded" in peer:
		peer.set(&"threaded", threaded)
	elif peer == null or threaded:
		fail("there is no class %s%s" % [of, " with a property \"threaded\"" if threaded else ""])
		return null
	return peer


## Frame times within the round trips would lower the throttle, and leave less traffic to measure. The setting holds
## for both ends.
static func steady(peer: MultiplayerPeer, id: int) -> void:
	var link: PacketPeer = peer.call(&"get_peer", id)
	link.call(&"throttle_configure", 5000, 32, 0)


static func quantile(samples: Array[float], share: float) -> float:
	var sorted := samples.duplicate()
	sorted.sort()
	return sorted[int(sorted.size() * share)]
