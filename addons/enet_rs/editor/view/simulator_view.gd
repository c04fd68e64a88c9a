@tool
extends ScrollContainer
## Sets the network that a game simulates.

const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const SlideRs := preload("slide.gd")

## For the instance of this tab, or for all of them.
signal asked(message: String, data: Array, is_for_all: bool)

enum ScopeRs { PEER, HOST, INSTANCE, ALL }

## One way, in each direction: latency and jitter in milliseconds, loss in percent.
const PRESETS: Dictionary[String, PackedFloat32Array] = {
	"Broadband": [32.0, 12.0, 2.0], "Fiber": [10.0, 1.0, 0.0], "Cable": [25.0, 5.0, 0.0], "DSL": [30.0, 10.0, 0.0],
	"Satellite": [100.0, 10.0, 0.0], "Congested": [50.0, 50.0, 1.0], "2G": [520.0, 50.0, 7.0], "2.5G": [480.0, 40.0, 7.0],
	"2.75G": [440.0, 40.0, 7.0], "3G": [360.0, 30.0, 7.0], "3.5G": [160.0, 30.0, 6.0], "3.75G": [130.0, 30.0, 6.0],
	"4G": [100.0, 20.0, 4.0], "4.5G": [80.0, 20.0, 4.0], "5G": [30.0, 20.0, 4.0],
}
const DEBOUNCE := 0.15

var _selection: SelectionRs
var _scope := OptionButton.new()
var _presets := OptionButton.new()
var _seed := SpinBox.new()
var _same := CheckBox.new()
var _spike := SpinBox.new()
var _cut := SpinBox.new()
var _slides: Dictionary[String, SlideRs] = {}
var _is_filling := false
var _status := Label.new()
var _timer := Timer.new()


func _init(selection: SelectionRs) -> void:
	name = "Simulator"
	_selection = selection
	horizontal_scroll_mode = SCROLL_MODE_DISABLED
	var column := VBoxContainer.new()
	column.size_flags_horizontal = SIZE_EXPAND_FILL
	add_child(column)
	column.add_child(_make_head())
	column.add_child(_make_slides())
	column.add_child(_make_foot())
	_timer.one_shot = true
	_timer.wait_time = DEBOUNCE
	_timer.timeout.connect(_send_settings)
	add_child(_timer)


func refresh() -> void:
	_scope.set_item_disabled(ScopeRs.PEER, _selection.peer() == null)
	_scope.set_item_text(ScopeRs.PEER, "Peer %d" % _selection.peer_id if _selection.peer() != null else "Selected peer")


## The properties of ENetSimulationRs as the sliders stand.
func settings() -> Dictionary:
	var made := {"seed": int(_seed.value)}
	for property in _slides:
		var slide := _slides[property]
		if slide.is_whole:
			made[property] = int(slide.value())
		else:
			made[property] = slide.value()
	return made


func _make_head() -> HFlowContainer:
	var head := HFlowContainer.new()
	_add_label(head, "For")
	for text: String in ["Selected peer", "Selected host", "All hosts here", "All instances"]:
		_scope.add_item(text)
	_scope.select(ScopeRs.ALL)
	head.add_child(_scope)
	_add_label(head, "Network")
	_presets.add_item("Off")
	for text in PRESETS:
		_presets.add_item(text)
	_presets.add_item("Custom")
	_presets.item_selected.connect(_choose_preset)
	head.add_child(_presets)
	_same.text = "Same in both directions"
	_same.button_pressed = true
	head.add_child(_same)
	_add_label(head, "Seed")
	_seed.max_value = 2147483647
	_seed.tooltip_text = "The same seed repeats the same losses. 0: a new random seed each time."
	_seed.value_changed.connect(func(_value: float) -> void: _changed())
	head.add_child(_seed)
	return head


func _make_slides() -> GridContainer:
	var grid := GridContainer.new()
	grid.columns = 3
	grid.size_flags_horizontal = SIZE_EXPAND_FILL
	grid.add_theme_constant_override(&"h_separation", PaletteRs.scaled(12))
	grid.add_theme_constant_override(&"v_separation", 1)
	for text: String in ["", "Out", "In"]:
		_add_label(grid, text)
	for row: Array in [
		["latency", "Latency", "ms", 1000.0, 1.0, false], ["jitter", "Jitter", "ms", 300.0, 1.0, false], ["loss", "Loss", "%", 50.0, 0.1, false],
		["burst", "Burst length", "", 20.0, 0.5, false], ["duplication", "Duplicates", "%", 20.0, 0.1, false],
		["reordering", "Reordering", "%", 50.0, 0.1, false], ["rate", "Rate, 0: any", "kbit/s", 20_000.0, 50.0, true],
		["mtu", "MTU, 0: any", "bytes", 1500.0, 4.0, true],
	]:
		var property: String = row[0]
		var label: String = row[1]
		var unit: String = row[2]
		var most: float = row[3]
		var step: float = row[4]
		var is_whole: bool = row[5]
		_add_label(grid, label)
		for way: String in ["outgoing_", "incoming_"]:
			var slide := SlideRs.new(unit, most, step, is_whole)
			slide.changed.connect(_slid.bind(property, way))
			_slides[way + property] = slide
			grid.add_child(slide)
	for way: String in ["outgoing_", "incoming_"]:
		_slides[way + "burst"].set_least(1.0)
	return grid


func _make_foot() -> HFlowContainer:
	var foot := HFlowContainer.new()
	_set_up(_spike, 10.0, 10_000.0, 500.0, "ms")
	foot.add_child(_spike)
	_add_button(foot, "Lag spike", "Holds all datagrams for this time, then releases them at once",
		func() -> void: _ask("enet_rs:spike", [_object(), int(_spike.value)]))
	_cut.step = 0.5
	_set_up(_cut, 0.5, 60.0, 3.0, "s")
	foot.add_child(_cut)
	_add_button(foot, "Cut", "Drops all datagrams for this time", func() -> void: _ask("enet_rs:cut", [_object(), _cut.value]))
	_status.size_flags_horizontal = SIZE_EXPAND_FILL
	_status.clip_text = true
	_status.custom_minimum_size.x = 200.0 * PaletteRs.scale()
	foot.add_child(_status)
	return foot


func _set_up(box: SpinBox, least: float, most: float, value: float, suffix: String) -> void:
	box.min_value = least
	box.max_value = most
	box.value = value
	box.suffix = suffix


func _add_label(parent: Control, text: String) -> void:
	var label := Label.new()
	label.text = text
	parent.add_child(label)


func _add_button(parent: Control, text: String, hint: String, action: Callable) -> void:
	var button := Button.new()
	button.text = text
	button.tooltip_text = hint
	button.pressed.connect(action)
	parent.add_child(button)


func _choose_preset(index: int) -> void:
	var preset := _presets.get_item_text(index)
	if preset == "Custom":
		_changed()
		return
	var values: PackedFloat32Array = PRESETS.get(preset, PackedFloat32Array([0.0, 0.0, 0.0]))
	_is_filling = true
	for property in _slides:
		_slides[property].set_value(1.0 if property.ends_with("burst") else 0.0)
	for way: String in ["outgoing_", "incoming_"]:
		_slides[way + "latency"].set_value(values[0])
		_slides[way + "jitter"].set_value(values[1])
		_slides[way + "loss"].set_value(values[2])
	_is_filling = false
	var chosen := {} if preset == "Off" else {"preset": preset}
	if not chosen.is_empty() and _seed.value > 0.0:
		chosen["seed"] = int(_seed.value)
	_ask_settings(chosen)


func _slid(property: String, way: String) -> void:
	if _is_filling:
		return
	if _same.button_pressed:
		_is_filling = true
		var other := "incoming_" if way == "outgoing_" else "outgoing_"
		_slides[other + property].set_value(_slides[way + property].value())
		_is_filling = false
	_changed()


func _changed() -> void:
	_presets.select(_presets.item_count - 1)
	if is_inside_tree():
		_timer.start()


func _send_settings() -> void:
	_ask_settings(settings())


func _ask_settings(values: Dictionary) -> void:
	var peer := _selection.peer_id if _scope.selected == ScopeRs.PEER and _selection.peer() != null else 0
	_ask("enet_rs:simulate", [_object(), peer, values])


## 0 stands for all hosts.
func _object() -> int:
	if _scope.selected == ScopeRs.INSTANCE or _scope.selected == ScopeRs.ALL:
		return 0
	var host := _selection.host()
	return host.object if host != null else 0


func _ask(message: String, data: Array) -> void:
	asked.emit(message, data, _scope.selected == ScopeRs.ALL)
	_status.text = "Sent: %s" % message.trim_prefix("enet_rs:")
