@tool
extends Control
## Lines over time, with the values under the mouse.

const PaletteRs := preload("palette.gd")
const UnitsRs := preload("units.gd")

signal hovered(share: float)

const MARGIN := 4.0

var title: String
var unit: UnitsRs.UnitRs
var labels: PackedStringArray
var colors: PackedColorArray

var _lines: Array[PackedVector2Array] = []
var _font_size := PaletteRs.scaled(11)
var _head := 18.0 * PaletteRs.scale()
var _window := 60_000.0
## Where the mouse is, as a share of the width; below 0 it is elsewhere.
var _hover := -1.0


func _init(new_title: String, new_unit: UnitsRs.UnitRs, new_labels: PackedStringArray, new_colors: PackedColorArray) -> void:
	title = new_title
	unit = new_unit
	labels = new_labels
	colors = new_colors
	custom_minimum_size = Vector2(150, 72) * PaletteRs.scale()
	size_flags_horizontal = Control.SIZE_EXPAND_FILL
	size_flags_vertical = Control.SIZE_EXPAND_FILL
	clip_contents = true
	tooltip_text = "%s: %s" % [title, ", ".join(labels)] if labels.size() > 1 else title
	mouse_exited.connect(func() -> void: hovered.emit(-1.0))


## Points: x is the time before the end in milliseconds, 0 or less.
func show_lines(lines: Array[PackedVector2Array], window: float) -> void:
	_lines = lines
	_window = window
	queue_redraw()


func set_hover(share: float) -> void:
	if share != _hover:
		_hover = share
		queue_redraw()


func _gui_input(event: InputEvent) -> void:
	if event is InputEventMouseMotion:
		var motion: InputEventMouseMotion = event
		hovered.emit(clampf((motion.position.x - MARGIN) / maxf(size.x - 2.0 * MARGIN, 1.0), 0.0, 1.0))


func _draw() -> void:
	var font := get_theme_font(&"font", &"Label")
	draw_rect(Rect2(Vector2.ZERO, size), PaletteRs.panel())
	var area := Rect2(MARGIN, _head + MARGIN, size.x - 2.0 * MARGIN, size.y - _head - 2.0 * MARGIN)
	var highest := _ceiling()
	for step: float in [0.0, 0.5, 1.0]:
		var y := roundf(area.position.y + area.size.y * step) + 0.5
		draw_line(Vector2(area.position.x, y), Vector2(area.end.x, y), PaletteRs.shown(PaletteRs.GRID))
	for index in _lines.size():
		_draw_line(_lines[index], PaletteRs.shown(colors[index]), area, highest, index == 0)
	draw_string(font, area.position + Vector2(2, _font_size - 1), UnitsRs.text(highest, unit), HORIZONTAL_ALIGNMENT_LEFT, -1,
		_font_size - 1, PaletteRs.shown(PaletteRs.DIM))
	if _hover >= 0.0:
		var x := area.position.x + area.size.x * _hover
		draw_line(Vector2(x, area.position.y), Vector2(x, area.end.y), PaletteRs.shown(PaletteRs.CURSOR))
	_draw_head(font)


func _draw_head(font: Font) -> void:
	var values := PackedStringArray()
	var full := PackedStringArray()
	for index in labels.size():
		values.append(UnitsRs.text(_value_at(index), unit))
		full.append("%s %s" % [labels[index], values[index]])
	# The colours tell the lines apart where the words have no room.
	var room := size.x - 2.0 * MARGIN - _width(font, title) - 10.0
	var texts := full if _width(font, "  ".join(full)) <= room else values
	var x := size.x - MARGIN
	for index in range(labels.size() - 1, -1, -1):
		var text := texts[index]
		var width := _width(font, text)
		x -= width
		draw_string(font, Vector2(x, _head - 5), text, HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size, PaletteRs.shown(colors[index]))
		x -= 8.0
	draw_string(font, Vector2(MARGIN + 2, _head - 5), title, HORIZONTAL_ALIGNMENT_LEFT, maxf(x - MARGIN, 1.0), _font_size,
		get_theme_color(&"font_color", &"Label"))


func _width(font: Font, text: String) -> float:
	return font.get_string_size(text, HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size).x


func _draw_line(points: PackedVector2Array, color: Color, area: Rect2, highest: float, is_filled: bool) -> void:
	if points.size() < 2:
		return
	var scale_by := Vector2(area.size.x / _window, -area.size.y / highest)
	var move := Transform2D(0.0, scale_by, 0.0, area.end)
	var line := move * points
	for index in line.size():
		# Unknown values are negative.
		line[index] = line[index].clamp(area.position, area.end)
	if is_filled:
		_fill_below(line, Color(color, 0.12), area.end.y)
	draw_polyline(line, color, 1.3 * PaletteRs.scale(), true)


## The triangles are known, so nothing has to find them.
func _fill_below(line: PackedVector2Array, color: Color, bottom: float) -> void:
	var corners := PackedVector2Array()
	var indices := PackedInt32Array()
	for index in line.size():
		corners.append(line[index])
		corners.append(Vector2(line[index].x, bottom))
		if index > 0:
			var at := index * 2
			indices.append_array([at - 2, at - 1, at, at - 1, at + 1, at])
	RenderingServer.canvas_item_add_triangle_array(get_canvas_item(), indices, corners, [color])


## The value at the mouse, or the last one.
func _value_at(index: int) -> float:
	if index >= _lines.size() or _lines[index].is_empty():
		return -1.0
	var points := _lines[index]
	if _hover < 0.0:
		return points[-1].y
	var time := (_hover - 1.0) * _window
	var low := 0
	var high := points.size() - 1
	while low < high:
		var middle := (low + high + 1) >> 1
		if points[middle].x <= time:
			low = middle
		else:
			high = middle - 1
	return points[low].y if points[low].x <= time + _window * 0.02 else -1.0


## A round number above all values.
func _ceiling() -> float:
	var highest := 0.0
	for line in _lines:
		for point in line:
			highest = maxf(highest, point.y)
	var least := 0.01 if unit == UnitsRs.UnitRs.SHARE else 1.0
	highest = maxf(highest * 1.08, least)
	var power := pow(10.0, floorf(log(highest) / log(10.0)))
	for factor: float in [1.0, 1.5, 2.0, 3.0, 5.0, 7.5]:
		if power * factor >= highest:
			return power * factor
	return power * 10.0
