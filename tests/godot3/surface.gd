extends SceneTree
# Prints the members of NetworkedMultiplayerENet and its bases that scripts can see, as one line of JSON. Each member
# has a text in the form that the Godot 4 suite "godot3_surface" uses.

const CLASSES := ["NetworkedMultiplayerENet", "NetworkedMultiplayerPeer", "PacketPeer"]
const TYPES := {
	TYPE_NIL: "void", TYPE_BOOL: "bool", TYPE_INT: "int", TYPE_STRING: "String", TYPE_RAW_ARRAY: "bytes",
}
const CONST_FLAG := 8
# Marks a Variant of any type, for which GDScript has no name.
const ANY_TYPE_USAGE := 524288


func _init() -> void:
	var members := {}
	var peer := NetworkedMultiplayerENet.new()
	for name in CLASSES:
		for method in ClassDB.class_get_method_list(name, true):
			# Virtual methods belong to the engine.
			if not method.name.begins_with("_"):
				members["method " + method.name] = _method(method)
		for property in ClassDB.class_get_property_list(name, true):
			# The property list also contains groups.
			if property.name in peer:
				members["property " + property.name] = "%s = %s" % [_type(property), _value(peer.get(property.name))]
		for told in ClassDB.class_get_signal_list(name, true):
			members["signal " + told.name] = "(%s)" % _arguments(told)
		for enumeration in ClassDB.class_get_enum_list(name, true):
			for value in ClassDB.class_get_enum_constants(name, enumeration, true):
				members["value " + value] = "%s %d" % [enumeration, ClassDB.class_get_integer_constant(name, value)]
		for constant in ClassDB.class_get_integer_constant_list(name, true):
			if not members.has("value " + constant):
				members["value " + constant] = " %d" % ClassDB.class_get_integer_constant(name, constant)
	print(JSON.print(members))
	quit()


func _method(method: Dictionary) -> String:
	var end := " const" if method.flags & CONST_FLAG else ""
	return "(%s) -> %s%s" % [_arguments(method), _type(method["return"]), end]


func _arguments(method: Dictionary) -> String:
	var texts := PoolStringArray()
	var first_default: int = method.args.size() - method.default_args.size()
	for index in method.args.size():
		var argument: Dictionary = method.args[index]
		var text := "%s: %s" % [argument.name, _type(argument)]
		if index >= first_default:
			text += " = " + _value(method.default_args[index - first_default])
		texts.append(text)
	return texts.join(", ")


func _type(member: Dictionary) -> String:
	if not member["class_name"].empty():
		return member["class_name"]
	if member.type == TYPE_NIL and member.usage & ANY_TYPE_USAGE:
		return "Variant"
	return TYPES.get(member.type, str(member.type))


func _value(value) -> String:
	return str(value).to_lower() if value is bool else '"%s"' % value if value is String else str(value)
