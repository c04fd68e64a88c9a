extends "res://lib/dtls_suite.gd"
## The arguments and states that the methods and properties of encryption accept. Both ends are ours, because the stock
## classes of this Godot are built without DTLS.

const OURS := "ENetMultiplayerPeerRs"


func reason_to_skip() -> String:
	return super() if server_class == OURS and client_class == OURS else "both ends must be of our class"


func case_server_setup() -> void:
	var who := identity(P256)
	var host := new_host(OURS)
	_expect(host, &"dtls_server_setup", [who.options()], ERR_UNCONFIGURED, "no host")
	equal(host.bind(free_port()), OK, "create_host_bound")
	_expect(host, &"dtls_server_setup", [null], ERR_INVALID_PARAMETER, "no options")
	_expect(host, &"dtls_server_setup", [TLSOptions.client(who.certificate)], ERR_INVALID_PARAMETER,
			"a client's options")
	_expect(host, &"dtls_server_setup", [TLSOptions.client_unsafe()], ERR_INVALID_PARAMETER,
			"an unsafe client's options")
	_expect(host, &"dtls_server_setup", [TLSOptions.server(who.key, identity(RSA).certificate)],
		ERR_INVALID_PARAMETER, "a certificate of another key")
	_expect(host, &"dtls_server_setup", [TLSOptions.server(CryptoKey.new(), who.certificate)],
		ERR_INVALID_PARAMETER, "an empty key")
	_expect(host, &"dtls_server_setup", [TLSOptions.server(who.key, X509Certificate.new())],
		ERR_INVALID_PARAMETER, "an empty certificate")
	var public_half := CryptoKey.new()
	equal(public_half.load_from_string(identity(RSA).key.save_to_string(true), true), OK, "the public half")
	_expect(host, &"dtls_server_setup", [TLSOptions.server(public_half, identity(RSA).certificate)],
		ERR_INVALID_PARAMETER, "a public key")
	_expect(host, &"dtls_server_setup", [who.options()], OK, "valid options")
	_expect(host, &"dtls_server_setup", [who.options()], FAILED, "a second setup")
	_expect(host, &"dtls_client_setup", [NAME, trusting(who)], FAILED, "a setup for the other role")
	done()


func case_client_setup() -> void:
	var who := identity(P256)
	var host := new_host(OURS)
	_expect(host, &"dtls_client_setup", [NAME], ERR_UNCONFIGURED, "no host")
	equal(host.open(), OK, "create_host")
	_expect(host, &"dtls_client_setup", [NAME, who.options()], ERR_INVALID_PARAMETER, "a server's options")
	_expect(host, &"dtls_client_setup", [NAME, TLSOptions.client(X509Certificate.new())], ERR_INVALID_PARAMETER,
		"an empty certificate")
	_expect(host, &"dtls_client_setup", [NAME, trusting(who)], OK, "valid options")
	_expect(host, &"dtls_client_setup", [NAME, trusting(who)], FAILED, "a second setup")
	_expect(host, &"dtls_server_setup", [who.options()], FAILED, "a setup for the other role")
	for arguments: Array in [[NAME], [NAME, null], [NAME, TLSOptions.client()], [NAME, TLSOptions.client_unsafe()]]:
		var fresh := new_host(OURS)
		equal(fresh.open(), OK, "create_host")
		_expect(fresh, &"dtls_client_setup", arguments, OK, "the system's certificates, or no verification")
	done()


## The engine returns only the first certificate of an object. Our class reads the others from the file that the object
## was loaded from.
func case_several_certificates() -> void:
	var chain := identity_of("chain")
	for is_server: bool in [true, false]:
		var method: StringName = [&"dtls_client_setup", &"dtls_server_setup"][int(is_server)]
		var file: String = ["authorities", "chain"][int(is_server)]
		var moved := pathless_certificate_of(file)
		moved.take_over_path(certificates.path_join("good.crt"))
		var lost := pathless_certificate_of(file)
		lost.take_over_path(certificates.path_join("missing.crt"))
		for certificate: X509Certificate in [pathless_certificate_of(file), moved, lost, certificate_of(file)]:
			var host := new_host(OURS)
			equal(host.bind(free_port()), OK, "create_host_bound")
			var options := TLSOptions.server(chain.key, certificate) if is_server else TLSOptions.client(certificate)
			var arguments := [options] if is_server else [NAME, options]
			var is_there := certificate.resource_path.get_file() == file + ".crt"
			var what := "%s of several, with the path \"%s\"" % [method, certificate.resource_path]
			if is_there:
				_expect(host, method, arguments, OK, what)
			else:
				equal(host.connection.callv(method, arguments), ERR_INVALID_PARAMETER, what)
				expect_error_texts(["X509Certificate.load; load the file as a resource instead, with load("], what)
	# A single certificate needs no file.
	var only_one := new_host(OURS)
	equal(only_one.open(), OK, "create_host")
	_expect(only_one, &"dtls_client_setup", [NAME, TLSOptions.client(pathless_certificate_of("ca"))], OK,
			"a single certificate")
	done()


## A refusal outlasts the setup of encryption.
func case_refusal_before_setup() -> void:
	var who := identity(P256)
	var server := new_end(OURS)
	equal(server.host(free_port()), OK, "create_server")
	server.peer.refuse_new_connections = true
	equal(host_of(server).call(&"dtls_server_setup", who.options()), OK, "dtls_server_setup")
	var client := encrypted_client(server.port, trusting(who))
	var ends: Array[End] = [server, client]
	check(pump(ends, func() -> bool: return not client.is_active(), 10.0), "the client is told at once")
	check(client.events.is_empty() and server.events.is_empty(), "nobody signals a connection")
	expect_error_texts(["refuse"], "the refused client")
	server.peer.refuse_new_connections = false
	var second := encrypted_client(server.port, trusting(who))
	ends.append(second)
	check(pump(ends, func() -> bool: return second.is_up(), PATIENCE), "a later client connects")
	done()


## A connection that exists goes on encrypted if both ends set up encryption, and ends otherwise.
func case_setup_on_a_connection() -> void:
	var who := identity(P256)
	for is_client_too: bool in [true, false]:
		var ends := connected(1)
		ends[1].peer.call(&"set_peer_timeout", 1, 4, 500, 1500)
		equal(host_of(ends[0]).call(&"dtls_server_setup", who.options()), OK, "dtls_server_setup")
		if is_client_too:
			equal(host_of(ends[1]).call(&"dtls_client_setup", NAME, trusting(who)), OK, "dtls_client_setup")
		equal(ends[1].say("after the setup", 1), OK, "put_packet")
		var is_over := func() -> bool: return not ends[0].packets.is_empty() or not ends[1].is_up()
		check(pump(ends, is_over, PATIENCE), "a packet arrives, or the connection ends")
		equal(ends[1].is_up(), is_client_too, "the client's connection")
		await clean_up()
	done()


## Expects one error line at most, which names the method.
func _expect(host: RawHost, method: StringName, arguments: Array, expected: Error, what: String) -> void:
	var error: Error = host.connection.callv(method, arguments)
	equal(error, expected, what)
	if expected == OK:
		expect_errors(0, true, what)
	else:
		expect_error_texts(["ENetConnectionRs.%s: " % method], what)


func case_defaults() -> void:
	var peer := new_end(OURS).peer
	equal(peer.get(&"use_dtls"), false, "use_dtls")
	equal(peer.get(&"dtls_verify"), true, "dtls_verify")
	equal(peer.get(&"dtls_hostname"), "", "dtls_hostname")
	peer.set(&"use_dtls", true)
	peer.set(&"dtls_verify", false)
	peer.set(&"dtls_hostname", NAME)
	equal([peer.get(&"use_dtls"), peer.get(&"dtls_verify"), peer.get(&"dtls_hostname")], [true, false, NAME],
			"the properties after setting them")
	equal(peer.call(&"is_dtls_enabled"), true, "is_dtls_enabled")
	equal(peer.call(&"is_dtls_verify_enabled"), false, "is_dtls_verify_enabled")
	equal(peer.call(&"get_dtls_hostname"), NAME, "get_dtls_hostname")
	done()


func case_server_by_properties() -> void:
	var who := identity(RSA)
	var server := new_end(OURS)
	server.peer.set(&"use_dtls", true)
	var port := free_port()
	equal(server.host(port), ERR_INVALID_PARAMETER, "neither key nor certificate")
	expect_errors(1, true, "neither key nor certificate")
	server.peer.call(&"set_dtls_key", who.key)
	equal(server.host(port), ERR_INVALID_PARAMETER, "no certificate")
	expect_errors(1, true, "no certificate")
	server.peer.call(&"set_dtls_certificate", identity(P256).certificate)
	equal(server.host(port), ERR_INVALID_PARAMETER, "a certificate of another key")
	expect_errors(1, true, "a certificate of another key")
	check(not server.is_active(), "the server stays inactive")
	server.peer.call(&"set_dtls_certificate", who.certificate)
	equal(server.host(port), OK, "both")
	_check_frozen(server)
	equal(host_of(server).call(&"dtls_server_setup", who.options()), FAILED, "a setup by hand in addition")
	expect_errors(1, true, "a setup by hand in addition")
	done()


## The settings of an active peer cannot change.
func _check_frozen(end: End) -> void:
	for property: StringName in [&"use_dtls", &"dtls_verify", &"dtls_hostname"]:
		var before: Variant = end.peer.get(property)
		end.peer.set(property, "other" if before is String else not before)
		expect_errors(1, true, "%s while active" % property)
		equal(end.peer.get(property), before, property)
	end.peer.call(&"set_dtls_key", null)
	expect_errors(1, true, "a key while active")
	end.peer.call(&"set_dtls_certificate", null)
	expect_errors(1, true, "a certificate while active")


## The certificate must match the address, unless another name is set.
func case_client_by_properties() -> void:
	for kind: String in [RSA, P256]:
		for is_named: bool in [true, false]:
			var who := identity(kind)
			var server := encrypted_server(who)
			var client := new_end(OURS)
			client.peer.set(&"use_dtls", true)
			client.peer.call(&"set_dtls_certificate", who.certificate)
			if is_named:
				client.peer.set(&"dtls_hostname", NAME)
			equal(client.join(server.port, "127.0.0.1"), OK, "create_client")
			var ends: Array[End] = [server, client]
			var is_decided := func() -> bool: return have_met(ends) or not client.is_active()
			check(pump(ends, is_decided, PATIENCE), "the handshake succeeds or fails")
			equal(client.is_up(), is_named, "the result depends on the name")
			if is_named:
				expect_errors(0, true, "named")
				_check_frozen(client)
			else:
				expect_error_texts(["connecting to 127.0.0.1"], "a certificate without the name")
			await clean_up()
	done()


## A client without verification accepts any certificate and warns once.
func case_unverified() -> void:
	var server := encrypted_server(identity_of("expired"))
	for attempt in 2:
		_errors.take_warnings()
		var client := new_end(OURS)
		client.peer.set(&"use_dtls", true)
		client.peer.set(&"dtls_verify", false)
		equal(client.join(server.port), OK, "create_client")
		var ends: Array[End] = [server, client]
		check(pump(ends, func() -> bool: return client.is_up() and server.events.size() == attempt + 1, PATIENCE),
				"the client connects")
		if _errors.can_see():
			var warnings := _errors.take_warnings()
			equal(warnings.size(), 1, "warnings %s" % [warnings])
			for warning in warnings:
				check(warning.contains("dtls_verify"), warning)
	done()
