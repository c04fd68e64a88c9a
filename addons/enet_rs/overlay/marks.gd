extends Control
## A coloured square for each line of the label beside it: green, yellow or red.

const StyleRs := preload("style.gd")
const COLORS: Array[StringName] = [&"none", &"good", &"fair", &"bad"]

var _levels := PackedByteArray()
var _pitch := 0.0
var _side := 0.0
var _first := 0


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE


## Fits the squares to lines of the height `pitch`, after `first` lines of heading.
func fit(pitch: float, first: int) -> void:
	_first = first
	_pitch = pitch
	_side = roundf(pitch * 0.38)
	custom_minimum_size.x = _side
	queue_redraw()


func show_levels(levels: PackedByteArray) -> void:
	if levels != _levels:
		_levels = levels
		queue_redraw()


func _draw() -> void:
	var square := Rect2(0.0, (_pitch - _side) / 2.0 + _first * _pitch, _side, _side)
	for level in _levels:
		if level > 0:
			draw_rect(square, get_theme_color(COLORS[level], StyleRs.OWN_TYPE))
		square.position.y += _pitch
