extends SceneTree
## Compares our classes with the built-in ones as scripts and the editor see them:
##   --script res://surface.gd
## In an editor the script instead looks for missing descriptions in the editor's help:
##   --editor --script res://surface.gd -- --docs
## The output has a line per kind of member and a last line `N passed, M failed`; the exit status agrees with it.

const Surface := preload("res://lib/surface.gd")
const HelpPages := preload("res://lib/help_pages.gd")
const TypedUse := preload("res://lib/typed_use.gd")

var _passed := 0
var _failed := 0


func _initialize() -> void:
	await process_frame
	var results: Array[PackedStringArray] = []
	match Array(OS.get_cmdline_user_args()):
		[]:
			results = _surface()
		["--docs"]:
			results = await _help()
		var others:
			results.append(PackedStringArray(["arguments", "unknown: %s" % [others]]))
	for result in results:
		_tell(result[0], result[1])
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 and _passed > 0 else 1)


func _surface() -> Array[PackedStringArray]:
	var surface := Surface.new()
	for stock_class: String in Surface.BASES:
		surface.compare(stock_class)
	surface.compare_virtuals()
	var typed := TypedUse.new()
	typed.run()
	# With this count the reader of the output (xtask) can tell expected errors from others.
	print("%d error lines were seen" % typed.error_count)
	return surface.results + typed.results


func _help() -> Array[PackedStringArray]:
	var pages := HelpPages.new(self)
	var classes := Surface.own_classes()
	for own_class in classes:
		await pages.read(own_class)
	for stock_class: String in Surface.BASES:
		if not classes.has(stock_class + Surface.SUFFIX):
			pages.results.append(PackedStringArray(["help on %sRs" % stock_class, "the extension does not register it"]))
	return pages.results


func _tell(label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok surface %s" % label)
	else:
		_failed += 1
		print("FAIL surface %s: %s" % [label, reason.replace("\n", " ")])
