extends Control
## Lines of text that change often, drawn glyph by glyph.
##
## A [Label] shapes each line anew with each change, which takes about three times as long. Figures need no shaping. Font,
## size, colour and line spacing are those of [Label] in the theme.

## The lines.
var text := "":
	set(value):
		if value != text:
			var former := _lines.size()
			text = value
			_lines = value.split("\n")
			queue_redraw()
			if _lines.size() != former:
				update_minimum_size()

## The least width is that of this text, so that the panel does not change its size with each figure.
var widest := ""
var is_right_aligned := false

var _lines := PackedStringArray()
var _font: Font = null
var _font_size := 0
var _width := 0.0
## By character.
var _advances: Dictionary[int, float] = {}


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	size_flags_vertical = SIZE_SHRINK_BEGIN


## The height of a line with the space to the next.
func pitch() -> float:
	return _font.get_height(_font_size) + get_theme_constant(&"line_spacing", &"Label") if _font != null else 0.0


func _notification(what: int) -> void:
	if what == NOTIFICATION_THEME_CHANGED:
		_font = get_theme_font(&"font", &"Label")
		_font_size = get_theme_font_size(&"font_size", &"Label")
		_advances.clear()
		_width = ceilf(_width_of(widest))
		update_minimum_size()
		queue_redraw()


func _get_minimum_size() -> Vector2:
	return Vector2(_width, ceilf(_lines.size() * pitch()))


func _draw() -> void:
	var item := get_canvas_item()
	var color := get_theme_color(&"font_color", &"Label")
	var place := Vector2(0.0, _font.get_ascent(_font_size))
	var step := pitch()
	for line in _lines:
		place.x = size.x - _width_of(line) if is_right_aligned else 0.0
		for index in line.length():
			place.x += _font.draw_char(item, place, line.unicode_at(index), _font_size, color)
		place.y += step


func _width_of(line: String) -> float:
	var width := 0.0
	for index in line.length():
		var character := line.unicode_at(index)
		var advance: float = _advances.get(character, -1.0)
		if advance < 0.0:
			advance = _font.get_char_size(character, _font_size).x
			_advances[character] = advance
		width += advance
	return width
