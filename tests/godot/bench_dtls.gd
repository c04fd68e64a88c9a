extends SceneTree
## The cost of encryption compared with Godot's own DTLS in the same process, for handshakes and for datagrams.
##
## Run by `cargo xtask bench dtls`. Both ends run in this process, so each figure covers both of them.
## The rounds of the two implementations alternate, and the medians are reported.

const ROUNDS := 7
const HANDSHAKES := 8
const DATAGRAMS := 3000
const SIZES: Array[int] = [100, 1200]
const PORT := 24970
## Upper limit for each step of a measurement.
const PATIENCE_MSEC := 10_000

var _key: CryptoKey
var _certificate: X509Certificate


func _initialize() -> void:
	var crypto := Crypto.new()
	_key = crypto.generate_rsa(2048)
	_certificate = crypto.generate_self_signed_certificate(_key, "CN=bench", "20200101000000", "20500101000000")
	_compare_handshakes()
	for size: int in SIZES:
		_compare_datagrams(size)
	quit()


func _compare_handshakes() -> void:
	var theirs: Array[float] = []
	var ours: Array[float] = []
	for _round: int in ROUNDS:
		theirs.append(_godots_handshakes())
		ours.append(_our_handshakes())
	_print("handshake, RSA-2048, ms", _median(theirs) / 1000.0, _median(ours) / 1000.0)


func _compare_datagrams(size: int) -> void:
	var figures: Dictionary[String, Array] = {"their plain": [], "theirs": [], "our plain": [], "ours": []}
	for _round: int in ROUNDS:
		figures["their plain"].append(_godots_datagrams(size, false))
		figures["theirs"].append(_godots_datagrams(size, true))
		figures["our plain"].append(_our_datagrams(size, false))
		figures["ours"].append(_our_datagrams(size, true))
	var cost := func(encrypted: String, plain: String) -> float:
		return _median(figures[encrypted]) - _median(figures[plain])
	var theirs: float = cost.call("theirs", "their plain")
	var ours: float = cost.call("ours", "our plain")
	_print("encryption and decryption of %d bytes, us" % size, theirs, ours)
	print("    total round trip of a datagram, us: Godot's UDP %.1f, with DTLS %.1f; our ENet %.1f, with DTLS %.1f" % [
		_median(figures["their plain"]), _median(figures["theirs"]),
		_median(figures["our plain"]), _median(figures["ours"])])


func _print(what: String, theirs: float, ours: float) -> void:
	print("%-46s Godot %8.2f   ours %8.2f   ratio %.2f" % [what, theirs, ours, ours / theirs])


## Microseconds of one handshake between DTLSServer and PacketPeerDTLS.
func _godots_handshakes() -> float:
	var spent := 0
	for _count: int in HANDSHAKES:
		# Each handshake gets a new server, so that the previous client's close_notify cannot reach it.
		var link := Link.new(PORT, _key, _certificate)
		var start := Time.get_ticks_usec()
		link.begin(_certificate)
		while not link.is_up():
			link.poll()
			assert(Time.get_ticks_usec() - start < PATIENCE_MSEC * 1000)
		spent += Time.get_ticks_usec() - start
		link.end()
	return spent / float(HANDSHAKES)


## Microseconds of one handshake of our classes, the ENet connection included.
func _our_handshakes() -> float:
	var server := ENetConnectionRs.new()
	assert(server.create_host_bound("127.0.0.1", PORT + 1, 64) == OK)
	assert(server.dtls_server_setup(TLSOptions.server(_key, _certificate)) == OK)
	var spent := 0
	for _count: int in HANDSHAKES:
		var start := Time.get_ticks_usec()
		var client := _our_client(PORT + 1, true)
		var is_up := false
		while not is_up:
			server.service()
			var event: Array = client.service()
			is_up = event[0] == ENetConnectionRs.EVENT_CONNECT
			assert(Time.get_ticks_usec() - start < PATIENCE_MSEC * 1000)
		spent += Time.get_ticks_usec() - start
		client.destroy()
	server.destroy()
	return spent / float(HANDSHAKES)


func _our_client(port: int, encrypted: bool) -> ENetConnectionRs:
	var client := ENetConnectionRs.new()
	assert(client.create_host(1) == OK)
	if encrypted:
		assert(client.dtls_client_setup("bench", TLSOptions.client(_certificate)) == OK)
	assert(client.connect_to_host("127.0.0.1", port, 1) != null)
	return client


## Microseconds of a datagram's round trip over Godot's sockets.
func _godots_datagrams(size: int, encrypted: bool) -> float:
	var link := Link.new(PORT, _key if encrypted else null, _certificate)
	link.begin(_certificate)
	while not link.is_up():
		link.poll()
	var packet := _packet(size)
	var start := Time.get_ticks_usec()
	for _count: int in DATAGRAMS:
		link.client.put_packet(packet)
		while link.at_server().get_available_packet_count() == 0:
			link.poll()
		link.at_server().put_packet(link.at_server().get_packet())
		while link.client.get_available_packet_count() == 0:
			link.poll()
		link.client.get_packet()
	var spent := Time.get_ticks_usec() - start
	link.end()
	return spent / float(DATAGRAMS)


## Microseconds of the round trip of an unsequenced ENet packet.
func _our_datagrams(size: int, encrypted: bool) -> float:
	var server := ENetConnectionRs.new()
	assert(server.create_host_bound("127.0.0.1", PORT + 1, 64) == OK)
	if encrypted:
		assert(server.dtls_server_setup(TLSOptions.server(_key, _certificate)) == OK)
	var client := _our_client(PORT + 1, encrypted)
	var at_server: ENetPacketPeerRs = null
	var at_client: ENetPacketPeerRs = null
	while at_server == null or at_client == null:
		var event: Array = server.service()
		if event[0] == ENetConnectionRs.EVENT_CONNECT:
			at_server = event[1]
		event = client.service()
		if event[0] == ENetConnectionRs.EVENT_CONNECT:
			at_client = event[1]
	var packet := _packet(size)
	var start := Time.get_ticks_usec()
	for _count: int in DATAGRAMS:
		at_client.send(0, packet, ENetPacketPeerRs.FLAG_UNSEQUENCED)
		client.flush()
		while server.service()[0] != ENetConnectionRs.EVENT_RECEIVE:
			pass
		at_server.send(0, at_server.get_packet(), ENetPacketPeerRs.FLAG_UNSEQUENCED)
		server.flush()
		while client.service()[0] != ENetConnectionRs.EVENT_RECEIVE:
			pass
		at_client.get_packet()
	var spent := Time.get_ticks_usec() - start
	client.destroy()
	server.destroy()
	return spent / float(DATAGRAMS)


func _packet(size: int) -> PackedByteArray:
	var packet := PackedByteArray()
	packet.resize(size)
	packet.fill(77)
	return packet


func _median(figures: Array) -> float:
	var sorted := figures.duplicate()
	sorted.sort()
	return sorted[sorted.size() / 2]


## A server and a client on Godot's own sockets, with DTLS between them if there is a key.
class Link:
	var client: PacketPeer
	var _udp_server := UDPServer.new()
	var _dtls_server: DTLSServer
	var _accepted: PacketPeer
	var _udp: PacketPeerUDP
	var _port: int

	func _init(port: int, key: CryptoKey, certificate: X509Certificate) -> void:
		_port = port
		assert(_udp_server.listen(port, "127.0.0.1") == OK)
		if key != null:
			_dtls_server = DTLSServer.new()
			assert(_dtls_server.setup(TLSOptions.server(key, certificate)) == OK)

	func begin(certificate: X509Certificate) -> void:
		_accepted = null
		_udp = PacketPeerUDP.new()
		assert(_udp.connect_to_host("127.0.0.1", _port) == OK)
		client = _udp
		if _dtls_server != null:
			var dtls := PacketPeerDTLS.new()
			assert(dtls.connect_to_peer(_udp, "bench", TLSOptions.client(certificate)) == OK)
			client = dtls
		else:
			# The server learns the client's address from its first datagram.
			_udp.put_packet(PackedByteArray([0]))

	func at_server() -> PacketPeer:
		return _accepted

	func poll() -> void:
		_udp_server.poll()
		if _udp_server.is_connection_available():
			var udp := _udp_server.take_connection()
			if _dtls_server == null:
				udp.get_packet()
				_accepted = udp
			else:
				var dtls := _dtls_server.take_connection(udp)
				if dtls.get_status() == PacketPeerDTLS.STATUS_HANDSHAKING:
					_accepted = dtls
		for peer: PacketPeer in [client, _accepted]:
			if peer is PacketPeerDTLS:
				(peer as PacketPeerDTLS).poll()

	func is_up() -> bool:
		if _dtls_server == null:
			return _accepted != null
		return _accepted != null and [client, _accepted].all(
			func(peer: PacketPeerDTLS) -> bool: return peer.get_status() == PacketPeerDTLS.STATUS_CONNECTED)

	func end() -> void:
		for peer: PacketPeer in [client, _accepted]:
			if peer is PacketPeerDTLS:
				(peer as PacketPeerDTLS).disconnect_from_peer()
		_udp.close()
