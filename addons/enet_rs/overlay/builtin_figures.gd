extends RefCounted
## The figures that Godot's own ENet classes can tell, under the names of [code]get_statistics[/code].
##
## The numbers below are those of [enum ENetConnection.HostStatistic] and [enum ENetPacketPeer.PeerStatistic]. The classes
## are not named, because a build of Godot can lack them.

const HOST_TOTALS: Dictionary[String, int] = {
	"bytes_out": 0, "datagrams_out": 1, "bytes_in": 2, "datagrams_in": 3,
}
const PEER_PACKET_LOSS := 0
const PEER_ROUND_TRIP_TIME := 3
const PEER_ROUND_TRIP_TIME_VARIANCE := 4
const PEER_LAST_ROUND_TRIP_TIME := 5
const PEER_PACKET_THROTTLE := 7
const LOSS_SCALE := 65536.0
const THROTTLE_SCALE := 32.0

## The host's counters start again from 0 with each reading. These are the sums.
var _totals: Dictionary[String, int] = {}


func of_host(host: RefCounted) -> Dictionary:
	var figures := {}
	if host == null or not host.has_method(&"pop_statistic"):
		return figures
	for key in HOST_TOTALS:
		var count: int = host.call(&"pop_statistic", HOST_TOTALS[key])
		_totals[key] = _totals.get(key, 0) + count
		figures[key] = _totals[key]
	return figures


func of_peer(packet_peer: RefCounted) -> Dictionary:
	if not packet_peer.has_method(&"get_statistic"):
		return {}
	return {
		"rtt_last": packet_peer.call(&"get_statistic", PEER_LAST_ROUND_TRIP_TIME),
		"rtt_smoothed": packet_peer.call(&"get_statistic", PEER_ROUND_TRIP_TIME),
		"rtt_variance": packet_peer.call(&"get_statistic", PEER_ROUND_TRIP_TIME_VARIANCE),
		"loss": packet_peer.call(&"get_statistic", PEER_PACKET_LOSS) / LOSS_SCALE,
		"throttle": packet_peer.call(&"get_statistic", PEER_PACKET_THROTTLE) / THROTTLE_SCALE,
	}
