@tool
extends EditorPlugin
## Adds the tab "ENet" to the editor's debugger. The classes of the extension work without it.

const DebuggerRs := preload("debugger.gd")

var _debugger: DebuggerRs


func _enter_tree() -> void:
	_debugger = DebuggerRs.new()
	add_debugger_plugin(_debugger)


func _exit_tree() -> void:
	_debugger.end()
	remove_debugger_plugin(_debugger)
