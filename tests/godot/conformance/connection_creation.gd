extends "res://lib/conformance_case.gd"
## Creating hosts: create_host, create_host_bound, and the order of their checks.

const GOOD := [4, 2, 0, 0]
## One wrong or extreme value per entry: its index among max_peers, max_channels and the bandwidths, and the value.
const ODD := [
	[0, 0], [0, -1], [0, 1], [0, 4095], [0, 4096],
	[1, -1], [1, 0], [1, 255], [1, 256],
	[2, -1], [2, 1], [2, 2147483647],
	[3, -1], [3, 1], [3, 2147483647],
]


func case_create_host() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"get_max_channels")
	attempt(connection, &"get_peers")
	attempt(connection, &"service")
	done()


func case_create_host_arguments() -> void:
	for odd: Array in ODD:
		var arguments := GOOD.duplicate()
		arguments[odd[0]] = odd[1]
		var connection := kit.connection()
		attempt(connection, &"create_host", arguments)
		attempt(connection, &"get_peers")
	done()


func case_create_host_bound_arguments() -> void:
	for odd: Array in ODD:
		var arguments := GOOD.duplicate()
		arguments[odd[0]] = odd[1]
		var connection := kit.connection()
		attempt(connection, &"create_host_bound", [LOCALHOST, 0] + arguments)
		attempt(connection, &"get_peers")
	done()


func case_bound_port_range() -> void:
	for port: int in [-1, 65536, -65536]:
		attempt(kit.connection(), &"create_host_bound", [LOCALHOST, port])
	done()


func case_bound_addresses() -> void:
	for address: String in [LOCALHOST, "*", "0.0.0.0", "", "nonsense", "localhost", "127.0.0.1.1", "127.0.0.256"]:
		attempt(kit.connection(), &"create_host_bound", [address, 0])
	done()


## The address is from the range reserved for documentation, so no machine has it.
func case_address_of_another_machine() -> void:
	attempt(kit.connection(), &"create_host_bound", ["192.0.2.1", 0])
	done()


func case_port_in_use() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := kit.connection()
	attempt(connection, &"create_host_bound", [LOCALHOST, port], "a port that is taken")
	attempt(connection, &"get_max_channels")
	attempt(connection, &"create_host_bound", [LOCALHOST, 0])
	done()


func case_bound_port_is_known() -> void:
	var port := free_port()
	var connection := kit.connection()
	attempt(connection, &"create_host_bound", [LOCALHOST, port], "a free port")
	note("the port as given", connection.call(&"get_local_port") == port)
	var other := kit.connection()
	attempt(other, &"create_host_bound", [LOCALHOST, 0])
	var picked: int = other.call(&"get_local_port")
	note("a port was picked", picked > 1023 and picked < 65536)
	done()


func case_port_of_create_host() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	var port: int = connection.call(&"get_local_port")
	differs("a port before the first send", port > 0, "D22", false, true)
	note_errors("get_local_port prints")
	var partner := partner_connection()
	connection.call(&"connect_to_host", LOCALHOST, listen(partner))
	connection.call(&"service")
	port = connection.call(&"get_local_port")
	note("a port after the first send", port > 0)
	done()


func case_create_twice() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"create_host")
	attempt(connection, &"create_host_bound", [LOCALHOST, 0])
	attempt(connection, &"get_max_channels")
	done()


## An active host is reported before wrong arguments; the two cases have different errors.
func case_active_before_arguments() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host")
	attempt(connection, &"create_host", [0, -1, -1, -1])
	attempt(connection, &"create_host_bound", ["nonsense", -1, 0])
	done()


func case_arguments_before_socket() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	attempt(kit.connection(), &"create_host_bound", [LOCALHOST, port, 0], "no peers on a taken port")
	done()


func case_reusable_after_failure() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host", [0])
	attempt(connection, &"create_host_bound", ["nonsense", 0])
	attempt(connection, &"create_host", [4])
	attempt(connection, &"get_max_channels")
	done()


func case_create_after_destroy() -> void:
	var connection := kit.connection()
	attempt(connection, &"create_host", [4, 7])
	attempt(connection, &"destroy")
	attempt(connection, &"create_host_bound", [LOCALHOST, 0, 2, 3])
	attempt(connection, &"get_max_channels")
	attempt(connection, &"get_peers")
	done()


func case_port_is_free_after_destroy() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	attempt(connection, &"destroy")
	attempt(kit.connection(), &"create_host_bound", [LOCALHOST, port], "the same port")
	done()


func case_port_is_free_after_freeing() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	connection = null
	attempt(kit.connection(), &"create_host_bound", [LOCALHOST, port], "the same port")
	done()


## Numbers that do not fit into 32 bits.
func case_wide_numbers() -> void:
	var wide := 1 << 32
	var fits := [OK, false]
	var refused := [ERR_INVALID_PARAMETER, true]
	attempt_apart(kit.connection(), &"create_host", [wide + 4], "D28", fits, refused)
	attempt(kit.connection(), &"create_host", [wide])
	attempt_apart(kit.connection(), &"create_host", [4, wide + 2], "D28", fits, refused)
	attempt_apart(kit.connection(), &"create_host", [4, 2, wide], "D28", fits, refused)
	# ENet's bandwidth is an unsigned number of 32 bits.
	attempt_apart(kit.connection(), &"create_host", [4, 2, wide - 1], "D28", refused, fits)
	attempt_apart(kit.connection(), &"create_host_bound", [LOCALHOST, wide], "D28", fits, refused)
	done()


func case_class_surface() -> void:
	for stock_class: String in ["ENetConnection", "ENetPacketPeer"]:
		note("%s can be made" % stock_class, ClassDB.can_instantiate(kit.class_of(stock_class)))
	var connection := kit.connection()
	note("class", connection)
	note("is RefCounted", connection.is_class("RefCounted"))
	differs("is a PacketPeer", connection.is_class("PacketPeer"), "D27", false, true)
	differs("is a MultiplayerPeer", connection.is_class("MultiplayerPeer"), "D27", false, true)
	done()
