extends "res://lib/player_suite.gd"
## Base of the suites that drive hosts by hand.

const RawHost := preload("res://lib/raw_host.gd")
const CONNECTED := ENetPacketPeer.STATE_CONNECTED
const RELIABLE := ENetPacketPeer.FLAG_RELIABLE

var _hosts: Array[RawHost] = []


## Two hosts and the packet peers by which they know each other.
class Link:
	var hosts: Array[RawHost]
	var peers: Array[PacketPeer]


func clean_up() -> void:
	for host in _hosts:
		host.destroy()
	_hosts.clear()
	await super()


func new_host(peer_class: String) -> RawHost:
	var host := RawHost.new(peer_class)
	_hosts.append(host)
	return host


func bound_host(peer_class: String, max_peers: int = 32, max_channels: int = 0) -> RawHost:
	var host := new_host(peer_class)
	equal(host.bind(free_port(), max_peers, max_channels), OK, "create_host_bound")
	return host


func open_host(peer_class: String, max_peers: int = 1) -> RawHost:
	var host := new_host(peer_class)
	equal(host.open(max_peers), OK, "create_host")
	return host


## A bound host of the server class, with a host of the client class connected to it.
func linked(channels: int = 0, max_peers: int = 32) -> Link:
	return link(bound_host(server_class, max_peers), open_host(client_class), channels)


func link(bound: RawHost, joining: RawHost, channels: int = 0) -> Link:
	var both := Link.new()
	both.hosts = [bound, joining]
	both.peers = [null, joining.join(bound.port, channels)]
	var events := bound.events.size()
	var met := func() -> bool:
		return bound.events.size() == events + 1 and state(both.peers[1]) == CONNECTED
	check(serve(both.hosts, met), "the hosts connect")
	both.peers[0] = bound.events[-1].peer
	# On a slow machine ENet must not mistake late acknowledgements for congestion and throttle unreliable packets.
	both.peers[1].call(&"throttle_configure", 5000, 2, 0)
	var is_set := func() -> bool:
		return statistic(both.peers[0], ENetPacketPeer.PEER_PACKET_THROTTLE_DECELERATION) == 0
	check(serve(both.hosts, is_set), "the throttle is configured")
	for host: RawHost in both.hosts:
		host.events.clear()
	return both


func state(peer: PacketPeer) -> int:
	return peer.call(&"get_state")


func is_active(peer: PacketPeer) -> bool:
	return peer.call(&"is_active")


func statistic(peer: PacketPeer, which: int) -> int:
	var value: float = peer.call(&"get_statistic", which)
	return int(value)


func send(peer: PacketPeer, channel: int, bytes: PackedByteArray, flags: int = RELIABLE) -> Error:
	return peer.call(&"send", channel, bytes, flags)


## Services the hosts until the condition holds. Returns false if it does not hold within `seconds`.
func serve(hosts: Array[RawHost], condition: Callable, seconds: float = 5.0) -> bool:
	var step := func() -> bool:
		for host in hosts:
			host.drain()
		return condition.call()
	return pump([], step, seconds)


func serve_for(hosts: Array[RawHost], seconds: float) -> void:
	serve(hosts, func() -> bool: return false, seconds)
