extends "res://lib/dtls_suite.gd"
## Base of the suite behind a proxy: clients of our class with tokens, and servers of either class. The proxy
## is another program: test_proxy, or a Quilkin with the filters Capture (suffix of 16 bytes, removed) and TokenRouter.
##
## ENET_TEST_PROXY is its address and port, ENET_TEST_PROXY_SERVERS has the ports of two servers with their tokens in
## Base64 ("26001=dG9r...,26002=dG9r..."). ENET_TEST_PROXY_QCMP has two addresses that answer QCMP, of which the second is
## slow, or one. ENET_TEST_PROXY_OTHER is a proxy that servers see with another address than 127.0.0.1, which is exempt from
## limits: the same proxy, unless the variable is set. Without such proxies, their cases are not played.

const Tshark := preload("res://lib/tshark.gd")
const PROXY := "ENET_TEST_PROXY"
const OTHER := "ENET_TEST_PROXY_OTHER"
const SERVERS := "ENET_TEST_PROXY_SERVERS"
const QCMP := "ENET_TEST_PROXY_QCMP"
## Fills some 15 datagrams.
const LARGE := 20_000
const COMPRESS_ZLIB := 3
const WRONG_TOKEN := "no server at all"
## As in ENetMultiplayerPeerRs.DisconnectReason.
const TIMEOUT := 4
const TOO_MANY_OF_ADDRESS := 0x454E5409


func reason_to_skip() -> String:
	if not client_class.ends_with("Rs"):
		return "the built-in class sends no suffix"
	if OS.get_environment(PROXY).is_empty() or OS.get_environment(SERVERS).is_empty():
		return "no proxy in %s and %s" % [PROXY, SERVERS]
	return super()


func _not_played(why: String) -> void:
	print("skipped: ", why)
	check(true, why)
	done()


## Two servers, and a client of each behind the proxy.
func _routed() -> Array[End]:
	var ends: Array[End] = [_server(0), _server(1)]
	for number: int in 2:
		var client := _client(number)
		equal(client.join(_proxy_port(), _proxy_ip()), OK, "create_client")
		ends.append(client)
	return ends


func _have_met(ends: Array[End]) -> bool:
	return (
		ends.slice(2).all(func(end: End) -> bool: return end.is_up())
		and ends.slice(0, 2).all(func(end: End) -> bool: return end.events.size() == 1))


## Large packets travel both ways, each to its own server. A fragment fills a datagram.
func _talk(ends: Array[End]) -> void:
	for number: int in 2:
		equal(ends[number].events, ["+%d" % ends[number + 2].id()] as Array[String], "the client of server %d" % number)
	for number in ends.size():
		equal(ends[number].send(pattern(LARGE + number)), OK, "send")
	check(pump(ends, func() -> bool: return ends.all(_has_packets), PATIENCE), "packets arrive")
	for number in ends.size():
		equal(ends[number].packets[0].bytes, pattern(LARGE + (number + 2) % 4), "the packet at %d" % number)


func _has_packets(end: End) -> bool:
	return not end.packets.is_empty()


func _server(number: int) -> End:
	var server := new_end(server_class)
	equal(server.host(_server_port(number)), OK, "create_server")
	return server


func _encrypted_server(number: int, who: Identity) -> End:
	if server_class.ends_with("Rs"):
		var server := _server(number)
		equal(host_of(server).call(&"dtls_server_setup", who.options()), OK, "dtls_server_setup")
		return server
	var guarded := start_server()
	var relay := Relay.new()
	equal(relay.guard_server(_server_port(number), guarded.port, who.options()), OK, "starting the server's relay")
	_relays.append(relay)
	return guarded


func _client(number: int) -> End:
	var client := new_end(client_class)
	client.peer.set(&"datagram_suffix", _token(number))
	return client


func _bound(number: int) -> RawHost:
	var host := new_host(server_class)
	equal(host.bind(_server_port(number)), OK, "create_host_bound")
	# link() connects to this port.
	host.port = _proxy_port()
	return host


func _suffixed_host() -> RawHost:
	var host := new_host(client_class)
	host.connection.set(&"datagram_suffix", _token(0))
	equal(host.open(1), OK, "create_host")
	return host


func _bound_connection() -> RefCounted:
	return ClassDB.instantiate(&"ENetConnectionRs")


func _proxy_ip() -> String:
	return OS.get_environment(PROXY).get_slice(":", 0)


func _proxy_port() -> int:
	return OS.get_environment(PROXY).get_slice(":", 1).to_int()


func _server_port(number: int) -> int:
	return OS.get_environment(SERVERS).get_slice(",", number).get_slice("=", 0).to_int()


func _token(number: int) -> PackedByteArray:
	# Base64 may end in further "=".
	var text := OS.get_environment(SERVERS).get_slice(",", number)
	return Marshalls.base64_to_raw(text.substr(text.find("=") + 1))


## The address that the server sees of a client behind the proxy.
func _seen_address() -> String:
	var server := _server(0)
	var client := _client(0)
	_join_other(client)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "the client connects")
	var seen: PacketPeer = server.peer.call(&"get_peer", client.id())
	var address: String = seen.call(&"get_remote_address")
	for end: End in [client, server]:
		end.peer.close()
	return address


func _join_other(client: End) -> void:
	var other := OS.get_environment(OTHER)
	if other.is_empty():
		other = OS.get_environment(PROXY)
	equal(client.join(other.get_slice(":", 1).to_int(), other.get_slice(":", 0)), OK, "create_client")
