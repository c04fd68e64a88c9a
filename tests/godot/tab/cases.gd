extends RefCounted
## Base of the cases of the debugger's tab.

var _checks := 0
var _failures: Array[String] = []
var _is_done := false


## Every case calls this at its end, so that a script error that ends it early is noticed.
func done() -> void:
	_is_done = true


func check(holds: bool, what: String) -> void:
	_checks += 1
	if not holds:
		_failures.append(what)


func equal(actual: Variant, expected: Variant, what: String) -> void:
	var same: bool = typeof(actual) == typeof(expected) and actual == expected
	check(same, "%s: expected %s, got %s" % [what, str(expected).left(300), str(actual).left(300)])


func near(actual: float, expected: float, what: String) -> void:
	check(absf(actual - expected) <= absf(expected) * 1e-4, "%s: expected %f, got %f" % [what, expected, actual])


func verdict(errors: Array[String]) -> String:
	for error in errors:
		_failures.append("unexpected error line: %s" % error)
	if not _is_done:
		_failures.append("the case did not reach its end")
	elif _checks == 0:
		_failures.append("the case made no checks")
	return "; ".join(_failures.slice(0, 4))
