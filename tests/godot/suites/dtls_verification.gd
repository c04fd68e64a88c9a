extends "res://lib/dtls_suite.gd"
## Which certificates a client accepts, and its error for the others. For comparison, the results of Godot's own DTLS
## with the same certificates, as measured on 4.6.3.

## Results of Godot's client.
const ACCEPTED := "accepted"
const REFUSED := "refused"
## The client shall trust the system's authorities, of which there are none, or is given none at all.
const CANNOT_START := "cannot start"
## Our client prints no error.
const FINE := ""
const HOST := "game.example"
const REMOTE_REFUSED := "the remote refused"

## Ways to build the client's options. "system" trusts the system's authorities.
const VERIFIED := "client"
const UNSAFE := "client_unsafe"
const SYSTEM := ""


## A certificate, a client's options, and the expected results.
class Row:
	var what: String
	## Names in the folder of certificates.
	var server: String
	var trusted: String
	var hostname: String
	## Part of our error.
	var ours: String
	var stock: String
	var way := VERIFIED
	## The common name to check instead of the host name.
	var override := ""

	func _init(about: String, server_file: String, trusted_file: String, host: String, our: String, its: String) -> void:
		what = about
		server = server_file
		trusted = trusted_file
		hostname = host
		ours = our
		stock = its


func case_chain() -> void:
	await _try([
		Row.new("good", "good", "ca", HOST, FINE, ACCEPTED),
		Row.new("the wrong authority", "good", "other_ca", HOST, "not signed by", REFUSED),
		Row.new("one of two authorities", "good", "authorities", HOST, FINE, ACCEPTED),
		Row.new("no authority of the system", "good", SYSTEM, HOST, "not signed by", REFUSED),
		Row.new("another authority of the same name", "by_impostor", "ca", HOST, "not signed by", REFUSED),
		Row.new("chain of three", "chain", "ca", HOST, FINE, ACCEPTED),
		Row.new("chain of three, its middle trusted", "chain", "intermediate", HOST, FINE, ACCEPTED),
		Row.new("only the end of a chain", "chain_broken", "ca", HOST, "not signed by", REFUSED),
		Row.new("only the end, its issuer trusted", "chain_broken", "intermediate", HOST, FINE, ACCEPTED),
		Row.new("a chain with an expired link", "chain_expired", "ca", HOST, "expired", REFUSED),
		Row.new("signed by no authority", "chain_of_pretender", "ca", HOST, "not acceptable", REFUSED),
	])
	done()


func case_usage() -> void:
	var row := Row.new("issued for clients", "for_clients", "ca", HOST, "server authentication", REFUSED)
	# Godot's server ends the handshake before it shows the certificate.
	if not server_class.ends_with("Rs"):
		row.ours = REMOTE_REFUSED
	await _try([row])
	done()


func case_dates() -> void:
	await _try([
		Row.new("expired", "expired", "ca", HOST, "expired on 2021-01-01", REFUSED),
		Row.new("not yet valid", "not_yet_valid", "ca", HOST, "not valid before 2090-01-01", REFUSED),
		Row.new("expired, itself trusted", "self_signed_expired", "self_signed_expired", HOST, "expired on 2021-01-01",
			REFUSED),
	])
	done()


func case_names() -> void:
	await _try([
		Row.new("wrong name", "other_name", "ca", HOST, "issued for other.example, connecting to game.example", REFUSED),
		Row.new("in capitals", "good", "ca", "Game.EXAMPLE", FINE, ACCEPTED),
		Row.new("common name only", "cn_only", "ca", HOST, FINE, ACCEPTED),
		Row.new("common name only, wrong", "cn_only", "ca", "other.example",
			"issued for game.example, connecting to other.example", REFUSED),
		Row.new("alternative name only", "san_only", "ca", HOST, FINE, ACCEPTED),
		Row.new("second alternative name", "two_names", "ca", HOST, FINE, ACCEPTED),
		Row.new("neither alternative name", "two_names", "ca", "third.example",
			"issued for other.example, game.example, connecting to third.example", REFUSED),
		Row.new("common name, but other alternatives", "cn_but_other_san", "ca", HOST,
			"issued for other.example, connecting to game.example", REFUSED),
		Row.new("address", "address", "ca", "127.0.0.1", FINE, ACCEPTED),
		Row.new("another address", "address", "ca", "127.0.0.2", "issued for 127.0.0.1, connecting to 127.0.0.2", REFUSED),
		Row.new("an address's name", "address", "ca", "localhost", "issued for 127.0.0.1, connecting to localhost", REFUSED),
		Row.new("address as common name", "address_as_cn", "ca", "127.0.0.1", FINE, ACCEPTED),
		Row.new("wildcard", "wildcard", "ca", "eu.game.example", FINE, ACCEPTED),
		Row.new("wildcard, missing label", "wildcard", "ca", HOST,
			"issued for *.game.example, connecting to game.example", REFUSED),
		Row.new("wildcard, two labels", "wildcard", "ca", "a.b.game.example",
			"issued for *.game.example, connecting to a.b.game.example", REFUSED),
		Row.new("wildcard as common name", "wildcard_as_cn", "ca", "eu.game.example", FINE, ACCEPTED),
	])
	done()


func case_self_signed() -> void:
	await _try([
		Row.new("pinned", "self_signed", "self_signed", HOST, FINE, ACCEPTED),
		Row.new("pinned, common name only", "self_signed_cn_only", "self_signed_cn_only", HOST, FINE, ACCEPTED),
		Row.new("pinned, wrong name", "self_signed", "self_signed", "other.example",
			"issued for game.example, connecting to other.example", REFUSED),
		Row.new("another one", "self_signed", "localhost", HOST, "not signed by", REFUSED),
		Row.new("another one of the same name", "self_signed", "self_signed_cn_only", HOST, "not signed by", REFUSED),
		Row.new("an authority expected", "self_signed", "ca", HOST, "not signed by", REFUSED),
		# Godot trusts an end-entity certificate itself only if it is self-signed.
		Row.new("signed by an authority, pinned", "good", "good", HOST, FINE, REFUSED),
		Row.new("signed by an authority, another of its certificates pinned", "good", "cn_only", HOST, "not signed by",
			REFUSED),
	])
	done()


func case_options() -> void:
	var rows: Array[Row] = [
		Row.new("override instead of the host's name", "good", "ca", "whatever.example", FINE, ACCEPTED),
		Row.new("override that is wrong", "good", "ca", HOST, "issued for game.example, connecting to other.example",
			REFUSED),
		Row.new("unsafe: any certificate", "expired", SYSTEM, "other.example", FINE, ACCEPTED),
		Row.new("unsafe with an authority: any name", "good", "ca", "other.example", FINE, ACCEPTED),
		Row.new("unsafe with the wrong authority", "good", "other_ca", HOST, "not signed by", REFUSED),
		Row.new("unsafe with an authority, expired", "expired", "ca", HOST, "expired on 2021-01-01", REFUSED),
	]
	rows[0].override = HOST
	rows[1].override = "other.example"
	for row: Row in rows.slice(2):
		row.way = UNSAFE
	await _try(rows)
	done()


func _try(rows: Array[Row]) -> void:
	for row in rows:
		_errors.take_warnings()
		var server := encrypted_server(identity_of(row.server))
		var client := encrypted_client(server.port, _options(row), row.hostname)
		var ends: Array[End] = [server, client]
		if client.is_ours:
			_check_ours(row, ends)
		else:
			_check_stock(row, ends)
		equal(server.events.size(), 1 if client.is_up() else 0, row.what + ": clients of the server")
		await clean_up()


func _options(row: Row) -> TLSOptions:
	var trusted := null if row.trusted == SYSTEM else certificate_of(row.trusted)
	if row.way == UNSAFE:
		return TLSOptions.client_unsafe(trusted)
	return TLSOptions.client(trusted, row.override)


func _check_ours(row: Row, ends: Array[End]) -> void:
	var client := ends[1]
	check(pump(ends, func() -> bool: return have_met(ends) or not client.is_active()),
			row.what + ": the handshake succeeds or fails")
	equal(client.is_up(), row.ours == FINE, row.what)
	# Godot's server may print errors, too.
	var lines := _errors.take().filter(func(line: String) -> bool: return line.contains("Rs."))
	if _errors.can_see():
		equal(lines.size(), 0 if row.ours == FINE else 1, "%s: lines of %s" % [row.what, lines])
		for line: String in lines:
			check(line.contains(row.ours), "%s: %s" % [row.what, line])
	_check_server_is_told(row, ends, row.ours != FINE)


func _check_stock(row: Row, ends: Array[End]) -> void:
	var client := ends[1]
	# The relay made last is the client's.
	var relay := _relays[-1]
	check(pump(ends, func() -> bool: return have_met(ends) or not relay.ended.is_empty()),
			row.what + ": the handshake succeeds or fails")
	var outcome := ACCEPTED
	if not relay.ended.is_empty():
		outcome = REFUSED if relay.ended[0].error == OK else CANNOT_START
	var is_lacking := row.trusted == SYSTEM and OS.get_system_ca_certificates().is_empty()
	equal(outcome, CANNOT_START if is_lacking else row.stock, row.what + ": result of Godot's client")
	equal(client.is_up(), outcome == ACCEPTED, row.what)
	for line in _errors.take():
		check(outcome != ACCEPTED and not line.contains("Rs."), "%s: %s" % [row.what, line])
	_check_server_is_told(row, ends, outcome == REFUSED)


## A server of our class warns about clients that rejected its certificate.
func _check_server_is_told(row: Row, ends: Array[End], is_refused: bool) -> void:
	if not ends[0].is_ours or not _errors.can_see():
		return
	var warnings: Array[String] = []
	var is_told := func() -> bool:
		warnings.append_array(_errors.take_warnings())
		return not warnings.is_empty()
	equal(pump(ends, is_told, 5.0 if is_refused else 0.0), is_refused, "%s: warnings %s" % [row.what, warnings])
	for warning in warnings:
		check(warning.contains(REMOTE_REFUSED), "%s: %s" % [row.what, warning])
