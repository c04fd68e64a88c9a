extends RefCounted
## Compares the members that scripts and the editor see of one of our classes with those of the built-in class that
## it replaces. Our class must have every built-in member; every additional one must be listed in EXTRAS.

const SUFFIX := "Rs"
## By built-in class: the required base of our class. An extension cannot derive from the abstract built-in classes
## themselves. ENetConnectionRs is a MultiplayerPeer in addition.
const BASES: Dictionary[String, String] = {
	"ENetMultiplayerPeer": "MultiplayerPeerExtension",
	"ENetConnection": "MultiplayerPeerExtension",
	"ENetPacketPeer": "PacketPeerExtension",
}
## Additional members: "class kind name" and the reason.
const EXTRAS: Dictionary[String, String] = {
	"ENetMultiplayerPeerRs property compression_mode": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_compression_mode": "belongs to that property",
	"ENetMultiplayerPeerRs method get_compression_mode": "belongs to that property",
	"ENetMultiplayerPeerRs property always_ordered": "exists in Godot 3",
	"ENetMultiplayerPeerRs property channel_count": "exists in Godot 3",
	"ENetMultiplayerPeerRs property server_relay": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_always_ordered": "belongs to that property",
	"ENetMultiplayerPeerRs method is_always_ordered": "belongs to that property",
	"ENetMultiplayerPeerRs method set_channel_count": "belongs to that property",
	"ENetMultiplayerPeerRs method get_channel_count": "belongs to that property",
	"ENetMultiplayerPeerRs method set_server_relay_enabled": "belongs to that property",
	"ENetMultiplayerPeerRs method is_server_relay_enabled": "belongs to that property",
	"ENetMultiplayerPeerRs method close_connection": "exists in Godot 3",
	"ENetMultiplayerPeerRs method get_last_packet_channel": "exists in Godot 3",
	"ENetMultiplayerPeerRs method get_peer_address": "exists in Godot 3",
	"ENetMultiplayerPeerRs method get_peer_port": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_peer_timeout": "exists in Godot 3",
	"ENetMultiplayerPeerRs signal connection_succeeded": "exists in Godot 3",
	"ENetMultiplayerPeerRs signal connection_failed": "exists in Godot 3",
	"ENetMultiplayerPeerRs signal server_disconnected": "exists in Godot 3",
	"ENetMultiplayerPeerRs enum CompressionMode": "exists in Godot 3",
	"ENetMultiplayerPeerRs property wire_protocol": "selects Godot 3's wire protocol",
	"ENetMultiplayerPeerRs method set_wire_protocol": "belongs to that property",
	"ENetMultiplayerPeerRs method get_wire_protocol": "belongs to that property",
	"ENetMultiplayerPeerRs enum WireProtocol": "belongs to that property",
	"ENetMultiplayerPeerRs method set_compression_dictionary": "for COMPRESS_ZSTD_DICT",
	"ENetMultiplayerPeerRs property use_dtls": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_dtls_enabled": "belongs to that property",
	"ENetMultiplayerPeerRs method is_dtls_enabled": "belongs to that property",
	"ENetMultiplayerPeerRs property dtls_verify": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_dtls_verify_enabled": "belongs to that property",
	"ENetMultiplayerPeerRs method is_dtls_verify_enabled": "belongs to that property",
	"ENetMultiplayerPeerRs property dtls_hostname": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_dtls_hostname": "belongs to that property",
	"ENetMultiplayerPeerRs method get_dtls_hostname": "belongs to that property",
	"ENetMultiplayerPeerRs method set_dtls_key": "exists in Godot 3",
	"ENetMultiplayerPeerRs method set_dtls_certificate": "exists in Godot 3",
	"ENetConnectionRs method set_compression_dictionary": "for COMPRESS_ZSTD_DICT",
	"ENetMultiplayerPeerRs property flush_mode": "controls when packets are sent",
	"ENetMultiplayerPeerRs method set_flush_mode": "belongs to that property",
	"ENetMultiplayerPeerRs method get_flush_mode": "belongs to that property",
	"ENetMultiplayerPeerRs enum FlushMode": "belongs to that property",
	"ENetMultiplayerPeerRs property threaded": "enables a network thread",
	"ENetMultiplayerPeerRs method set_threaded": "belongs to that property",
	"ENetMultiplayerPeerRs method is_threaded": "belongs to that property",
	"ENetMultiplayerPeerRs property stall_timeout": "ends the network thread's answers when the game hangs",
	"ENetMultiplayerPeerRs method set_stall_timeout": "belongs to that property",
	"ENetMultiplayerPeerRs method get_stall_timeout": "belongs to that property",
	"ENetMultiplayerPeerRs property connect_timeout": "limits the time of an attempt to connect",
	"ENetMultiplayerPeerRs method set_connect_timeout": "belongs to that property",
	"ENetMultiplayerPeerRs method get_connect_timeout": "belongs to that property",
	"ENetConnectionRs property threaded": "enables a network thread",
	"ENetConnectionRs method set_threaded": "belongs to that property",
	"ENetConnectionRs method is_threaded": "belongs to that property",
	"ENetConnectionRs property stall_timeout": "ends the network thread's answers when the game hangs",
	"ENetConnectionRs method set_stall_timeout": "belongs to that property",
	"ENetConnectionRs method get_stall_timeout": "belongs to that property",
	"ENetConnectionRs property connect_timeout": "limits the time of an attempt to connect",
	"ENetConnectionRs method set_connect_timeout": "belongs to that property",
	"ENetConnectionRs method get_connect_timeout": "belongs to that property",
	"ENetConnectionRs property flush_mode": "controls when packets are sent",
	"ENetConnectionRs method set_flush_mode": "belongs to that property",
	"ENetConnectionRs method get_flush_mode": "belongs to that property",
	"ENetMultiplayerPeerRs property limits": "limits on what remotes can cause",
	"ENetMultiplayerPeerRs method set_limits": "belongs to that property",
	"ENetMultiplayerPeerRs method get_limits": "belongs to that property",
	"ENetMultiplayerPeerRs property join_filter": "judges newcomers",
	"ENetMultiplayerPeerRs method set_join_filter": "belongs to that property",
	"ENetMultiplayerPeerRs method get_join_filter": "belongs to that property",
	"ENetMultiplayerPeerRs method ban_address": "the ban list",
	"ENetMultiplayerPeerRs method unban_address": "the ban list",
	"ENetMultiplayerPeerRs method get_banned_addresses": "the ban list",
	"ENetMultiplayerPeerRs method get_ban_time_left": "the ban list",
	"ENetMultiplayerPeerRs method get_dropped": "counts what was dropped",
	"ENetMultiplayerPeerRs method get_statistics": "figures of the network",
	"ENetMultiplayerPeerRs method add_monitors": "figures of the network as monitors",
	"ENetMultiplayerPeerRs method remove_monitors": "removes these monitors",
	"ENetMultiplayerPeerRs method _get_monitor": "gives the monitors their values",
	"ENetMultiplayerPeerRs method start_capture": "captures for Wireshark",
	"ENetMultiplayerPeerRs method stop_capture": "captures for Wireshark",
	"ENetMultiplayerPeerRs method is_capturing": "captures for Wireshark",
	"ENetConnectionRs property limits": "limits on what remotes can cause",
	"ENetConnectionRs method set_limits": "belongs to that property",
	"ENetConnectionRs method get_limits": "belongs to that property",
	"ENetConnectionRs property join_filter": "judges newcomers",
	"ENetConnectionRs method set_join_filter": "belongs to that property",
	"ENetConnectionRs method get_join_filter": "belongs to that property",
	"ENetConnectionRs method ban_address": "the ban list",
	"ENetConnectionRs method unban_address": "the ban list",
	"ENetConnectionRs method get_banned_addresses": "the ban list",
	"ENetConnectionRs method get_ban_time_left": "the ban list",
	"ENetConnectionRs method get_dropped": "counts what was dropped",
	"ENetConnectionRs method get_statistics": "figures of the network",
	"ENetConnectionRs method start_capture": "captures for Wireshark",
	"ENetConnectionRs method stop_capture": "captures for Wireshark",
	"ENetConnectionRs method is_capturing": "captures for Wireshark",
	"ENetMultiplayerPeerRs property connect_id": "chooses the id of a client",
	"ENetMultiplayerPeerRs method set_connect_id": "belongs to that property",
	"ENetMultiplayerPeerRs method get_connect_id": "belongs to that property",
	"ENetMultiplayerPeerRs method disconnect_peer_with_reason": "says why",
	"ENetMultiplayerPeerRs method get_disconnect_reason": "tells why",
	"ENetMultiplayerPeerRs method get_disconnect_data": "tells what was said",
	"ENetMultiplayerPeerRs method get_reason_text": "tells why, in words",
	"ENetMultiplayerPeerRs signal peer_disconnected_with_reason": "tells why",
	"ENetMultiplayerPeerRs signal connection_failed_with_reason": "tells why",
	"ENetMultiplayerPeerRs enum DisconnectReason": "why connections end",
	"ENetPacketPeerRs method get_disconnect_reason": "tells why",
	"ENetPacketPeerRs method get_disconnect_data": "tells what was said",
	"ENetMultiplayerPeerRs method quit_on_sigterm": "closes a server politely",
	"ENetMultiplayerPeerRs property datagram_suffix": "the token for a proxy",
	"ENetMultiplayerPeerRs method set_datagram_suffix": "belongs to that property",
	"ENetMultiplayerPeerRs method get_datagram_suffix": "belongs to that property",
	"ENetConnectionRs property datagram_suffix": "the token for a proxy",
	"ENetConnectionRs method set_datagram_suffix": "belongs to that property",
	"ENetConnectionRs method get_datagram_suffix": "belongs to that property",
	"ENetMultiplayerPeerRs property simulation": "simulates a bad network",
	"ENetMultiplayerPeerRs method set_simulation": "belongs to that property",
	"ENetMultiplayerPeerRs method get_simulation": "belongs to that property",
	"ENetMultiplayerPeerRs method get_extension_version": "lets the addon's scripts recognize a library of another version",
	"ENetMultiplayerPeerRs method set_peer_simulation": "simulates a bad network for one peer",
	"ENetMultiplayerPeerRs method simulate_spike": "simulates a lag spike",
	"ENetMultiplayerPeerRs method simulate_cut": "simulates a pulled cable",
	"ENetConnectionRs property simulation": "simulates a bad network",
	"ENetConnectionRs method set_simulation": "belongs to that property",
	"ENetConnectionRs method get_simulation": "belongs to that property",
	"ENetConnectionRs method set_peer_simulation": "simulates a bad network for one peer",
	"ENetConnectionRs method simulate_spike": "simulates a lag spike",
	"ENetConnectionRs method simulate_cut": "simulates a pulled cable",
	"ENetPacketPeerRs method get_dropped": "counts what was dropped",
	"ENetPacketPeerRs method get_statistics": "figures of the network",
	"ENetConnectionRs method get_socket_buffer_sizes": "the buffer sizes that the system allows",
	"ENetConnectionRs method train_dictionary": "trains such a dictionary",
	"ENetConnectionRs method record_datagrams": "records samples for training",
	"ENetConnectionRs method take_recorded_datagrams": "returns the samples",
	"ENetConnectionRs enum value CompressionMode.COMPRESS_LZ4=5": "an additional mode",
	"ENetConnectionRs enum value CompressionMode.COMPRESS_ZSTD_DICT=6": "an additional mode",
	"ENetMultiplayerPeerRs property metrics_port": "metrics for Prometheus",
	"ENetMultiplayerPeerRs method set_metrics_port": "belongs to that property",
	"ENetMultiplayerPeerRs method get_metrics_port": "belongs to that property",
	"ENetMultiplayerPeerRs property metrics_address": "metrics for Prometheus",
	"ENetMultiplayerPeerRs method set_metrics_address": "belongs to that property",
	"ENetMultiplayerPeerRs method get_metrics_address": "belongs to that property",
	"ENetMultiplayerPeerRs method observe_tick_time": "metrics for Prometheus",
}
## The keys that describe a method, without its name and id.
const METHOD_KEYS: Array[String] = ["flags", "default_args", "return", "args"]

## One entry per compared kind of member: the label, and the faults or an empty text.
var results: Array[PackedStringArray] = []

var _stock: String
var _ours: String
var _faults: Array[String] = []


## The classes that the extension registers for scripts.
static func own_classes() -> Array[String]:
	var classes: Array[String] = []
	for name in ClassDB.get_class_list():
		var is_own := ClassDB.class_get_api_type(name) in [ClassDB.API_EXTENSION, ClassDB.API_EDITOR_EXTENSION]
		if is_own and ClassDB.is_class_enabled(name) and name.ends_with(SUFFIX):
			classes.append(name)
	return classes


func compare(stock_class: String) -> void:
	_stock = stock_class
	_ours = stock_class + SUFFIX
	if not ClassDB.class_exists(_ours):
		_fault("there is no class %s" % _ours)
		_close("class")
		return
	_compare_class()
	_compare_methods(true)
	_compare_methods(false)
	_compare_properties()
	_compare_signals()
	_compare_enums()
	_compare_constants()
	_check_document()


## Names of additional members cannot be used in scripts that extend the class: docs/differences.md, D27, lists them.
func _check_document() -> void:
	var text := FileAccess.get_file_as_string("res://../../docs/differences.md")
	var section := text.get_slice("\n## D27 ", 1).get_slice("\n## ", 0)
	var list := section.get_slice("\n- `%s`: " % _ours, 1).get_slice("\n- ", 0)
	var count := 0
	for extra: String in EXTRAS:
		var words := extra.split(" ")
		if words[0] == _ours and words.size() == 3:
			count += 1
			if not list.contains("`%s`" % words[2]):
				_fault("D27 of docs/differences.md does not list %s" % words[2])
	_close("names in the document", count)


## A script's methods with the names of the engine's virtual ones replace those of our class. The extension warns of
## each, and D27 names them.
func compare_virtuals() -> void:
	var section := FileAccess.get_file_as_string("res://../../docs/differences.md").get_slice("\n## D27 ", 1)
	section = section.get_slice("\n## ", 0)
	var warned := FileAccess.get_file_as_string("res://../../rust/godot/src/overriding.rs")
	var count := 0
	for method in ClassDB.class_get_method_list("MultiplayerPeerExtension", true):
		var name: String = method["name"]
		var flags: int = method["flags"]
		if flags & METHOD_FLAG_VIRTUAL == 0:
			continue
		count += 1
		if not section.contains("`%s`" % name):
			_fault("D27 of docs/differences.md does not list %s" % name)
		if not warned.contains("\"%s\"" % name):
			_fault("rust/godot/src/overriding.rs does not list %s" % name)
	if count == 0:
		_fault("ClassDB lists no virtual methods")
	results.append(PackedStringArray(["virtual methods (%d)" % count, "; ".join(_faults)]))
	_faults.clear()


func _compare_class() -> void:
	_equal("base", str(ClassDB.get_parent_class(_ours)), BASES[_stock])
	_equal("can_instantiate", ClassDB.can_instantiate(_ours), ClassDB.can_instantiate(_stock))
	_equal("is_class_enabled", ClassDB.is_class_enabled(_ours), ClassDB.is_class_enabled(_stock))
	# Scripts may rely on the built-in base classes.
	for base: String in ["RefCounted", "PacketPeer", "MultiplayerPeer"]:
		if ClassDB.is_parent_class(_stock, base):
			_equal("is a %s" % base, ClassDB.is_parent_class(_ours, base), true)
	_close("class")


## Compares the class's own methods, or also inherited ones: our base may lack or hide one of those.
func _compare_methods(own: bool) -> void:
	var kind := "methods" if own else "methods with inherited ones"
	var ours := _by_name(ClassDB.class_get_method_list(_ours, own))
	var stock := _by_name(ClassDB.class_get_method_list(_stock, own))
	for name: String in stock:
		if not ours.has(name):
			_fault("%s is missing" % name)
			continue
		for key in METHOD_KEYS:
			_equal("%s %s" % [name, key], _told(ours[name].get(key)), _told(_mapped(stock[name].get(key))))
	if own:
		_judge_extras("method", ours, stock)
	_close(kind, stock.size())


func _compare_properties() -> void:
	var ours := _by_name(ClassDB.class_get_property_list(_ours, true))
	var stock := _by_name(ClassDB.class_get_property_list(_stock, true))
	for name: String in stock:
		if not ours.has(name):
			_fault("%s is missing" % name)
			continue
		_equal(name, _told(ours[name]), _told(_mapped(stock[name])))
		_equal(
			"%s getter" % name, ClassDB.class_get_property_getter(_ours, name),
			ClassDB.class_get_property_getter(_stock, name))
		_equal(
			"%s setter" % name, ClassDB.class_get_property_setter(_ours, name),
			ClassDB.class_get_property_setter(_stock, name))
	_judge_extras("property", ours, stock)
	_close("properties", stock.size())


## Includes inherited signals: peer_connected belongs to MultiplayerPeer.
func _compare_signals() -> void:
	var ours := _by_name(ClassDB.class_get_signal_list(_ours))
	var stock := _by_name(ClassDB.class_get_signal_list(_stock))
	for name: String in stock:
		if not ours.has(name):
			_fault("%s is missing" % name)
			continue
		_equal("%s args" % name, ours[name].get("args"), _mapped(stock[name].get("args")))
	_judge_extras("signal", _by_name(ClassDB.class_get_signal_list(_ours, true)), stock)
	_close("signals", stock.size())


func _compare_enums() -> void:
	var ours := ClassDB.class_get_enum_list(_ours, true)
	var stock := ClassDB.class_get_enum_list(_stock, true)
	for name in stock:
		if not ours.has(name):
			_fault("%s is missing" % name)
			continue
		# Our enum may have additional values at its end.
		var stock_values := _enum_values(_stock, name)
		var own_values := _enum_values(_ours, name)
		_equal("%s values" % name, own_values.slice(0, stock_values.size()), stock_values)
		for value: String in own_values.slice(stock_values.size()):
			_judge_extra("enum value", "%s.%s" % [name, value])
		_equal(
			"%s is a bit field" % name, ClassDB.is_class_enum_bitfield(_ours, name, true),
			ClassDB.is_class_enum_bitfield(_stock, name, true))
	for name in ours:
		if not stock.has(name):
			_judge_extra("enum", name)
	_close("enums", stock.size())


## Compares constants that belong to no enum. Those of enums are compared above.
func _compare_constants() -> void:
	var ours := _loose_constants(_ours)
	var stock := _loose_constants(_stock)
	for name: String in stock:
		_equal(name, ours.get(name), stock[name])
	_judge_extras("constant", ours, stock)
	_close("constants", stock.size())


func _judge_extras(kind: String, ours: Dictionary, stock: Dictionary) -> void:
	for name: String in ours:
		if not stock.has(name):
			_judge_extra(kind, name)


func _judge_extra(kind: String, name: String) -> void:
	var label := "%s %s %s" % [_ours, kind, name]
	if EXTRAS.has(label):
		print("additional: %s (%s)" % [label, EXTRAS[label]])
	else:
		_fault("%s %s is neither in the built-in class nor in EXTRAS" % [kind, name])


## In declaration order, as the editor shows them.
static func _enum_values(of_class: String, of_enum: String) -> Array[String]:
	var values: Array[String] = []
	for name in ClassDB.class_get_enum_constants(of_class, of_enum, true):
		values.append("%s=%d" % [name, ClassDB.class_get_integer_constant(of_class, name)])
	return values


static func _loose_constants(of_class: String) -> Dictionary[String, int]:
	var loose: Dictionary[String, int] = {}
	for name in ClassDB.class_get_integer_constant_list(of_class, true):
		if ClassDB.class_get_integer_constant_enum(of_class, name, true).is_empty():
			loose[name] = ClassDB.class_get_integer_constant(of_class, name)
	return loose


static func _by_name(members: Array[Dictionary]) -> Dictionary[String, Dictionary]:
	var by_name: Dictionary[String, Dictionary] = {}
	for member in members:
		var name: String = member["name"]
		# Virtual methods of a base belong to the engine.
		if not name.begins_with("_"):
			by_name[name] = member
	return by_name


## The built-in class's description with our class names.
static func _mapped(value: Variant) -> Variant:
	if value is String or value is StringName:
		return with_our_names(str(value))
	if value is Array:
		var list: Array = value
		return list.map(func(item: Variant) -> Variant: return _mapped(item))
	if value is Dictionary:
		var dictionary: Dictionary = value
		var copy := {}
		for key: String in dictionary:
			copy[key] = dictionary[key] if key == "name" else _mapped(dictionary[key])
		return copy
	return value


## The description without the resource hint that the C++ binding adds to each object. The hint's text is the class
## name, which the description contains anyway.
static func _told(value: Variant) -> Variant:
	if value is Array:
		var list: Array = value
		return list.map(func(item: Variant) -> Variant: return _told(item))
	if value is Dictionary:
		var dictionary: Dictionary = value
		var is_hinted: bool = (
			dictionary.get("hint") == PROPERTY_HINT_RESOURCE_TYPE
			and str(dictionary.get("hint_string")) == str(dictionary.get("class_name")))
		return dictionary.merged({"hint": 0, "hint_string": ""}, true) if is_hinted else dictionary
	return value


## Replaces the built-in class names in any text, also a script's, with ours.
static func with_our_names(text: String) -> String:
	var names := RegEx.create_from_string("\\bENet(MultiplayerPeer|Connection|PacketPeer)\\b")
	return names.sub(text, "$0" + SUFFIX, true)


func _equal(what: String, actual: Variant, expected: Variant) -> void:
	# Compared as text, so that StringName equals String and a null object equals null.
	if _text(actual) != _text(expected):
		_fault("%s: expected %s, got %s" % [what, _text(expected), _text(actual)])


static func _text(value: Variant) -> String:
	return str(value).replace("&\"", "\"").replace("<Object#null>", "<null>")


func _fault(what: String) -> void:
	_faults.append(what)


func _close(kind: String, compared: int = 1) -> void:
	var label := "%s %s (%d)" % [_ours, kind, compared]
	results.append(PackedStringArray([label, "; ".join(_faults)]))
	_faults.clear()
