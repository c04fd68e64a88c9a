extends "res://lib/conformance_case.gd"
## Calls on a connection without a host: they print an error, return a default and have no effect.

const CALLS: Array[Array] = [
	[&"destroy", []],
	[&"connect_to_host", [LOCALHOST, 5000]],
	[&"connect_to_host", [LOCALHOST, 0]],
	[&"service", []],
	[&"service", [20]],
	[&"flush", []],
	[&"bandwidth_limit", []],
	[&"channel_limit", [4]],
	[&"channel_limit", [-1]],
	[&"broadcast", [0, [1], 1]],
	[&"broadcast", [-1, [1], 4]],
	[&"compress", [1]],
	[&"compress", [99]],
	[&"pop_statistic", [0]],
	[&"pop_statistic", [99]],
	[&"get_max_channels", []],
	[&"get_local_port", []],
	[&"get_peers", []],
	[&"socket_send", [LOCALHOST, 5000, [1]]],
	[&"socket_send", [LOCALHOST, 0, [1]]],
	[&"refuse_new_connections", [true]],
]


func case_never_created() -> void:
	_call_all(kit.connection())
	done()


func case_after_destroy() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"destroy")
	_call_all(connection)
	done()


func case_after_failed_creation() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host", [0])
	_call_all(connection)
	done()


func case_after_destroy_with_a_peer() -> void:
	var pair := connected_pair()
	attempt(pair.subject, &"destroy")
	_call_all(pair.subject)
	done()


## The error code depends on the ENet that stock was built with, so only its presence is noted.
func case_dtls_without_host() -> void:
	var connection := kit.connection()
	for call_with: Array in [
		[&"dtls_server_setup", null], [&"dtls_client_setup", "name"],
		[&"dtls_client_setup", "name", TLSOptions.client_unsafe()],
	]:
		var method: StringName = call_with[0]
		note("%s fails" % method, connection.callv(method, call_with.slice(1)) != OK)
		note_errors("%s prints" % method)
	done()


func case_limits_do_not_outlive_the_host() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"channel_limit", [4])
	attempt(connection, &"destroy")
	attempt(connection, &"create_host")
	attempt(connection, &"get_max_channels")
	done()


func _call_all(connection: RefCounted) -> void:
	for one_call in CALLS:
		var method: StringName = one_call[0]
		var given: Array = one_call[1]
		var arguments := given.duplicate()
		# A constant cannot contain a PackedByteArray, so it is converted here.
		for index in arguments.size():
			if arguments[index] is Array:
				var bytes: Array = arguments[index]
				arguments[index] = PackedByteArray(bytes)
		attempt(connection, method, arguments)
