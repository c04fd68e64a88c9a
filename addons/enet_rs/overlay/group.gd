extends HBoxContainer
## A group of figures: marks, names and values, each one control with a line for each figure. The names seldom change.

const MarksRs := preload("marks.gd")
const LinesRs := preload("lines.gd")
const TextBlockRs := preload("text_block.gd")

var _marks := MarksRs.new()
var _names := Label.new()
var _values := TextBlockRs.new()


## `widest` is the widest usual value.
func _init(widest: String) -> void:
	_values.widest = widest
	mouse_filter = MOUSE_FILTER_IGNORE
	_names.theme_type_variation = &"ENetOverlayName"
	for child: Control in [_marks, _names, _values]:
		child.mouse_filter = MOUSE_FILTER_IGNORE
		child.size_flags_vertical = SIZE_SHRINK_BEGIN
		add_child(child)


## Fits the group to the theme.
func fit() -> void:
	_marks.fit(_values.pitch(), 0)


func show_lines(lines: LinesRs) -> void:
	_names.text = lines.text_of_names()
	_values.text = lines.text_of_values()
	_marks.show_levels(lines.levels)
