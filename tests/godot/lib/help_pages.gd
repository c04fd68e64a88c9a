extends RefCounted
## The editor's help pages on our classes. Only an editor reads an extension's documentation, and it shows the texts
## on these pages only.

const Surface := preload("res://lib/surface.gd")

const LIMIT_MSEC := 20_000
const SHORTEST := 8
## What follows the last member of a kind.
const HEADINGS: PackedStringArray = ["Signals", "Enumerations", "Constants", "Property Descriptions", "Method Descriptions"]

## As in lib/surface.gd.
var results: Array[PackedStringArray] = []

var _tree: SceneTree


func _init(tree: SceneTree) -> void:
	_tree = tree


func read(of_class: String) -> void:
	if not Engine.is_editor_hint():
		results.append(PackedStringArray(["help on %s" % of_class, "the help exists in an editor only, and --editor is missing"]))
		return
	if not ClassDB.class_exists(of_class):
		results.append(PackedStringArray(["help on %s" % of_class, "there is no such class"]))
		return
	var lines := (await _page(of_class)).split("\n", false)
	_judge(of_class, "class", [of_class], func(_name: String) -> String: return _class_text(lines))
	# The headings of groups are listed as properties, too.
	var properties := _names(ClassDB.class_get_property_list(of_class, true).filter(
		func(property: Dictionary) -> bool: return property["usage"] & PROPERTY_USAGE_GROUP == 0))
	# The help lists a getter only with its property.
	var getters := properties.map(
		func(name: String) -> String: return ClassDB.class_get_property_getter(of_class, name))
	var setters := properties.map(
		func(name: String) -> String: return ClassDB.class_get_property_setter(of_class, name))
	var methods := _names(ClassDB.class_get_method_list(of_class, true)).filter(
		func(name: String) -> bool: return not getters.has(name) and not setters.has(name))
	var called := func(name: String) -> String: return _text_below(lines, "%s\\(" % name)
	_judge(of_class, "methods", methods, called)
	var told_arguments := func(name: String) -> String: return _arguments_in(of_class, _all_below(lines, "%s\\(" % name), name)
	_judge_by(of_class, "methods' arguments", methods, "the text does not name the arguments of %s", told_arguments)
	_judge(of_class, "signals", _names(ClassDB.class_get_signal_list(of_class, true)), called)
	# The page's text has no space between a property's type, name and accessors.
	var heading := "\\w*%s(\\b|set_|get_|is_)"
	_judge(of_class, "properties", properties, func(name: String) -> String: return _text_below(lines, heading % name))
	var default_of := func(name: String) -> String: return _default_in(of_class, _all_below(lines, heading % name), name)
	_judge_by(of_class, "properties' defaults", properties, "no default in the text of %s", default_of)
	var constants := Array(ClassDB.class_get_integer_constant_list(of_class, true))
	_judge(of_class, "constants", constants, func(name: String) -> String: return _text_below(lines, name + "\\b"))


## The page as text, once the editor has laid it out.
func _page(of_class: String) -> String:
	var interface := Engine.get_singleton(&"EditorInterface")
	var script_editor: Node = interface.call(&"get_script_editor")
	var deadline := Time.get_ticks_msec() + LIMIT_MSEC
	while Time.get_ticks_msec() < deadline:
		# The help is generated in the background, and a page requested earlier stays empty.
		script_editor.call(&"goto_help", "class_name:" + of_class)
		await _tree.process_frame
		for page in script_editor.find_children(of_class, "EditorHelp", true, false):
			for label: RichTextLabel in page.find_children("*", "RichTextLabel", true, false):
				if label.is_finished() and label.get_parsed_text().contains("Class:"):
					return label.get_parsed_text()
	return ""


func _judge(of_class: String, kind: String, names: Array, text_of: Callable) -> void:
	_judge_by(of_class, kind, names, "no description of %s", text_of)


func _judge_by(of_class: String, kind: String, names: Array, complaint: String, text_of: Callable) -> void:
	if names.is_empty():
		return
	var missing: Array[String] = []
	for name: String in names:
		var text: String = text_of.call(name)
		if text.length() < SHORTEST or text.contains("There is currently no description"):
			missing.append(name)
	var reason := "" if missing.is_empty() else complaint % ", ".join(missing)
	results.append(PackedStringArray(["help on %s: %s (%d)" % [of_class, kind, names.size()], reason]))


## The text between the headings "Description" and the next one.
static func _class_text(lines: PackedStringArray) -> String:
	var index := Array(lines).find("Description")
	return "" if index < 0 or index + 1 >= lines.size() else lines[index + 1].strip_edges()


## Each member is on a line with a bullet; its text is indented on the next line.
static func _text_below(lines: PackedStringArray, heading_part: String) -> String:
	var heading := RegEx.create_from_string("^\\s*●.*\\b" + heading_part)
	for index in lines.size() - 1:
		if heading.search(lines[index]) == null:
			continue
		var text := lines[index + 1]
		return "" if text.strip_edges().begins_with("●") or not text.begins_with("\t") else text.strip_edges()
	return ""


## All paragraphs of a member.
static func _all_below(lines: PackedStringArray, heading_part: String) -> String:
	var heading := RegEx.create_from_string("^\\s*●.*\\b" + heading_part)
	var text := ""
	for index in lines.size():
		if heading.search(lines[index]) == null:
			continue
		for below in range(index + 1, lines.size()):
			# Only the first paragraph is indented.
			if lines[below].strip_edges().begins_with("●") or lines[below] in HEADINGS:
				break
			text += lines[below] + "\n"
	return text


## The text if it says what the property is by default, or that it cannot be set.
static func _default_in(of_class: String, text: String, name: String) -> String:
	var is_fixed := ClassDB.class_get_property_setter(of_class, name).is_empty() and text.contains("read-only")
	var is_told := is_fixed or RegEx.create_from_string("(?i)\\bdefaults?\\b").search(text) != null
	return text if is_told else ""


## The text if it names all arguments of the method.
static func _arguments_in(of_class: String, text: String, name: String) -> String:
	for method in ClassDB.class_get_method_list(of_class, true):
		if method["name"] != name:
			continue
		for argument: Dictionary in method["args"]:
			if RegEx.create_from_string("\\b%s\\b" % argument["name"]).search(text) == null:
				return ""
	return text


static func _names(members: Array[Dictionary]) -> Array[String]:
	var names: Array[String] = []
	for member in members:
		var name: String = member["name"]
		if not name.begins_with("_"):
			names.append(name)
	return names
