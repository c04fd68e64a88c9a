extends MarginContainer
## The overlay's controls. Only its buttons and sliders take the mouse.

signal copy_pressed
signal simulator_toggled

const GraphRs := preload("graph.gd")
const GroupRs := preload("group.gd")
const HistoryRs := preload("history.gd")
const LinesRs := preload("lines.gd")
const PeerListRs := preload("peer_list.gd")
const ReadingRs := preload("reading.gd")
const SimulatorRs := preload("simulator.gd")
const SimulatorPanelRs := preload("simulator_panel.gd")
const TableRs := preload("table.gd")

const GRAPH_HEIGHT := 56.0
const MARGIN := 8.0

var graph := GraphRs.new()
var simulator_panel: SimulatorPanelRs

var _panel := PanelContainer.new()
var _side := PanelContainer.new()
var _sides := HBoxContainer.new()
var _title := Label.new()
var _quality := GroupRs.new("999.9 ms, minute 999.9 ms")
var _traffic := GroupRs.new("999.9 kB/s, payload 999.9 kB/s")
var _table := TableRs.new()
var _note := Label.new()
var _copy := Button.new()
var _simulator_button := Button.new()
var _graph_button := Button.new()


func _init(simulator: SimulatorRs) -> void:
	simulator_panel = SimulatorPanelRs.new(simulator)
	set_anchors_preset(PRESET_FULL_RECT)
	_sides.add_child(_panel)
	_sides.add_child(_side)
	_side.add_child(simulator_panel)
	_side.visible = false
	add_child(_sides)
	var column := VBoxContainer.new()
	_panel.add_child(column)
	_title.theme_type_variation = &"ENetOverlayTitle"
	_note.theme_type_variation = &"ENetOverlayNote"
	_note.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	var groups := HBoxContainer.new()
	groups.add_child(_quality)
	groups.add_child(_traffic)
	var buttons := HBoxContainer.new()
	_add_button(buttons, _copy, "Copy report", copy_pressed.emit)
	_add_button(buttons, _graph_button, "Graph", _switch_graph)
	_add_button(buttons, _simulator_button, "Simulator", _toggle_simulator)
	for child: Control in [_title, groups, graph, _table, _note, buttons]:
		column.add_child(child)
	for child: Control in [self, _sides, _panel, _side, column, _title, groups, _note, buttons]:
		child.mouse_filter = MOUSE_FILTER_IGNORE


## Fits all sizes to the scale and the corner.
func fit(text_scale: float, is_right: bool, is_bottom: bool) -> void:
	for side: StringName in [&"margin_left", &"margin_right", &"margin_top", &"margin_bottom"]:
		add_theme_constant_override(side, roundi(MARGIN * text_scale))
	_sides.size_flags_horizontal = SIZE_SHRINK_END if is_right else SIZE_SHRINK_BEGIN
	_sides.size_flags_vertical = SIZE_SHRINK_END if is_bottom else SIZE_SHRINK_BEGIN
	_sides.move_child(_side, 0 if is_right else 1)
	for panel: Control in [_panel, _side]:
		panel.size_flags_vertical = SIZE_SHRINK_END if is_bottom else SIZE_SHRINK_BEGIN
	graph.custom_minimum_size.y = GRAPH_HEIGHT * text_scale
	_quality.fit()
	_traffic.fit()
	_table.fit(text_scale)
	simulator_panel.fit(text_scale)


func allow_simulator(is_allowed: bool) -> void:
	_simulator_button.visible = is_allowed
	_side.visible = _side.visible and is_allowed


func is_simulator_open() -> bool:
	return _side.visible


func show_figures(reading: ReadingRs, with_address: bool) -> void:
	reading.is_shown = true
	_title.text = reading.title(with_address)
	var quality := LinesRs.new()
	quality.tell_quality(reading)
	_quality.show_lines(quality)
	var traffic := LinesRs.new()
	traffic.tell_traffic(reading)
	_traffic.show_lines(traffic)
	_note.text = reading.missing()
	_note.visible = not _note.text.is_empty()


func show_peers(rows: Array[PeerListRs.RowRs]) -> void:
	_table.visible = not rows.is_empty()
	if _table.visible:
		_table.show_rows(rows)


func show_graph(history: HistoryRs) -> void:
	graph.show_history(history)


func tell_copied(is_copied: bool) -> void:
	_copy.text = "Copied" if is_copied else "Copy report"


func _add_button(parent: Container, button: Button, text: String, action: Callable) -> void:
	button.text = text
	# The focus stays in the game.
	button.focus_mode = FOCUS_NONE
	button.pressed.connect(action)
	parent.add_child(button)


func _switch_graph() -> void:
	graph.shows_round_trip = not graph.shows_round_trip
	graph.queue_redraw()


func _toggle_simulator() -> void:
	_side.visible = not _side.visible
	simulator_panel.refresh()
	simulator_toggled.emit()
