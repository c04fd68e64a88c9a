extends Control
## The graph of the last seconds: bandwidth in both directions, or round trip.

const HistoryRs := preload("history.gd")
const StyleRs := preload("style.gd")
const TextsRs := preload("texts.gd")

## The series and their colours. Payload is drawn paler, below.
const BANDWIDTH: Dictionary[String, StringName] = {
	"payload_in": &"incoming", "payload_out": &"outgoing", "bytes_in": &"incoming", "bytes_out": &"outgoing",
}
const ROUND_TRIP: Dictionary[String, StringName] = {"round_trip": &"round_trip"}
const PALE := 0.5
## The least upper ends of the scale: bytes a second, milliseconds.
const LEAST_RATE := 1000.0
const LEAST_TRIP := 10.0

var shows_round_trip := false

var _history: HistoryRs = null
var _font: Font = null
var _font_size := 0
var _colors: Dictionary[StringName, Color] = {}


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	clip_contents = true


func show_history(history: HistoryRs) -> void:
	_history = history
	queue_redraw()


## The text for the upper end of the scale.
func scale_text() -> String:
	var end := _scale_end()
	return TextsRs.milliseconds(end) if shows_round_trip else TextsRs.rate(end)


func _notification(what: int) -> void:
	if what == NOTIFICATION_THEME_CHANGED:
		_font = get_theme_font(&"font", &"Label")
		_font_size = get_theme_font_size(&"font_size", StyleRs.OWN_TYPE)
		for color in StyleRs.COLORS:
			_colors[color] = get_theme_color(color, StyleRs.OWN_TYPE)


func _draw() -> void:
	draw_rect(Rect2(Vector2.ZERO, size), _colors[&"background"])
	if _history == null or _history.is_empty():
		return
	var top := _font_size * 1.4
	draw_line(Vector2(0.0, top), Vector2(size.x, top), _colors[&"grid"])
	var legend := "round trip, 10 s" if shows_round_trip else "in blue, out orange, pale: payload, 10 s"
	draw_string(_font, Vector2(_font_size * 0.4, _font_size * 1.15), "%s   %s" % [scale_text(), legend],
		HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size, _colors[&"none"])
	_draw_series(top)


## The points are seconds and values. The transform makes pixels of them, which is cheaper than a loop.
func _draw_series(top: float) -> void:
	var scaling := Vector2(size.x / HistoryRs.SECONDS, (top + 2.0 - size.y) / _scale_end())
	var place := Vector2(size.x - _history.latest * scaling.x, size.y - 1.0)
	var pixel := 1.0 / maxf(get_viewport().get_stretch_transform().get_scale().y, 0.01)
	var series := _series()
	for figure in series:
		var points := _history.points(figure)
		if points.size() < 2:
			continue
		var is_pale := figure.begins_with("payload")
		var color := _colors[series[figure]]
		draw_set_transform(place, 0.0, scaling)
		draw_polyline(points, Color(color, PALE) if is_pale else color)
		if not is_pale:
			# A second line makes it thicker, which a transform would distort.
			draw_set_transform(place - Vector2(0.0, pixel), 0.0, scaling)
			draw_polyline(points, color)


## A round number above all samples.
func _scale_end() -> float:
	var highest := LEAST_TRIP if shows_round_trip else LEAST_RATE
	if _history != null:
		highest = maxf(highest, _history.highest(_series().keys()))
	var power := pow(10.0, floorf(log(highest) / log(10.0) + 1e-6))
	for factor: float in [1.0, 2.0, 5.0]:
		if highest <= factor * power:
			return factor * power
	return 10.0 * power


func _series() -> Dictionary[String, StringName]:
	return ROUND_TRIP if shows_round_trip else BANDWIDTH
