extends HBoxContainer
## A group of figures: marks, names and values, each one control with a line for each figure.

const Marks := preload("marks.gd")
const Lines := preload("lines.gd")

var _marks := Marks.new()
var _names := Label.new()
var _values := Label.new()
var _widest := ""


## `widest` is the widest usual value. It sets the width, so that the panel does not change its size with each figure.
func _init(widest: String) -> void:
	_widest = widest
	mouse_filter = MOUSE_FILTER_IGNORE
	_names.theme_type_variation = &"ENetOverlayName"
	for child: Control in [_marks, _names, _values]:
		child.mouse_filter = MOUSE_FILTER_IGNORE
		child.size_flags_vertical = SIZE_SHRINK_BEGIN
		add_child(child)


## Fits the group to the theme.
func fit() -> void:
	_marks.fit(_values, 0)
	_values.custom_minimum_size.x = ceilf(_values.get_theme_font(&"font").get_string_size(
		_widest, HORIZONTAL_ALIGNMENT_LEFT, -1, _values.get_theme_font_size(&"font_size")).x)


func show_lines(lines: Lines) -> void:
	_names.text = lines.text_of_names()
	_values.text = lines.text_of_values()
	_marks.show_levels(lines.levels)
