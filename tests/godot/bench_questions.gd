extends SceneTree
## What a question to a peer costs: the built-in class, ours, and OfflineMultiplayerPeer, which answers with a
## constant and so shows the cost of the script's call alone.
##
## Run by `cargo xtask bench questions`. Each loop calls one method on a connected server with a packet waiting. The
## rounds of the classes alternate, and the least of each is reported in nanoseconds a call, without the loop's own.

const ROUNDS := 15
const PASSES := 40_000
const CALLS_A_PASS := 10
const PORT := 24980
const PATIENCE_MSEC := 10_000

const STOCK := "ENetMultiplayerPeer"
const OURS := "ENetMultiplayerPeerRs"
const OFFLINE := "OfflineMultiplayerPeer"

## The first is asked by way of SceneMultiplayer, the others of the peer itself.
const QUESTIONS: Array[String] = [
	"api.get_unique_id()",
	"peer.get_unique_id()",
	"peer.get_connection_status()",
	"peer.is_server_relay_supported()",
	"peer.is_refusing_new_connections()",
	"peer.get_available_packet_count()",
	"peer.get_packet_peer()",
	"peer.get_packet_channel()",
	"peer.get_packet_mode()",
	"peer.get_transfer_mode()",
	"peer.get_transfer_channel()",
	"peer.set_transfer_mode(2)",
	"peer.set_transfer_channel(0)",
	"peer.set_target_peer(0)",
]
## Static types let GDScript call the methods without a Variant.
const LOOP := "
static func run(api: SceneMultiplayer, peer: MultiplayerPeer, passes: int) -> int:
	var start := Time.get_ticks_usec()
	for pass_number in passes:
%s
	return Time.get_ticks_usec() - start
"

var _apis: Dictionary[String, SceneMultiplayer] = {}


func _initialize() -> void:
	var clients: Array[MultiplayerPeer] = []
	for peer_class: String in [STOCK, OURS]:
		clients.append(_start(peer_class, PORT + clients.size()))
	_apis[OFFLINE] = _api(OfflineMultiplayerPeer.new())
	print("%-38s %8s %8s %8s" % ["ns a call", "built-in", "ours", "offline"])
	var empty := _least([STOCK], "pass")
	for question in QUESTIONS:
		var least := _least([STOCK, OURS, OFFLINE], question)
		var figures: Array = [STOCK, OURS, OFFLINE].map(
			func(peer_class: String) -> float: return least[peer_class] - empty[STOCK])
		print("%-38s %8.1f %8.1f %8.1f" % ([question] + figures))
	for peer: MultiplayerPeer in clients:
		peer.close()
	for api: SceneMultiplayer in _apis.values():
		api.multiplayer_peer.close()
	quit()


## Starts a server with a packet waiting, and returns the client that sent the packet.
func _start(peer_class: String, port: int) -> MultiplayerPeer:
	var server: MultiplayerPeer = ClassDB.instantiate(peer_class)
	var client: MultiplayerPeer = ClassDB.instantiate(peer_class)
	assert(server.call(&"create_server", port) == OK)
	assert(client.call(&"create_client", "127.0.0.1", port) == OK)
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	var is_sent := false
	while server.get_available_packet_count() == 0:
		server.poll()
		client.poll()
		if not is_sent and client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED:
			client.set_target_peer(1)
			assert(client.put_packet(PackedByteArray([1])) == OK)
			is_sent = true
		assert(Time.get_ticks_msec() < deadline)
	_apis[peer_class] = _api(server)
	return client


func _api(peer: MultiplayerPeer) -> SceneMultiplayer:
	var api := SceneMultiplayer.new()
	api.multiplayer_peer = peer
	return api


## Nanoseconds of one call for each class.
func _least(peer_classes: Array[String], question: String) -> Dictionary[String, float]:
	var script := GDScript.new()
	script.source_code = LOOP % ("\t\t%s\n" % question).repeat(CALLS_A_PASS)
	assert(script.reload() == OK)
	var least: Dictionary[String, float] = {}
	for round_number in ROUNDS:
		for peer_class in peer_classes:
			var api := _apis[peer_class]
			var spent: int = (script as Object).call(&"run", api, api.multiplayer_peer, PASSES)
			var figure := spent * 1000.0 / (PASSES * CALLS_A_PASS)
			var former: float = least.get(peer_class, INF)
			least[peer_class] = minf(figure, former)
	return least
