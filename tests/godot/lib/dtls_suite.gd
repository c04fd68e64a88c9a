extends "res://lib/raw_suite.gd"
## Base of the suites on encrypted connections. Our classes encrypt by themselves. The stock classes of this Godot are
## built without DTLS, so a relay with Godot's own DTLS is placed beside them.

const Relay := preload("res://lib/dtls_relay.gd")
const RoughWire := preload("res://lib/rough_wire.gd")

## Kinds of key for the servers' certificates.
const RSA := "RSA-2048"
const P256 := "P-256"
const P384 := "P-384"
## Host name in both certificates.
const NAME := "localhost"
## Leaves room for the first retransmission of a handshake message, after one second.
const PATIENCE := 20.0

var _relays: Array[Relay] = []
var _wires: Array[RoughWire] = []


class Identity:
	var key := CryptoKey.new()
	var certificate := X509Certificate.new()

	func options() -> TLSOptions:
		return TLSOptions.server(key, certificate)


func reason_to_skip() -> String:
	if not ClassDB.can_instantiate(&"DTLSServer"):
		return "this Godot is built without DTLS"
	return "no folder given with --certificates" if certificates.is_empty() else ""


func clean_up() -> void:
	await super()
	for relay in _relays:
		relay.close()
	_relays.clear()
	_wires.clear()


func identity(kind: String) -> Identity:
	if kind == P256:
		return identity_of("localhost")
	if kind == P384:
		return identity_of("localhost_p384")
	# Generated once per run, because an RSA key takes a while.
	if not shared.has(RSA):
		var made := Identity.new()
		var crypto := Crypto.new()
		made.key = crypto.generate_rsa(2048)
		made.certificate = crypto.generate_self_signed_certificate(made.key, "CN=" + NAME)
		shared[RSA] = made
	return shared[RSA]


## A key and certificate from the folder of certificates.
func identity_of(file: String) -> Identity:
	var made := Identity.new()
	equal(made.key.load(certificates.path_join(file + ".key")), OK, "key of " + file)
	made.certificate = certificate_of(file)
	return made


## Loaded as a resource: our class needs the path of a file that holds several certificates.
func certificate_of(file: String) -> X509Certificate:
	var certificate: X509Certificate = load(certificates.path_join(file + ".crt"))
	check(certificate != null, "certificate of " + file)
	return certificate


## Loaded without a resource path.
func pathless_certificate_of(file: String) -> X509Certificate:
	var certificate := X509Certificate.new()
	equal(certificate.load(certificates.path_join(file + ".crt")), OK, "certificate of " + file)
	return certificate


## A server of the server class, encrypted by a relay if necessary. Its `port` is the one to connect to.
func encrypted_server(who: Identity, max_clients: int = 32) -> End:
	var server := new_end(server_class)
	begin_server(server, who, max_clients)
	return server


func begin_server(server: End, who: Identity, max_clients: int = 32) -> void:
	var port := free_port()
	equal(server.host(port, max_clients), OK, "create_server")
	if server.is_ours:
		equal(host_of(server).call(&"dtls_server_setup", who.options()), OK, "dtls_server_setup")
		return
	var relay := Relay.new()
	server.port = free_port()
	equal(relay.guard_server(server.port, port, who.options()), OK, "starting the server's relay")
	_relays.append(relay)


## A client that has begun to connect.
func encrypted_client(port: int, options: TLSOptions, hostname: String = NAME) -> End:
	var client := new_end(client_class)
	begin_client(client, port, options, hostname)
	return client


func begin_client(client: End, port: int, options: TLSOptions, hostname: String = NAME) -> void:
	if client.is_ours:
		equal(client.join(port), OK, "create_client")
		equal(host_of(client).call(&"dtls_client_setup", hostname, options), OK, "dtls_client_setup")
		return
	var relay := Relay.new()
	var plain_port := free_port()
	equal(relay.guard_clients(plain_port, port, hostname, options), OK, "starting the client's relay")
	_relays.append(relay)
	equal(client.join(plain_port), OK, "create_client")


func trusting(who: Identity) -> TLSOptions:
	return TLSOptions.client(who.certificate)


## A server with connected clients. The server comes first.
func encrypted_ends(who: Identity, count: int = 1) -> Array[End]:
	var ends: Array[End] = [encrypted_server(who)]
	for index in count:
		ends.append(encrypted_client(ends[0].port, trusting(who)))
	check(pump(ends, func() -> bool: return have_met(ends), PATIENCE), "all clients connect")
	return ends


func have_met(ends: Array[End]) -> bool:
	return ends.all(func(end: End) -> bool: return end.is_up()) and ends[0].events.size() == ends.size() - 1


## A lossy wire in front of a server. Clients connect to the wire's port.
func rough_wire_to(port: int, with_seed: int) -> RoughWire:
	var wire := RoughWire.new()
	equal(wire.open(free_port(), port, with_seed), OK, "opening the wire")
	_wires.append(wire)
	return wire


## The ENet host of a multiplayer peer.
func host_of(end: End) -> RefCounted:
	return end.peer.get(&"host")


func pass_on() -> void:
	for relay in _relays:
		relay.pass_on()
	for wire in _wires:
		wire.pass_on()


func pump(ends: Array[End], condition: Callable, seconds: float = 5.0) -> bool:
	var step := func() -> bool:
		pass_on()
		return condition.call()
	return super(ends, step, seconds)


## pump() without pauses between the polls.
func spin(ends: Array[End], condition: Callable, seconds: float = 5.0) -> bool:
	var deadline := Time.get_ticks_msec() + int(seconds * 1000.0)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
		for end in ends:
			end.poll()
		pass_on()
	return true


func frame() -> void:
	await super()
	pass_on()
