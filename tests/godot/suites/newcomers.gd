extends "res://lib/guarding_suite.gd"
## Who may join a server of our class, and why connections end: the join filter, tokens, ids and reasons.


## The stock client's connection has the reason as the data of its last event.
func case_reasons() -> void:
	var server := start_server()
	var told: Array[int] = []
	var on_left := func(id: int) -> void: told.append(server.peer.call(&"get_disconnect_data", id))
	server.peer.peer_disconnected.connect(on_left)
	for force: bool in [false, true]:
		var client := open_host(client_class)
		var id := 5000 + int(force)
		client.join(server.port, 0, id)
		check(_serve(server, client, func() -> bool: return server.events.has("+%d" % id)), "the client connects")
		client.events.clear()
		server.peer.call(&"disconnect_peer_with_reason", id, REASON + int(force), force)
		check(_serve(server, client, func() -> bool: return not client.events.is_empty()), "the client has an event")
		if not client.events.is_empty():
			equal(client.events[0].data, REASON + int(force), "the data of the client's event")
		check(_serve(server, client, func() -> bool: return _data(server, id) != 0), "the server knows the reason")
		equal(_data(server, id), REASON + int(force), "the server's reason")
	equal(told, [REASON] as Array[int], "the reasons in the handlers")
	# The handler holds the peer that holds it.
	server.peer.peer_disconnected.disconnect(on_left)
	equal(_data(server, 12345), 0, "no reason")
	server.peer.call(&"disconnect_peer_with_reason", 12345, 1)
	server.peer.call(&"disconnect_peer_with_reason", 12345, 1 << 32)
	server.peer.call(&"disconnect_peer_with_reason", 1 << 32, 1)
	expect_error_texts([
		"disconnect_peer_with_reason: peer 12345 is not connected",
		"disconnect_peer_with_reason: the reason must be 0 to 4294967295",
		"disconnect_peer_with_reason: the id 4294967296 does not fit",
	], "wrong arguments")
	equal(_data(server, 1 << 32), 0, "no reason")
	expect_error_texts(["get_disconnect_data: the id 4294967296 does not fit"], "a wrong id")
	done()


## A client gives a reason as well, and ours learns the server's.
func case_reasons_of_both_sides() -> void:
	var ends := connected(1)
	var id := ends[1].id()
	ends[0].peer.call(&"disconnect_peer_with_reason", id, REASON)
	check(pump(ends, func() -> bool: return not ends[1].is_active()), "the client ends")
	if ends[1].is_ours:
		equal(_data(ends[1], 1), REASON, "the client's reason, after its end")
		equal(ends[1].join(ends[0].port), OK, "create_client")
		equal(_data(ends[1], 1), 0, "the reason of a new session")
	var client := open_host(client_class)
	var peer := client.join(ends[0].port, 0, 4321)
	check(_serve(ends[0], client, func() -> bool: return ends[0].events.has("+4321")), "another client connects")
	client.drain()
	peer.call(&"peer_disconnect", REASON + 1)
	check(_serve(ends[0], client, func() -> bool: return ends[0].events.has("-4321")), "it leaves")
	equal(_data(ends[0], 4321), REASON + 1, "the reason of a client")
	done()


## The server's script may end a connection by its packet peer.
func case_reasons_of_packet_peers() -> void:
	var server := start_server()
	for method: StringName in [&"peer_disconnect", &"peer_disconnect_later", &"peer_disconnect_now"]:
		var client := open_host(client_class)
		var id := 6000 + server.events.size()
		client.join(server.port, 0, id)
		check(_serve(server, client, func() -> bool: return server.events.has("+%d" % id)), "the client connects")
		client.events.clear()
		_peer(server, id).call(method, id + 1)
		check(_serve(server, client, func() -> bool: return server.events.has("-%d" % id)), "the client leaves")
		equal(_data(server, id), id + 1, "the reason after %s" % method)
		check(_serve(server, client, func() -> bool: return not client.events.is_empty()), "the client has an event")
		if not client.events.is_empty():
			equal(client.events[0].data, id + 1, "the data of the client's event after %s" % method)
	done()


func case_the_id_of_a_client() -> void:
	var client := new_end(server_class)
	for wrong: int in [-1, 1, 1 << 31]:
		client.peer.set(&"connect_id", wrong)
		expect_error_texts(["connect_id must be 0 or 2 to 2147483647, not %d" % wrong], "a wrong id")
	equal(client.peer.get(&"connect_id"), 0, "the default")
	client.peer.set(&"connect_id", 1234)
	var server := start_server()
	equal(client.join(server.port), OK, "create_client")
	check(pump([server, client], func() -> bool: return server.events.has("+1234")), "the client has the id")
	done()


func case_tokens() -> void:
	var tokens := _new("ENetJoinTokensRs")
	var token: int = tokens.call(&"issue", 30.0)
	check(token >= 2 and token < 1 << 31, "a token is an id")
	equal(tokens.call(&"check", token ^ 0x10000), false, "another token")
	equal(tokens.call(&"check", token), true, "the token")
	equal(tokens.call(&"check", token), false, "the token, used again")
	equal(_new("ENetJoinTokensRs").call(&"check", tokens.call(&"issue", 30.0)), false, "a token of another object")
	var issuer := _new("ENetJoinTokensRs")
	var checker := _new("ENetJoinTokensRs")
	var key := "a key in 16 bytes".to_utf8_buffer().slice(0, 16)
	for either: RefCounted in [issuer, checker]:
		equal(either.call(&"set_key", key), OK, "set_key")
		equal(either.call(&"set_key", key.slice(1)), ERR_INVALID_PARAMETER, "a short key")
		expect_error_texts(["set_key: the key must have 16 bytes, not 15"], "a short key")
	equal(checker.call(&"check", issuer.call(&"issue", 30.0)), true, "a token of an object with the same key")
	# The checker has issued nothing so far. As an issuer it accepts only its own tokens.
	issuer.call(&"issue", 30.0)
	var foreign: int = issuer.call(&"issue", 30.0)
	checker.call(&"issue", 30.0)
	equal(checker.call(&"check", foreign), false, "a token that the object did not issue")
	token = tokens.call(&"issue", 30.0)
	equal(issuer.call(&"set_key", key), OK, "the same key")
	equal(issuer.call(&"check", foreign), true, "a token under the same key")
	equal(tokens.call(&"set_key", key), OK, "another key")
	equal(tokens.call(&"check", token), false, "a token under the former key")
	equal(tokens.get(&"max_lifetime"), 60.0, "the longest lifetime")
	for wrong: float in [0.0, -1.0, 61.0, NAN]:
		equal(tokens.call(&"issue", wrong), 0, "a wrong lifetime")
		expect_error_texts(["lifetime_seconds must be more than 0 and 60 (max_lifetime) at most"], "a wrong lifetime")
	for wrong: float in [0.0, -1.0, 513.0, NAN]:
		tokens.set(&"max_lifetime", wrong)
		expect_error_texts(["max_lifetime must be more than 0 and 512 at most"], "a wrong longest lifetime")
	tokens.set(&"max_lifetime", 512.0)
	token = tokens.call(&"issue", 500.0)
	tokens.set(&"max_lifetime", 30.0)
	equal(tokens.call(&"check", token), false, "a token that lives too long")
	done()


func case_the_join_filter() -> void:
	var server := start_server(1)
	var asked: Array[Dictionary] = []
	var answers: Array[Variant] = [false, true]
	server.peer.set(&"join_filter", func(newcomer: Dictionary) -> Variant:
		asked.append(newcomer)
		return answers[mini(asked.size(), answers.size()) - 1])
	var refused := start_client(server.port)
	check(pump([server, refused], func() -> bool: return asked.size() == 1), "the filter is asked")
	check(pump([server, refused], func() -> bool: return not refused.is_active()), "the client is refused")
	equal(server.events.size(), 0, "signals of the server")
	if refused.is_ours:
		equal(_reason(refused, 1), REASON_REFUSED, "the reason of the refused client")
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return server.events.size() == 1), "the second client connects")
	equal(asked.size(), 2, "the number of judged newcomers")
	if asked.size() == 2:
		equal(asked[1].keys(), ["address", "port", "data", "proven"], "the keys")
		equal(asked[1]["address"], LOCAL, "the address")
		equal(asked[1]["data"], client.id(), "the id")
		equal(typeof(asked[1]["proven"]), TYPE_BOOL, "whether the address is proven")
	check(_dropped(server.peer, "refused") > 0, "the refusal is counted")
	done()


## Whatever is no bool and no reason refuses, with one line of the log for all.
func case_a_wrong_join_filter() -> void:
	var server := start_server()
	var answers: Array[Variant] = [1, 0, -1, 1 << 32, null]
	var index: Array[int] = [0]
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> Variant:
		index[0] += 1
		return answers[index[0] - 1])
	for answer: Variant in answers:
		var client := open_host(client_class)
		client.join(server.port, 0, 5000)
		check(_serve(server, client, func() -> bool: return not client.events.is_empty()), "the client has an event")
		equal(client.types(), [RawHost.EVENT_DISCONNECT] as Array[int], "the event after %s" % answer)
		if not client.events.is_empty():
			equal(client.events[0].data, REASON_REFUSED, "the reason after %s" % answer)
	expect_error_texts([
		"poll: join_filter must return a bool, or a reason of 2 to 4294967295, and returned 1; %s:" % LOCAL,
	], "a wrong filter")
	equal(server.events.size(), 0, "signals of the server")
	server.peer.set(&"join_filter", Callable())
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return client.is_up()), "without a filter everybody is let in")
	done()


func case_a_join_filter_of_a_freed_object() -> void:
	var server := start_server()
	var judge := RefCounted.new()
	judge.set_script(_script("func judge(_newcomer: Dictionary) -> bool: return true"))
	server.peer.set(&"join_filter", Callable(judge, &"judge"))
	judge = null
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return not client.is_active()), "the client is refused")
	expect_error_texts(["poll: join_filter can no longer be called; %s:" % LOCAL], "a freed object")
	equal(server.events.size(), 0, "signals of the server")
	done()


## The text of a wrong answer, and its end, can run a script.
func case_a_join_filter_with_an_odd_answer() -> void:
	var server := start_server()
	var odd := _script("""
var peer: Object

func _to_string() -> String:
	peer.call(&"ban_address", "10.1.1.1")
	return "odd"

func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and peer != null:
		peer.call(&"ban_address", "10.1.1.2")
""")
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> Object:
		var answer: RefCounted = odd.new()
		answer.set(&"peer", server.peer)
		return answer)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return not client.is_active()), "the client is refused")
	if _errors.can_see():
		expect_error_texts(["poll: join_filter must return a bool, or a reason of 2 to 4294967295, and returned"], "odd")
		equal(_banned(server.peer), ["10.1.1.1", "10.1.1.2"], "the bans")
	# The filter holds the peer that holds it.
	server.peer.set(&"join_filter", Callable())
	done()


func case_a_join_filter_with_reasons() -> void:
	var server := start_server()
	server.peer.set(&"join_filter", func(newcomer: Dictionary) -> int: return newcomer["data"])
	for reason: int in [2, REASON, 0x7FFFFFFF]:
		var client := open_host(client_class)
		client.join(server.port, 0, reason)
		check(_serve(server, client, func() -> bool: return not client.events.is_empty()), "the client has an event")
		if not client.events.is_empty():
			equal([client.events[0].type, client.events[0].data], [RawHost.EVENT_DISCONNECT, reason], "the event")
	equal(server.events.size(), 0, "signals of the server")
	done()


## The filter may do anything to the peer.
func case_a_join_filter_that_closes() -> void:
	var server := start_server()
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> bool:
		server.peer.close()
		return true)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return not server.is_active()), "the server closes")
	equal(server.events.size(), 0, "signals of the server")
	# The filter holds the peer that holds it.
	server.peer.set(&"join_filter", Callable())
	done()


## A filter that polls is not asked about the other newcomers meanwhile.
func case_a_join_filter_that_polls() -> void:
	var server := start_server()
	var depth: Array[int] = [0, 0]
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> bool:
		depth[0] += 1
		depth[1] = maxi(depth[1], depth[0])
		server.peer.poll()
		_host(server).call(&"service")
		depth[0] -= 1
		return true)
	var clients: Array[End] = []
	for index in 8:
		clients.append(start_client(server.port))
	# All requests arrive before the first poll.
	pump_for(clients, 0.1)
	var ends: Array[End] = [server]
	ends.append_array(clients)
	var are_up := func() -> bool: return clients.all(func(end: End) -> bool: return end.is_up())
	check(pump(ends, are_up), "the clients connect")
	equal(depth, [0, 1] as Array[int], "the depth of the calls")
	# The filter holds the peer that holds it.
	server.peer.set(&"join_filter", Callable())
	done()


func case_a_join_filter_that_changes_the_server() -> void:
	var server := start_server()
	var asked: Array[String] = []
	server.peer.set(&"join_filter", func(_newcomer: Dictionary) -> bool:
		asked.append("first")
		equal(server.peer.call(&"create_server", free_port()), ERR_ALREADY_IN_USE, "create_server in a filter")
		server.peer.set(&"join_filter", func(_next: Dictionary) -> bool:
			asked.append("second")
			_host(server).call(&"destroy")
			return true)
		return true)
	var client := start_client(server.port)
	check(pump([server, client], func() -> bool: return client.is_up()), "the first client connects")
	expect_errors(1, true, "create_server in a filter")
	var next := start_client(server.port)
	check(pump([server, next], func() -> bool: return asked.size() == 2), "the second client is judged")
	check(pump([server], func() -> bool: return not server.is_active()), "the server without a host closes")
	equal(asked, ["first", "second"] as Array[String], "the filters")
	# A filter holds the peer that holds it.
	server.peer.set(&"join_filter", Callable())
	done()


func case_the_join_filter_of_a_connection() -> void:
	var server := bound_host(server_class)
	var asked: Array[int] = []
	server.connection.set(&"join_filter", func(newcomer: Dictionary) -> bool:
		var data: int = newcomer["data"]
		asked.append(data)
		return data == REASON)
	for data: int in [REASON - 1, REASON]:
		var client := open_host(client_class)
		client.join(server.port, 0, data)
		check(serve([server, client], func() -> bool: return not client.events.is_empty()), "the client has an event")
		var expected := RawHost.EVENT_CONNECT if data == REASON else RawHost.EVENT_DISCONNECT
		equal(client.types().front(), expected, "the event with data %d" % data)
	equal(asked, [REASON - 1, REASON] as Array[int], "the judged data")
	_host(start_server()).set(&"join_filter", func(_newcomer: Dictionary) -> bool: return false)
	expect_error_texts(["set_join_filter: set the property of the ENetMultiplayerPeerRs"], "the host of a peer")
	done()
