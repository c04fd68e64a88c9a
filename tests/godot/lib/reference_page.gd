extends RefCounted
## A class's help as a page in Markdown.

const CODE := { "param": true, "annotation": true, "theme_item": true, "operator": true }
const LINKED := { "member": true, "method": true, "signal": true, "constant": true, "enum": true }
const STYLES := { "b": "**", "/b": "**", "i": "*", "/i": "*", "br": "\n\n", "lb": "[", "rb": "]", "ul": "\n", "/ul": "\n", "ol": "\n", "/ol": "\n", "gdscript": "", "codeblocks": "", "/codeblocks": "" }

var _entry: Dictionary
## The classes that have a page.
var _names: Array


func _init(entry: Dictionary, names: Array) -> void:
	_entry = entry
	_names = names


func text() -> String:
	var page := "# %s\n\nInherits %s.\n\n" % [_entry["name"], _class_link(str(_entry.get("inherits", "RefCounted")))]
	page += markdown(str(_entry["brief_description"])) + "\n"
	if not str(_entry["description"]).is_empty():
		page += "\n%s\n" % markdown(str(_entry["description"]))
	page += _section("Properties", "members", _property)
	page += _section("Methods", "methods", _call)
	page += _section("Signals", "signals", _call)
	page += _constants()
	return page


func _section(title: String, list: String, heading: Callable) -> String:
	var entries: Array = _entry[list]
	var section := ""
	for entry: Dictionary in entries:
		# Scripts list what the engine calls, too, without a text.
		if str(entry.get("text", "")).is_empty():
			continue
		if section.is_empty():
			section = "\n## %s\n" % title
		section += "\n### %s\n\n`%s`\n\n%s\n" % [entry["name"], heading.call(entry), markdown(str(entry["text"]))]
	return section


func _property(entry: Dictionary) -> String:
	var line := "%s: %s" % [entry["name"], _type(entry)]
	return "%s = %s" % [line, entry["default"]] if entry.has("default") else line


func _call(entry: Dictionary) -> String:
	var params: Array[String] = []
	var given: Array = entry["params"]
	for param: Dictionary in given:
		params.append(_property(param))
	var line := "%s(%s)" % [entry["name"], ", ".join(params)]
	if not entry.has("return"):
		return line
	var returned: Dictionary = entry["return"]
	line += " -> " + _type(returned)
	return "static " + line if str(entry.get("qualifiers", "")).contains("static") else line


func _type(entry: Dictionary) -> String:
	var type := str(entry.get("enum", entry["type"]))
	return "Array[%s]" % type.trim_suffix("[]") if type.ends_with("[]") else type


func _constants() -> String:
	var enums: Dictionary[String, Array] = {}
	var constants: Array = _entry["constants"]
	for entry: Dictionary in constants:
		var of_enum := str(entry.get("enum", ""))
		if not enums.has(of_enum):
			enums[of_enum] = []
		# Of a script, the list also has what it loads, and its inner constants and enums, without a text.
		if not str(entry.get("text", "")).is_empty() or (not of_enum.is_empty() and not of_enum.ends_with("Rs")):
			enums[of_enum].append(entry)
	var section := ""
	for of_enum in enums:
		if enums[of_enum].is_empty():
			continue
		section += "\n## Constants\n" if of_enum.is_empty() else "\n## enum %s\n" % of_enum
		section += "\n| name | value | |\n|---|---|---|\n"
		for entry: Dictionary in enums[of_enum]:
			var words := markdown(str(entry.get("text", ""))).replace("\n\n", "<br>").replace("\n", " ").replace("|", "\\|")
			section += "| `%s` | %s | %s |\n" % [entry["name"], entry["value"], words]
	return section


## Godot's BBCode as Markdown.
func markdown(bbcode: String) -> String:
	var made := ""
	var at := 0
	while at < bbcode.length():
		var start := bbcode.find("[", at)
		var end := bbcode.find("]", start)
		if start < 0 or end < 0:
			break
		made += _escaped(bbcode.substr(at, start - at))
		var tag := bbcode.substr(start + 1, end - start - 1)
		at = end + 1
		var kind := tag.get_slice(" ", 0).get_slice("=", 0)
		if kind in ["code", "codeblock", "csharp", "kbd", "url"]:
			var close := bbcode.find("[/%s]" % kind, at)
			if close < 0:
				push_error("%s: [%s] without an end" % [_entry["name"], tag])
				return ""
			made += _verbatim(tag, kind, bbcode.substr(at, close - at))
			at = close + kind.length() + 3
		elif STYLES.has(tag):
			made += STYLES[tag]
		elif tag == "li":
			made += "\n- "
		elif tag != "/li" and tag != "/gdscript":
			made += _reference(tag)
	made += _escaped(bbcode.substr(at))
	var blank := RegEx.create_from_string("[ \\t]*\\n[ \\t]*\\n\\s*\\n*")
	# Within code, empty lines and indentation stay.
	var parts := made.split("```")
	for index in range(0, parts.size(), 2):
		parts[index] = blank.sub(parts[index], "\n\n", true)
	return "```".join(parts).strip_edges()


func _verbatim(tag: String, kind: String, inner: String) -> String:
	match kind:
		"codeblock":
			var language := "gdscript" if not tag.contains("lang=") else tag.get_slice("lang=", 1)
			return "\n\n```%s\n%s\n```\n\n" % [language, _code(inner)]
		"csharp":
			return "\n\n```csharp\n%s\n```\n\n" % _code(inner)
		"url":
			return "[%s](%s)" % [inner, tag.trim_prefix("url=") if tag.contains("=") else inner]
	return "`%s`" % inner


## The code without the indentation of its surroundings. In the help of methods, the bindings indent all lines of code but the first
## by two spaces.
func _code(inner: String) -> String:
	var code := inner.dedent().strip_edges()
	var lines := code.split("\n")
	var rest := "\n".join(lines.slice(1)).dedent()
	var is_shifted := lines.size() > 1 and ("\n" + code).contains("\n" + " ".repeat(2) + rest.get_slice("\n", 0))
	return "%s\n%s" % [lines[0], rest] if is_shifted else code


## What a tag such as [member name] or [Node] refers to.
func _reference(tag: String) -> String:
	var kind := tag.get_slice(" ", 0)
	var name := tag.get_slice(" ", 1)
	if CODE.has(kind):
		return "`%s`" % name
	if not LINKED.has(kind):
		return _class_link(tag)
	var of_class: String = name.get_slice(".", 0) if name.contains(".") else _entry["name"]
	var member := name.get_slice(".", 1) if name.contains(".") else name
	var shown := "`%s`" % (name + "()" if kind == "method" else name)
	if not _names.has(of_class):
		return shown
	var page := "" if of_class == _entry["name"] else of_class + ".md"
	match kind:
		"constant":
			return shown
		"enum":
			return "[%s](%s#enum-%s)" % [shown, page, member.to_lower()]
	return "[%s](%s#%s)" % [shown, page, member.to_lower()]


func _class_link(name: String) -> String:
	return "[%s](%s.md)" % [name, name] if _names.has(name) else "`%s`" % name


func _escaped(plain: String) -> String:
	return plain.replace("<", "&lt;").replace("*", "\\*")
