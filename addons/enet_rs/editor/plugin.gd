@tool
extends EditorPlugin
## Adds the tab "ENet" to the editor's debugger, and says what is wrong if the extension's library does not load. The classes
## of the extension work without this plugin.

const LibraryRs := preload("library.gd")

var _debugger: EditorDebuggerPlugin
var _exporter: EditorExportPlugin
var _notice: AcceptDialog


func _enter_tree() -> void:
	var library := LibraryRs.new()
	var problem := library.problem()
	if not problem.is_empty():
		_tell(problem)
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
	var script: GDScript = load(get_script().resource_path.get_base_dir().path_join(file))
	return script.new()


## Prints the problem as an error, and shows it in a window once the editor is there.
func _tell(problem: String) -> void:
	push_error("enet_rs: " + problem)
	if DisplayServer.get_name() == "headless":
		return
	_notice = AcceptDialog.new()
	_notice.title = "enet_rs: the extension is not usable"
	_notice.dialog_text = problem
	_notice.dialog_autowrap = true
	_notice.exclusive = false
	get_editor_interface().get_base_control().add_child(_notice)
	while get_editor_interface().get_resource_filesystem().is_scanning():
		await get_tree().process_frame
	if is_instance_valid(_notice):
		_notice.popup_centered(Vector2i(560, 0) * get_editor_interface().get_editor_scale())
