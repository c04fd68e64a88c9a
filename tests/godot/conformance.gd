extends SceneTree
## Runs every case once with the stock classes and once with ours, and compares the two records:
##   --script res://conformance.gd -- [--ours none|rs] [--case PART]
## With `--ours none` the second run uses the stock classes again, and any difference is then noise of the tests.
## PART is searched for in "table label". The output has a line per case, the intended differences and a last line
## `N passed, M failed`; the exit status agrees with it.

const Case := preload("res://lib/conformance_case.gd")
const Kit := preload("res://lib/kit.gd")
const Record := preload("res://lib/conformance_record.gd")
const Differences := preload("res://lib/differences.gd")
const Watchdog := preload("res://lib/watchdog.gd")
const ErrorLog := preload("res://lib/error_log.gd")

const TABLES: Array[String] = [
	"connection_creation", "connection_inactive", "connection_connecting", "connection_service", "connection_peers",
	"connection_sending", "connection_figures", "peer_sending", "peer_receiving",
	"peer_leaving", "peer_inactive", "peer_settings", "peer_statistics", "peer_identity",
	"multiplayer_creation", "multiplayer_ids", "multiplayer_wire", "multiplayer_sending", "multiplayer_receiving",
	"multiplayer_signals", "multiplayer_handlers", "multiplayer_leaving", "multiplayer_host", "multiplayer_mesh",
	"multiplayer_scene",
]
const RUN_SECONDS := 30.0

var _has_ours := true
var _only_case := ""
var _passed := 0
var _failed := 0
var _watchdog: Watchdog
var _errors: ErrorLog
var _differences: Differences


func _initialize() -> void:
	_errors = ErrorLog.make()
	_differences = Differences.new()
	_watchdog = Watchdog.new()
	_watchdog.start()
	# The root enters the tree with the first frame.
	await process_frame
	var mistake := _read_arguments()
	if mistake.is_empty():
		await _run_tables()
		_tell_unshown()
	else:
		_tell("run", "arguments", mistake)
	_watchdog.stop()
	for line in _differences.met_lines():
		print(line)
	_tell_strays()
	_errors.stop()
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


func _read_arguments() -> String:
	var arguments := OS.get_cmdline_user_args()
	if arguments.size() % 2 == 1:
		return "every option needs a value"
	for index in range(0, arguments.size(), 2):
		var value := arguments[index + 1]
		match arguments[index]:
			"--ours":
				if not ["none", "rs"].has(value):
					return "--ours takes none or rs"
				_has_ours = value == "rs"
			"--case":
				_only_case = value
			_:
				return "unknown option %s" % arguments[index]
	if not _errors.can_see():
		return "this Godot has no Logger class, so errors cannot be observed"
	return ""


func _run_tables() -> void:
	var missing := Kit.new(_has_ours).missing_classes()
	if not missing.is_empty():
		_tell("run", "classes", "missing: %s" % ", ".join(missing))
	for table in TABLES:
		var script: GDScript = load("res://conformance/%s.gd" % table)
		if script == null or not script.can_instantiate():
			_tell(table, "loading", "the table could not be loaded")
			continue
		for method in script.get_script_method_list():
			var method_name: String = method["name"]
			var label := method_name.trim_prefix("case_")
			# contains() is false for an empty argument.
			var is_asked_for := _only_case.is_empty() or ("%s %s" % [table, label]).contains(_only_case)
			if method_name.begins_with("case_") and is_asked_for:
				await _compare(script, table, label)


func _compare(script: GDScript, table: String, label: String) -> void:
	var stock := await _run(script, table, label, Kit.new(false))
	var ours := await _run(script, table, label, Kit.new(_has_ours))
	var reasons: Array[String] = []
	for failure in stock.failures:
		reasons.append("stock: " + failure)
	for failure in ours.failures:
		reasons.append("ours: " + failure)
	var departure := stock.departure(ours)
	if not departure.is_empty():
		reasons.append(departure)
	for entry in stock.entries:
		if not entry.difference.is_empty():
			_differences.meet(entry.difference, "%s %s" % [table, label])
	_tell(table, label, "; ".join(reasons.slice(0, 4)))


func _run(script: GDScript, table: String, label: String, kit: Kit) -> Record:
	# Errors of earlier code must not be attributed to this case.
	_tell_strays()
	_watchdog.expect_within(RUN_SECONDS, "%s %s (%s)" % [table, label, "ours" if kit.is_ours else "stock"])
	var case: Case = script.new()
	case.prepare(self, kit, _errors, _differences)
	# A script error ends both the case's function and this call early.
	await case.call("case_" + label)
	return case.finish()


## Fails for each documented difference that no case shows. Only a full run can decide that.
func _tell_unshown() -> void:
	if not _only_case.is_empty():
		return
	for id in _differences.unshown():
		_tell("differences", id, "no case shows this difference, and its text does not say \"%s\"" % Differences.EXEMPTION)


## Reports errors that were printed outside of the cases.
func _tell_strays() -> void:
	var strays := _errors.take()
	if not strays.is_empty():
		_tell("run", "errors_outside_of_cases", "; ".join(strays))


func _tell(table: String, label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok %s %s" % [table, label])
	else:
		_failed += 1
		print("FAIL %s %s: %s" % [table, label, reason.replace("\n", " ")])
