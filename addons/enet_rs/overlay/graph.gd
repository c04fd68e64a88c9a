extends Control
## The graph of the last seconds: bandwidth in both directions, or round trip.

const History := preload("history.gd")
const Style := preload("style.gd")
const Texts := preload("texts.gd")

## By what is shown: the series, each with its colour, and whether it is thin.
const BANDWIDTH: Array[Array] = [
	["payload_in", &"incoming", true], ["payload_out", &"outgoing", true],
	["bytes_in", &"incoming", false], ["bytes_out", &"outgoing", false],
]
const ROUND_TRIP: Array[Array] = [["round_trip", &"round_trip", false]]
## The least upper ends of the scale: bytes a second, milliseconds.
const LEAST_RATE := 1000.0
const LEAST_TRIP := 10.0

var shows_round_trip := false

var _history: History = null


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	clip_contents = true


func show_history(history: History) -> void:
	_history = history
	queue_redraw()


## The text for the upper end of the scale.
func scale_text() -> String:
	var end := _scale_end()
	return Texts.milliseconds(end) if shows_round_trip else Texts.rate(end)


func _draw() -> void:
	draw_rect(Rect2(Vector2.ZERO, size), _color(&"background"))
	if _history == null or _history.times.is_empty():
		return
	var end := _scale_end()
	var font := get_theme_font(&"font", &"Label")
	var font_size := get_theme_font_size(&"font_size", Style.OWN_TYPE)
	var legend_height := font_size * 1.4
	draw_line(Vector2(0.0, legend_height), Vector2(size.x, legend_height), _color(&"grid"))
	for series in _series():
		_draw_series(series, legend_height, end)
	var base := Vector2(font_size * 0.4, font_size * 1.15)
	draw_string(font, base, _legend(end), HORIZONTAL_ALIGNMENT_LEFT, -1, font_size, _color(&"none"))


func _draw_series(series: Array, top: float, end: float) -> void:
	var samples := _history.samples(series[0])
	var color := _color(series[1])
	var is_thin: bool = series[2]
	var latest := _history.times[-1]
	var step := size.x / History.SECONDS
	var height := (size.y - top - 2.0) / end
	var points := PackedVector2Array()
	for index in samples.size():
		if samples[index] >= 0.0:
			points.append(Vector2(
				size.x - (latest - _history.times[index]) * step, size.y - 1.0 - samples[index] * height))
	if points.size() > 1:
		draw_polyline(points, Color(color, 0.55) if is_thin else color, -1.0 if is_thin else maxf(1.0, size.y / 40.0))


func _legend(end: float) -> String:
	if shows_round_trip:
		return "%s   round trip, 10 s" % Texts.milliseconds(end)
	return "%s   in blue, out orange, thin: payload, 10 s" % Texts.rate(end)


## A round number above all samples.
func _scale_end() -> float:
	var highest := LEAST_TRIP if shows_round_trip else LEAST_RATE
	if _history != null:
		for series in _series():
			for sample in _history.samples(series[0]):
				highest = maxf(highest, sample)
	var power := pow(10.0, floorf(log(highest) / log(10.0) + 1e-6))
	for factor: float in [1.0, 2.0, 5.0, 10.0]:
		if highest <= factor * power:
			return factor * power
	return highest


func _series() -> Array[Array]:
	return ROUND_TRIP if shows_round_trip else BANDWIDTH


func _color(name: StringName) -> Color:
	return get_theme_color(name, Style.OWN_TYPE)
