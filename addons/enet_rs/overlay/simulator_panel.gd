extends VBoxContainer
## The controls of the simulator: a choice of presets, sliders, a spike and a cut.

const SimulatorRs := preload("simulator.gd")

## By setting: the title, the slider's end, its step and the unit.
const SLIDERS: Dictionary[String, Array] = {
	"latency": ["Latency", 500.0, 5.0, "ms"],
	"jitter": ["Jitter", 100.0, 1.0, "ms"],
	"loss": ["Loss", 20.0, 0.5, "%"],
}

var _simulator: SimulatorRs
var _choice := OptionButton.new()
var _sliders: Dictionary[String, HSlider] = {}
var _values: Dictionary[String, Label] = {}


func _init(simulator: SimulatorRs) -> void:
	_simulator = simulator
	mouse_filter = MOUSE_FILTER_IGNORE
	_choice.focus_mode = FOCUS_NONE
	_choice.item_selected.connect(_chosen)
	add_child(_choice)
	var grid := GridContainer.new()
	grid.columns = 3
	grid.mouse_filter = MOUSE_FILTER_IGNORE
	for setting in SLIDERS:
		_add_slider(grid, setting)
	add_child(grid)
	var note := Label.new()
	note.theme_type_variation = &"ENetOverlayNote"
	note.mouse_filter = MOUSE_FILTER_IGNORE
	note.text = "In each direction, in this game only"
	add_child(note)
	var buttons := HBoxContainer.new()
	buttons.mouse_filter = MOUSE_FILTER_IGNORE
	_add_button(buttons, "Spike %.1f s" % (SimulatorRs.SPIKE_MILLISECONDS / 1000.0), _simulator.spike)
	_add_button(buttons, "Cut %.0f s" % SimulatorRs.CUT_SECONDS, _simulator.cut)
	add_child(buttons)


## Fits the sliders to the theme, and reads what is simulated.
func fit(text_scale: float) -> void:
	for setting in _sliders:
		_sliders[setting].custom_minimum_size.x = 130.0 * text_scale
		_values[setting].custom_minimum_size.x = 52.0 * text_scale
	refresh()


## Shows what is simulated now.
func refresh() -> void:
	for setting in _sliders:
		var value := _simulator.setting(setting)
		_sliders[setting].set_value_no_signal(value)
		_tell(setting, value)
	var names := _simulator.names()
	var current := _simulator.current_name()
	if current == SimulatorRs.CUSTOM:
		names.append(current)
	_choice.clear()
	for preset in names:
		_choice.add_item(preset)
	_choice.select(names.find(current))


func _add_slider(grid: GridContainer, setting: String) -> void:
	var title := Label.new()
	title.theme_type_variation = &"ENetOverlayName"
	title.mouse_filter = MOUSE_FILTER_IGNORE
	title.text = SLIDERS[setting][0]
	grid.add_child(title)
	var slider := HSlider.new()
	slider.max_value = SLIDERS[setting][1]
	slider.step = SLIDERS[setting][2]
	# A preset may lie beyond the end or between two steps.
	slider.allow_greater = true
	slider.focus_mode = FOCUS_NONE
	slider.size_flags_vertical = SIZE_SHRINK_CENTER
	slider.value_changed.connect(_moved.bind(setting))
	grid.add_child(slider)
	_sliders[setting] = slider
	var value := Label.new()
	value.horizontal_alignment = HORIZONTAL_ALIGNMENT_RIGHT
	value.mouse_filter = MOUSE_FILTER_IGNORE
	grid.add_child(value)
	_values[setting] = value


func _add_button(parent: Container, text: String, action: Callable) -> void:
	var button := Button.new()
	button.text = text
	button.focus_mode = FOCUS_NONE
	button.pressed.connect(action)
	parent.add_child(button)


func _chosen(index: int) -> void:
	_simulator.choose(_choice.get_item_text(index))
	refresh()


func _moved(value: float, setting: String) -> void:
	_simulator.change(setting, value)
	refresh()


func _tell(setting: String, value: float) -> void:
	_values[setting].text = "%s %s" % [String.num(value, 1), SLIDERS[setting][3]]
