@tool
extends EditorPlugin
## Adds the tab "ENet" to the editor's debugger, and says what is wrong if the extension's library does not load. The classes
## of the extension work without this plugin.

const LibraryRs := preload("library.gd")

## The folder of the addon, which need not be the one of the package.
var _folder := _own_folder()
var _debugger: EditorDebuggerPlugin
var _exporter: EditorExportPlugin
var _notice: AcceptDialog


func _enter_tree() -> void:
	var library := LibraryRs.new(_folder)
	var problem := library.problem()
	if not problem.is_empty():
		push_error("enet_rs: " + problem)
	if library.is_engine_too_old():
		# Such an engine cannot read the other scripts.
		return
	_exporter = _made("export.gd")
	add_export_plugin(_exporter)
	_debugger = _made("debugger.gd")
	add_debugger_plugin(_debugger)


func _exit_tree() -> void:
	if _debugger != null:
		_debugger.call(&"end")
		remove_debugger_plugin(_debugger)
	if _exporter != null:
		remove_export_plugin(_exporter)
	if _notice != null:
		_notice.queue_free()


func _made(file: String) -> Object:
	var script: GDScript = load(_folder.path_join("editor").path_join(file))
	return script.new()


func _own_folder() -> String:
	var script: Script = get_script()
	return script.resource_path.get_base_dir().get_base_dir()


## Shows the problem once the editor is there. A coroutine that waits for that would end when the first scan reloads scripts.
func _process(_delta: float) -> void:
	if EditorInterface.get_resource_filesystem().is_scanning():
		return
	set_process(false)
	var problem := LibraryRs.new(_folder).problem()
	if problem.is_empty() or DisplayServer.get_name() == "headless":
		return
	_notice = AcceptDialog.new()
	_notice.title = "enet_rs: a problem with the addon"
	_notice.dialog_text = problem
	_notice.dialog_autowrap = true
	_notice.exclusive = false
	EditorInterface.get_base_control().add_child(_notice)
	_notice.popup_centered(Vector2i(Vector2(560, 160) * EditorInterface.get_editor_scale()))
