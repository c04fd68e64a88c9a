extends SceneTree
## Makes Markdown pages of the XML files that `--doctool` writes:
##   --script res://reference.gd -- FOLDER_FOR_PAGES FILE.xml...
## `cargo xtask docs --reference` runs it. The last line of the output is `N pages`.

const Page := preload("res://lib/reference_page.gd")
const Xml := preload("res://lib/reference_xml.gd")


func _initialize() -> void:
	var words := OS.get_cmdline_user_args()
	var folder := words[0]
	var classes: Array[Dictionary] = []
	for path in words.slice(1):
		var found := Xml.read(path)
		if found.is_empty():
			push_error("%s has no class" % path)
			quit(1)
			return
		classes.append(found)
	var names := classes.map(func(entry: Dictionary) -> String: return str(entry["name"]))
	for entry in classes:
		_write(folder.path_join("%s.md" % entry["name"]), Page.new(entry, names).text())
	_write(folder.path_join("README.md"), _contents(classes, names))
	print("%d pages" % (classes.size() + 1))
	quit()


func _contents(classes: Array[Dictionary], names: Array) -> String:
	var text := "# Class reference\n\nThe help of the editor (F1), as pages. `cargo xtask docs --reference` writes them.\n\n| class | |\n|---|---|\n"
	for entry in classes:
		var brief := Page.new(entry, names).markdown(str(entry["brief_description"]))
		text += "| [%s](%s.md) | %s |\n" % [entry["name"], entry["name"], brief]
	return text


func _write(path: String, text: String) -> void:
	var file := FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		push_error("%s: %s" % [path, error_string(FileAccess.get_open_error())])
		quit(1)
		return
	file.store_string(text)
