extends "res://lib/suite.gd"
## Every member of Godot 3's class, as reported by a real Godot 3, exists in our class, or there is a reason.

const Godot3 := preload("res://lib/godot3.gd")

const TYPES: Dictionary[int, String] = {
	TYPE_NIL: "void", TYPE_BOOL: "bool", TYPE_INT: "int", TYPE_STRING: "String", TYPE_PACKED_BYTE_ARRAY: "bytes",
}
## Class names that do not count as differences.
const NAMES: Dictionary[String, String] = {"NetworkedMultiplayerENet": "ENetMultiplayerPeerRs", "NetworkedMultiplayerPeer": "MultiplayerPeer"}
const MISSING := "missing"
## Intended differences and our version of the member. Where the two Godot versions disagree, Godot 4's signature is
## used; docs/migrating-from-godot3.md explains each of them.
const INTENDED: Dictionary[String, String] = {
	"method create_server":
		"(port: int, max_clients: int = 32, max_channels: int = 0, in_bandwidth: int = 0, out_bandwidth: int = 0) -> Error",
	"method create_client":
		"(address: String, port: int, channel_count: int = 0, in_bandwidth: int = 0, out_bandwidth: int = 0, local_port: int = 0) -> Error",
	"method disconnect_peer": "(peer: int, force: bool = false) -> void",
	# A server of Godot 4 would understand no other default.
	"property compression_mode": "ENetMultiplayerPeerRs.CompressionMode = 0",
	"property transfer_channel": "int = 0",
	# Members of PacketPeer, which Godot 4 replaced by arguments of get_var and put_var.
	"method set_allow_object_decoding": MISSING,
	"method is_object_decoding_allowed": MISSING,
	"property allow_object_decoding": MISSING,
}

var _ours: StringName


func reason_to_skip() -> String:
	if not Godot3.is_there():
		return "the variable GODOT3 is not set to a Godot 3"
	return "" if client_class.ends_with("Rs") and client_class == server_class else "only our class is compared"


func case_every_member() -> void:
	_ours = client_class
	var theirs := Godot3.surface()
	# A minimum count, because a comparison without members would always pass.
	check(theirs.size() >= 70, "number of members that Godot 3 reports: %d" % theirs.size())
	var met: Array[String] = []
	for member: String in theirs:
		var expected: String = theirs[member]
		for name in NAMES:
			expected = expected.replace(name, NAMES[name])
		var own := _told(member)
		if own == expected:
			check(not INTENDED.has(member), "%s is listed as a difference, but there is none" % member)
		else:
			met.append(member)
			equal(own, INTENDED.get(member, expected), member)
	for member in INTENDED:
		check(met.has(member), "%s is listed, but Godot 3 has no such member" % member)
	done()


## Our member of this name, in the form in which the script in Godot 3 reports its own, or MISSING.
func _told(member: String) -> String:
	var kind := member.get_slice(" ", 0)
	var name := member.get_slice(" ", 1)
	match kind:
		"method":
			var method := _named(ClassDB.class_get_method_list(_ours), name)
			return MISSING if method.is_empty() else _method(method)
		"property":
			var property := _named(ClassDB.class_get_property_list(_ours), name)
			if property.is_empty():
				return MISSING
			var peer: MultiplayerPeer = ClassDB.instantiate(_ours)
			return "%s = %s" % [_type(property), _value(peer.get(name))]
		"signal":
			var told := _named(ClassDB.class_get_signal_list(_ours), name)
			return MISSING if told.is_empty() else "(%s)" % _arguments(told)
		_:
			if not ClassDB.class_get_integer_constant_list(_ours).has(name):
				return MISSING
			var number := ClassDB.class_get_integer_constant(_ours, name)
			return "%s %d" % [ClassDB.class_get_integer_constant_enum(_ours, name), number]


func _named(members: Array[Dictionary], name: String) -> Dictionary:
	for member in members:
		if member["name"] == name:
			return member
	return {}


func _method(method: Dictionary) -> String:
	var flags: int = method["flags"]
	var returned: Dictionary = method["return"]
	var end := " const" if flags & METHOD_FLAG_CONST else ""
	return "(%s) -> %s%s" % [_arguments(method), _type(returned), end]


func _arguments(method: Dictionary) -> String:
	var texts := PackedStringArray()
	var arguments: Array = method["args"]
	var defaults: Array = method["default_args"]
	for index in arguments.size():
		var argument: Dictionary = arguments[index]
		var text := "%s: %s" % [argument["name"], _type(argument)]
		var default := index - (arguments.size() - defaults.size())
		if default >= 0:
			text += " = " + _value(defaults[default])
		texts.append(text)
	return ", ".join(texts)


func _type(member: Dictionary) -> String:
	var type: int = member["type"]
	var usage: int = member["usage"]
	var of_class := str(member["class_name"])
	if not of_class.is_empty():
		return of_class
	if type == TYPE_NIL and usage & PROPERTY_USAGE_NIL_IS_VARIANT:
		return "Variant"
	return TYPES.get(type, str(type))


func _value(value: Variant) -> String:
	return '"%s"' % value if value is String else str(value)
