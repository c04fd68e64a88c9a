class_name NetworkPanel
extends PanelContainer
## The network in the game: a simulated one for the own connection, what hides lag, and bots.

const MOST_LATENCY := 400.0
const MOST_JITTER := 100.0
const MOST_LOSS := 25.0
const SPIKE_MILLISECONDS := 500
const CUT_SECONDS := 2.0
const BOT_COUNTS: Array[int] = [0, 8, 16, 32, 64]

var bots: Bots

var _presets := OptionButton.new()
var _sliders: Dictionary[String, HSlider] = {}
var _values: Dictionary[String, Label] = {}
var _mistake := Look.small()
var _simulator := VBoxContainer.new()
var _connection := Look.small()
var _is_filling := false


func _ready() -> void:
	custom_minimum_size.x = 300.0
	theme_type_variation = &"Solid"
	var rows := VBoxContainer.new()
	rows.add_theme_constant_override(&"separation", 7)
	add_child(rows)
	rows.add_child(Look.title("Network"))
	rows.add_child(_connection)
	rows.add_child(Look.title("Simulated network, own connection"))
	_mistake.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	_mistake.custom_minimum_size.x = 260.0
	rows.add_child(_mistake)
	rows.add_child(_simulator)
	_build_simulator()
	rows.add_child(Look.title("Bots, clients of this process"))
	var counts := Look.row(rows)
	for count in BOT_COUNTS:
		var button := Look.button(str(count), bots.set_wanted.bind(count))
		button.size_flags_horizontal = SIZE_EXPAND_FILL
		counts.add_child(button)


## Shows what the connection has, when the panel opens or a connection begins.
func fill() -> void:
	var peer := Session.peer()
	_connection.text = "%s\n%s, port %d" % [Session.settings.summary(), Session.address, Session.port]
	_mistake.text = SimulatedNetwork.mistake(peer)
	_mistake.visible = not _mistake.text.is_empty()
	_simulator.visible = not _mistake.visible
	if _simulator.visible:
		_show(SimulatedNetwork.current(peer))
	reset_size.call_deferred()


## Chooses the next or the previous preset, for the keyboard and the pad.
func step_preset(by: int) -> void:
	if SimulatedNetwork.mistake(Session.peer()).is_empty():
		_on_preset_selected(posmod(_presets.selected + by, _presets.item_count - 1))


## The network as the panel shows it.
func chosen() -> String:
	return _presets.get_item_text(_presets.selected)


func _build_simulator() -> void:
	_simulator.add_theme_constant_override(&"separation", 7)
	_presets.focus_mode = FOCUS_NONE
	_presets.add_item("as it is")
	for preset in SimulatedNetwork.preset_names():
		_presets.add_item(preset)
	_presets.add_item("own values")
	_presets.item_selected.connect(_on_preset_selected)
	_simulator.add_child(_presets)
	_add_slider("latency", "latency each way", MOST_LATENCY, 5.0)
	_add_slider("jitter", "jitter", MOST_JITTER, 1.0)
	_add_slider("loss", "loss", MOST_LOSS, 0.5)
	var buttons := Look.row(_simulator)
	var spike := Look.button("Spike 0.5 s", func() -> void: SimulatedNetwork.spike(Session.peer(), SPIKE_MILLISECONDS))
	var cut := Look.button("Cut for 2 s", func() -> void: SimulatedNetwork.cut(Session.peer(), CUT_SECONDS))
	for button: Button in [spike, cut]:
		button.size_flags_horizontal = SIZE_EXPAND_FILL
		buttons.add_child(button)


func _add_slider(key: String, text: String, most: float, step: float) -> void:
	var row := Look.row(_simulator)
	var label := Look.small(text)
	label.custom_minimum_size.x = 118.0
	row.add_child(label)
	var slider := HSlider.new()
	slider.max_value = most
	slider.step = step
	slider.focus_mode = FOCUS_NONE
	slider.size_flags_horizontal = SIZE_EXPAND_FILL
	slider.size_flags_vertical = SIZE_SHRINK_CENTER
	slider.value_changed.connect(_on_slider_changed.unbind(1))
	row.add_child(slider)
	var value := Look.small()
	value.custom_minimum_size.x = 58.0
	value.horizontal_alignment = HORIZONTAL_ALIGNMENT_RIGHT
	row.add_child(value)
	_sliders[key] = slider
	_values[key] = value


func _on_preset_selected(index: int) -> void:
	if index == _presets.item_count - 1:
		_on_slider_changed()
		return
	var simulation: Resource = null if index == 0 else SimulatedNetwork.preset(_presets.get_item_text(index))
	SimulatedNetwork.apply(Session.peer(), simulation)
	_show(simulation, index)


func _on_slider_changed() -> void:
	_show_values()
	if _is_filling:
		return
	_presets.select(_presets.item_count - 1)
	SimulatedNetwork.apply(Session.peer(), SimulatedNetwork.make(
		_sliders["latency"].value, _sliders["jitter"].value, _sliders["loss"].value))


func _show(simulation: Resource, preset := -1) -> void:
	_is_filling = true
	for key in _sliders:
		var value := 0.0 if simulation == null else float(str(simulation.get("outgoing_" + key)))
		# A preset can be beyond a slider's end.
		_sliders[key].max_value = maxf(_sliders[key].max_value, value)
		_sliders[key].value = value
	_is_filling = false
	_show_values()
	if preset < 0:
		preset = 0 if SimulatedNetwork.is_clear(simulation) else _preset_like(simulation)
	_presets.select(preset)


func _preset_like(simulation: Resource) -> int:
	for index in range(1, _presets.item_count - 1):
		var preset := SimulatedNetwork.preset(_presets.get_item_text(index))
		var has_same := func(key: String) -> bool:
			return is_equal_approx(float(str(preset.get("outgoing_" + key))), float(str(simulation.get("outgoing_" + key))))
		if _sliders.keys().all(has_same):
			return index
	return _presets.item_count - 1


func _show_values() -> void:
	_values["latency"].text = "%d ms" % roundi(_sliders["latency"].value)
	_values["jitter"].text = "%d ms" % roundi(_sliders["jitter"].value)
	_values["loss"].text = "%.1f %%" % _sliders["loss"].value
