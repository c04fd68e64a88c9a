extends RefCounted
## Compiles and runs conformance/typed_use.gd with the built-in classes and with ours.

const ErrorLog := preload("res://lib/error_log.gd")
const Ports := preload("res://lib/ports.gd")
const Surface := preload("res://lib/surface.gd")

const SOURCE := "res://conformance/typed_use.gd"
const WARNINGS := "debug/gdscript/warnings/"
## Warnings that the script causes on purpose: inferred types, as most programs have them.
const WANTED_WARNINGS: Array[String] = ["inferred_declaration"]
const AS_ERROR := 2
## Each line must be rejected with either class for the same reason. Otherwise compiling would prove nothing.
const WRONG_LINES: Array[String] = [
	"var wrong: ENetPacketPeer = ENetConnection.new()",
	"var wrong: int = ENetConnection.new().connect_to_host(\"\", 1).no_such_method()",
	"var wrong: String = ENetConnection.new().get_peers()[0].get_state()",
	"var wrong: ENetConnection.CompressionMode = ENetPacketPeer.STATE_ZOMBIE",
	"ENetConnection.new().compress(ENetPacketPeer.STATE_ZOMBIE)",
	"ENetMultiplayerPeer.new().add_mesh_peer(5, ENetMultiplayerPeer.new())",
	"ENetMultiplayerPeer.new().host = null",
	"var wrong: Array[ENetConnection] = ENetConnection.new().get_peers()",
	"ENetPacketPeer.STATE_ZOMBIE = 5",
]

## As in lib/surface.gd.
var results: Array[PackedStringArray] = []
## Number of errors expected and seen.
var error_count := 0

var _errors := ErrorLog.make()


func run() -> void:
	_make_warnings_errors()
	var source := FileAccess.get_file_as_string(SOURCE)
	var stock := _run_one("with the built-in classes", source)
	var ours := _run_one("with ours", Surface.with_our_names(source))
	var same := stock == ours and not stock.is_empty()
	_tell("same results", "" if same else "built-in %s, ours %s" % [stock, ours])
	for line in WRONG_LINES:
		_expect_refusal(line)
	error_count = _errors.count
	_errors.stop()


func _run_one(what: String, source: String) -> Array:
	var script := _compiled(source)
	_tell("compiles %s" % what, "; ".join(_errors.take()))
	if script == null:
		return []
	var program: RefCounted = script.new()
	var notes: Array = program.call(&"run", Ports.find_free())
	_tell("runs %s (%d)" % [what, notes.size()], "; ".join(_errors.take()))
	return notes


func _expect_refusal(line: String) -> void:
	var reasons: Array[String] = []
	for text: String in [line, Surface.with_our_names(line)]:
		var script := _compiled("extends RefCounted\nfunc wrong() -> void:\n\t%s\n" % text)
		reasons.append("; ".join(_errors.take()) if script == null else "the line compiles")
	var same := reasons[0].contains("Parse Error") and Surface.with_our_names(reasons[0]) == reasons[1]
	_tell("refused: %s" % line, "" if same else "built-in: %s, ours: %s" % [reasons[0], reasons[1]])


static func _compiled(source: String) -> GDScript:
	var script := GDScript.new()
	script.source_code = source
	return script if script.reload() == OK else null


## Changes the settings of this process only; they are not saved.
static func _make_warnings_errors() -> void:
	for property in ProjectSettings.get_property_list():
		var name: String = property["name"]
		var is_level: bool = name.begins_with(WARNINGS) and property["type"] == TYPE_INT
		if is_level and not WANTED_WARNINGS.has(name.trim_prefix(WARNINGS)):
			ProjectSettings.set_setting(name, AS_ERROR)


func _tell(label: String, reason: String) -> void:
	results.append(PackedStringArray(["typed use: " + label, reason]))
