@tool
extends Control
## A bar for each datagram: those sent stand up, those received hang down.

const PaletteRs := preload("palette.gd")
const TimelineRs := preload("../model/timeline.gd")
const UnitsRs := preload("units.gd")

signal picked(index: int)

const NEAREST := 12.0
const MIN_SPAN := 20_000.0
const MAX_SPAN := 30_000_000.0
const MAX_BARS := 6000
## Bytes of a bar of full height, at least.
const MIN_SCALE := 200.0

var timeline: TimelineRs
## Microseconds that the strip spans, and where it ends; the end is that of the recording while `follows`.
var span := 2_000_000.0
var end := 0.0
var follows := true
var selected := -1
## Only this peer's datagrams, if it is not negative.
var only_peer := -1

var _font_size := PaletteRs.scaled(11)
## Above and below the bars, for the texts.
var _edge := 14.0 * PaletteRs.scale()
var _dropped := 0


func _init() -> void:
	clip_contents = true
	custom_minimum_size = Vector2(160, 80) * PaletteRs.scale()
	size_flags_horizontal = SIZE_EXPAND_FILL
	size_flags_vertical = SIZE_EXPAND_FILL
	tooltip_text = "Click: the datagram's commands. Wheel: zoom. Drag: move."


func refresh(new_timeline: TimelineRs) -> void:
	if new_timeline != timeline:
		timeline = new_timeline
		selected = -1
	if timeline != null and timeline.size() > 0 and follows:
		end = float(timeline.times[-1])
	# What was dropped moved the others.
	if timeline != null and selected >= 0:
		selected = maxi(selected - (timeline.dropped - _dropped), -1)
		_dropped = timeline.dropped
	queue_redraw()


func select(index: int) -> void:
	selected = index
	_dropped = timeline.dropped
	follows = false
	picked.emit(index)
	queue_redraw()


func _x_of(usec: float) -> float:
	return size.x * (1.0 - (end - usec) / span)


func _usec_of(x: float) -> float:
	return end - span * (1.0 - x / size.x)


func _draw() -> void:
	var font := get_theme_font(&"font", &"Label")
	draw_rect(Rect2(Vector2.ZERO, size), PaletteRs.panel())
	var middle := roundf(size.y * 0.5) + 0.5
	draw_line(Vector2(0, middle), Vector2(size.x, middle), PaletteRs.shown(PaletteRs.GRID))
	if timeline == null or timeline.size() == 0:
		draw_string(font, Vector2(8, middle - 6), "Datagrams appear here while this page is open.", HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size + 1,
			PaletteRs.shown(PaletteRs.DIM))
		return
	var sent := PackedVector2Array()
	var received := PackedVector2Array()
	var first := timeline.first_at(int(end - span))
	var last := timeline.first_at(int(end) + 1)
	first = maxi(first, last - MAX_BARS)
	var largest := MIN_SCALE
	for index in range(first, last):
		largest = maxf(largest, timeline.sizes[index])
	for index in range(first, last):
		if only_peer >= 0 and timeline.peers[index] != only_peer:
			continue
		var x := roundf(_x_of(float(timeline.times[index]))) - 0.5
		var height := maxf(2.0, (middle - _edge - 2.0) * minf(timeline.sizes[index] / largest, 1.0))
		if timeline.directions[index] != 0:
			sent.append(Vector2(x, middle - 1.0))
			sent.append(Vector2(x, middle - 1.0 - height))
		else:
			received.append(Vector2(x, middle + 1.0))
			received.append(Vector2(x, middle + 1.0 + height))
	var width := clampf(size.x / 400.0, 1.0, 3.0)
	if not sent.is_empty():
		draw_multiline(sent, PaletteRs.shown(PaletteRs.OUTGOING), width)
	if not received.is_empty():
		draw_multiline(received, PaletteRs.shown(PaletteRs.INCOMING), width)
	if selected >= first and selected < last:
		var x := _x_of(float(timeline.times[selected]))
		draw_rect(Rect2(x - 3.0, _edge, 6.0, size.y - 2.0 * _edge), PaletteRs.shown(PaletteRs.CURSOR))
	_draw_scale(font)
	draw_string(font, Vector2(34 * PaletteRs.scale(), _font_size + 1), "%d bytes at most" % int(largest), HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size,
		PaletteRs.shown(PaletteRs.DIM))


func _draw_scale(font: Font) -> void:
	draw_string(font, Vector2(6, _font_size + 1), "out", HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size, PaletteRs.shown(PaletteRs.OUTGOING))
	draw_string(font, Vector2(6, size.y - 4), "in", HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size, PaletteRs.shown(PaletteRs.INCOMING))
	# A round number of milliseconds, near a fifth of the width.
	var step := pow(10.0, floorf(log(span / 5.0) / log(10.0)))
	for factor: float in [5.0, 2.0]:
		if step * factor <= span / 4.0:
			step *= factor
			break
	var x := size.x
	var text := 0.0
	var width := 68.0 * PaletteRs.scale()
	while x > 40.0 * PaletteRs.scale():
		draw_line(Vector2(x, _edge), Vector2(x, size.y - _edge), PaletteRs.shown(PaletteRs.GRID))
		if text > 0.0:
			draw_string(font, Vector2(x - width - 2.0, size.y - 4), "-" + UnitsRs.milliseconds(text / 1000.0), HORIZONTAL_ALIGNMENT_RIGHT, width,
				_font_size, PaletteRs.shown(PaletteRs.DIM))
		x -= size.x * step / span
		text += step


func _gui_input(event: InputEvent) -> void:
	if timeline == null or timeline.size() == 0:
		return
	if event is InputEventMouseMotion:
		var motion: InputEventMouseMotion = event
		if motion.button_mask & MOUSE_BUTTON_MASK_RIGHT or motion.button_mask & MOUSE_BUTTON_MASK_MIDDLE:
			_move_end(end - motion.relative.x * span / size.x)
			accept_event()
	elif event is InputEventMouseButton:
		var button: InputEventMouseButton = event
		if button.pressed:
			_press(button)


func _press(button: InputEventMouseButton) -> void:
	match button.button_index:
		MOUSE_BUTTON_WHEEL_UP:
			_zoom(0.8, button.position.x)
		MOUSE_BUTTON_WHEEL_DOWN:
			_zoom(1.25, button.position.x)
		MOUSE_BUTTON_LEFT:
			var index := nearest(button.position)
			if index >= 0:
				select(index)
		_:
			return
	accept_event()


## The datagram of which the bar is nearest to a point, on its side of the middle.
func nearest(point: Vector2) -> int:
	var reach := span * NEAREST * PaletteRs.scale() / size.x
	var at := _usec_of(point.x)
	var best := -1
	var direction := 1 if point.y < size.y * 0.5 else 0
	for index in range(timeline.first_at(int(at - reach)), timeline.first_at(int(at + reach))):
		if timeline.directions[index] != direction or only_peer >= 0 and timeline.peers[index] != only_peer:
			continue
		if best < 0 or absf(timeline.times[index] - at) < absf(timeline.times[best] - at):
			best = index
	return best


func _zoom(factor: float, x: float) -> void:
	var at := _usec_of(x)
	span = clampf(span * factor, MIN_SPAN, MAX_SPAN)
	if not follows:
		_move_end(at + span * (1.0 - x / size.x))
	queue_redraw()


func _move_end(usec: float) -> void:
	var newest := float(timeline.times[-1])
	follows = usec >= newest
	end = minf(usec, newest)
	queue_redraw()
