@tool
extends HBoxContainer
## A slider with a number beside it.

const PaletteRs := preload("palette.gd")

signal changed

var is_whole: bool

var _slider := HSlider.new()
var _box := SpinBox.new()


func _init(unit: String, most: float, step: float, whole: bool) -> void:
	is_whole = whole
	size_flags_horizontal = SIZE_EXPAND_FILL
	for range_control: Range in [_slider, _box]:
		range_control.max_value = most
		range_control.step = step
	_slider.size_flags_horizontal = SIZE_EXPAND_FILL
	_slider.size_flags_vertical = SIZE_SHRINK_CENTER
	_slider.custom_minimum_size.x = 60.0 * PaletteRs.scale()
	_box.suffix = unit
	_box.custom_minimum_size.x = 92.0 * PaletteRs.scale()
	# The slider and the box are one range.
	_slider.share(_box)
	_slider.value_changed.connect(func(_value: float) -> void: changed.emit())
	add_child(_slider)
	add_child(_box)


func value() -> float:
	return _slider.value


func set_value(new_value: float) -> void:
	_slider.value = new_value


func set_least(least: float) -> void:
	_slider.min_value = least
	_slider.value = least
