extends SceneTree
## Runs the suites with one class as server and one as client:
##   --script res://run.gd -- --server-class C --client-class D [--suite NAME] [--case PART]
##       [--certificates FOLDER]
## The output has a line per case and a last line `N passed, M failed`; the exit status agrees with it.

const Suite := preload("res://lib/suite.gd")
const Watchdog := preload("res://lib/watchdog.gd")
const ErrorLog := preload("res://lib/error_log.gd")

const SUITES: Array[String] = [
	"connecting", "arguments", "packets", "targets", "leaving", "last_words", "turned_away", "reentry",
	"scene_multiplayer", "dissector", "dissector_wire", "capturing", "crowd", "raw_connection", "raw_leaving", "goodbyes", "connect_timeout",
	"dead_objects", "mesh", "mesh_arguments", "mesh_players",
	"connection_as_peer", "connection_players", "compression_own", "compression", "compression_wire",
	"legacy", "legacy_signals", "legacy_relay", "godot3", "godot3_surface",
	"godot3_wire", "godot3_content", "godot3_chat", "wire_godot3",
	"dtls_packets", "dtls_handshakes", "dtls_verification", "dtls_leaving", "dtls_arguments", "dtls_players",
	"dtls_own", "dtls_capturing",
	"flushing",
	"debugger", "debugger_datagrams",
	"guarding",
	"newcomers",
	"reasons",
	"addresses",
	"names",
	"overriding",
	"threaded",
	"threads",
	"ghosts",
	"questions",
	"statistics",
	"simulation",
]
## Suites that need a program beside them, and run only if they are asked for.
const ATTENDED_SUITES: Array[String] = ["proxied"]
const CASE_SECONDS := 90.0

var _server_class := ""
var _client_class := ""
var _only_suite := ""
var _only_case := ""
var _certificates := ""
var _shared: Dictionary[String, RefCounted] = {}
var _passed := 0
var _failed := 0
var _skipped := 0
var _watchdog: Watchdog
var _errors: ErrorLog


func _initialize() -> void:
	_errors = ErrorLog.make()
	_watchdog = Watchdog.new()
	_watchdog.start()
	# The root enters the tree with the first frame.
	await process_frame
	var mistake := _read_arguments()
	if mistake.is_empty():
		await _run_suites()
	else:
		printerr(mistake)
		_failed += 1
	_watchdog.stop()
	_tell_strays()
	# With this count the reader of the output (xtask) can tell expected errors from those outside of the cases.
	if _errors.can_see():
		print("%d error lines were seen" % _errors.count)
	_errors.stop()
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed + _skipped > 0 else 1)


func _read_arguments() -> String:
	var arguments := OS.get_cmdline_user_args()
	if arguments.size() % 2 == 1:
		return "every option needs a value"
	for index in range(0, arguments.size(), 2):
		match arguments[index]:
			"--server-class":
				_server_class = arguments[index + 1]
			"--client-class":
				_client_class = arguments[index + 1]
			"--suite":
				_only_suite = arguments[index + 1]
			"--case":
				_only_case = arguments[index + 1]
			"--certificates":
				_certificates = arguments[index + 1]
			_:
				return "unknown option %s" % arguments[index]
	for peer_class: String in [_server_class, _client_class]:
		if not ClassDB.class_exists(peer_class):
			return "class \"%s\" does not exist" % peer_class
	if not _only_suite.is_empty() and not (SUITES + ATTENDED_SUITES).has(_only_suite):
		return "suite \"%s\" does not exist" % _only_suite
	return ""


func _run_suites() -> void:
	for suite_name: String in SUITES + ATTENDED_SUITES:
		if suite_name != _only_suite and not (_only_suite.is_empty() and SUITES.has(suite_name)):
			continue
		var script: GDScript = load("res://suites/%s.gd" % suite_name)
		if script == null or not script.can_instantiate():
			_tell(suite_name, "loading", "the suite could not be loaded")
			continue
		var reason := _new_suite(script).reason_to_skip()
		if not reason.is_empty():
			print("skipped %s: %s" % [suite_name, reason])
			_skipped += 1
			continue
		for method in script.get_script_method_list():
			var case_name: String = method["name"]
			# contains() is false for an empty argument.
			var is_asked_for := _only_case.is_empty() or case_name.contains(_only_case)
			if case_name.begins_with("case_") and is_asked_for:
				await _run_case(script, suite_name, case_name)


func _run_case(script: GDScript, suite_name: String, case_name: String) -> void:
	var label := case_name.trim_prefix("case_")
	_watchdog.expect_within(CASE_SECONDS, "%s %s" % [suite_name, label])
	var suite := _new_suite(script)
	# A script error ends both the case's function and this call early.
	await suite.call(case_name)
	await suite.clean_up()
	_tell(suite_name, label, suite.verdict())


func _new_suite(script: GDScript) -> Suite:
	var suite: Suite = script.new()
	suite.prepare(self, _server_class, _client_class, _errors)
	suite.certificates = _certificates
	suite.shared = _shared
	return suite


## Reports errors that were printed outside of the cases.
func _tell_strays() -> void:
	var strays := _errors.take()
	if not strays.is_empty():
		_tell("run", "errors_outside_of_cases", "; ".join(strays))


func _tell(suite_name: String, label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok %s %s" % [suite_name, label])
	else:
		_failed += 1
		print("FAIL %s %s: %s" % [suite_name, label, reason.replace("\n", " ")])
