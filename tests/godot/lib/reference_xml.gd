extends RefCounted
## Reads a class from the XML that Godot's `--doctool` writes.

## The lists of members, and what an entry of each is called.
const LISTS := { "methods": "method", "members": "member", "signals": "signal", "constants": "constant" }


## The class's attributes and texts, and its lists: Arrays of Dictionaries with "text", and for calls "params", an Array,
## and "return", a Dictionary. Empty if the file has no class.
static func read(path: String) -> Dictionary:
	var parser := XMLParser.new()
	if parser.open(path) != OK:
		return {}
	var found := {}
	var entry := {}
	var params: Array[Dictionary] = []
	var lists: Dictionary[String, Array] = {}
	var text := ""
	while parser.read() == OK:
		match parser.get_node_type():
			XMLParser.NODE_ELEMENT:
				var tag := parser.get_node_name()
				text = ""
				if tag == "class":
					found = _attributes(parser)
					for list: String in LISTS:
						lists[list] = []
						found[list] = lists[list]
				elif LISTS.values().has(tag):
					entry = _attributes(parser)
					params = []
					entry["params"] = params
					if parser.is_empty():
						lists[_list_of(tag)].append(entry)
				elif tag == "param":
					params.append(_attributes(parser))
				elif tag == "return":
					entry["return"] = _attributes(parser)
			XMLParser.NODE_TEXT:
				text += parser.get_node_data()
			XMLParser.NODE_ELEMENT_END:
				var tag := parser.get_node_name()
				if LISTS.values().has(tag):
					if tag in ["member", "constant"]:
						entry["text"] = _trimmed(text)
					lists[_list_of(tag)].append(entry)
					entry = {}
				elif tag == "description" and not entry.is_empty():
					entry["text"] = _trimmed(text)
				elif tag in ["brief_description", "description"]:
					found[tag] = _trimmed(text)
				text = ""
	return found


static func _list_of(tag: String) -> String:
	return LISTS.find_key(tag)


static func _attributes(parser: XMLParser) -> Dictionary:
	var attributes := {}
	for index in parser.get_attribute_count():
		attributes[parser.get_attribute_name(index)] = parser.get_attribute_value(index).xml_unescape()
	return attributes


## The text without the file's indentation.
static func _trimmed(text: String) -> String:
	return text.xml_unescape().dedent().strip_edges()
