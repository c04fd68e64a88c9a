@tool
extends VBoxContainer
## The graphs of the selected host or peer.

const Figures := preload("../model/figures.gd")
const Graph := preload("graph.gd")
const Palette := preload("palette.gd")
const Selection := preload("selection.gd")
const Units := preload("units.gd")

const WINDOWS: Dictionary[String, float] = {"15 s": 15_000.0, "1 min": 60_000.0, "5 min": 300_000.0, "10 min": 600_000.0}
const MAX_POINTS := 300
## Long windows change slowly.
const SLOW_WINDOW := 120_000.0
const SLOW_MSEC := 500

var _selection: Selection
var _title := Label.new()
var _grid := GridContainer.new()
var _graphs: Array[Graph] = []
var _figures: Array[PackedInt32Array] = []
var _drawn_at := 0


func _init(selection: Selection) -> void:
	name = "Graphs"
	_selection = selection
	var head := HBoxContainer.new()
	_title.size_flags_horizontal = Control.SIZE_EXPAND_FILL
	_title.clip_text = true
	head.add_child(_title)
	var windows := OptionButton.new()
	windows.tooltip_text = "The time that the graphs span"
	for text in WINDOWS:
		windows.add_item(text)
	windows.select(1)
	windows.item_selected.connect(func(index: int) -> void:
		_selection.window = WINDOWS.values()[index]
		_drawn_at = 0)
	head.add_child(windows)
	add_child(head)
	_grid.size_flags_vertical = Control.SIZE_EXPAND_FILL
	_grid.add_theme_constant_override(&"h_separation", 4)
	_grid.add_theme_constant_override(&"v_separation", 4)
	add_child(_grid)
	_add("Out", Units.Unit.BYTES_A_SECOND, [Figures.WIRE_OUT, Figures.PAYLOAD_OUT], ["wire", "payload"],
		[Palette.OUTGOING, Palette.paler(Palette.OUTGOING)])
	_add("In", Units.Unit.BYTES_A_SECOND, [Figures.WIRE_IN, Figures.PAYLOAD_IN], ["wire", "payload"],
		[Palette.INCOMING, Palette.paler(Palette.INCOMING)])
	_add("Round trip", Units.Unit.MILLISECONDS, [Figures.ROUND_TRIP, Figures.ROUND_TRIP_HIGH], ["mean", "high"],
		[Palette.ROUND_TRIP, Palette.paler(Palette.ROUND_TRIP)])
	_add("Loss", Units.Unit.SHARE, [Figures.LOSS], [""], [Palette.LOSS])
	_add("Queues", Units.Unit.BYTES, [Figures.QUEUED, Figures.IN_FLIGHT, Figures.UNREAD], ["queued", "in flight", "unread"],
		[Palette.QUEUED, Palette.IN_FLIGHT, Palette.UNREAD])
	_add("Tick health", Units.Unit.MILLISECONDS, [Figures.POLL_GAP, Figures.SEND_GAP], ["poll gap", "send gap"],
		[Palette.POLL, Palette.SEND])
	_add("Datagrams", Units.Unit.NUMBER_A_SECOND, [Figures.DATAGRAMS_OUT, Figures.DATAGRAMS_IN, Figures.RESENT], ["out", "in", "resent"],
		[Palette.OUTGOING, Palette.INCOMING, Palette.LOSS])
	resized.connect(_lay_out)


func refresh() -> void:
	var now := Time.get_ticks_msec()
	if _selection.window >= SLOW_WINDOW and now - _drawn_at < SLOW_MSEC:
		return
	_drawn_at = now
	var series := _selection.series()
	_title.text = _selection.title() if series != null else "No host yet. The game has to create an ENetMultiplayerPeerRs or ENetConnectionRs."
	var is_host := _selection.peer() == null
	for index in _graphs.size():
		# Only a host has gaps; its place goes to the datagrams of a peer.
		var is_health := _figures[index][0] == Figures.POLL_GAP
		var is_datagrams := _figures[index][0] == Figures.DATAGRAMS_OUT
		_graphs[index].visible = is_host if is_health else not is_host if is_datagrams else true
		var lines: Array[PackedVector2Array] = []
		if series != null and _graphs[index].visible:
			for figure in _figures[index]:
				lines.append(series.points(figure, _selection.time() - _selection.window, _selection.time(), MAX_POINTS))
		_graphs[index].show_lines(lines, _selection.window)


func _add(title: String, unit: Units.Unit, figures: PackedInt32Array, labels: PackedStringArray, colors: PackedColorArray) -> void:
	var graph := Graph.new(title, unit, labels, colors)
	graph.hovered.connect(_hover)
	_graphs.append(graph)
	_figures.append(figures)
	_grid.add_child(graph)


func _hover(share: float) -> void:
	for graph in _graphs:
		graph.set_hover(share)


func _lay_out() -> void:
	_grid.columns = 3 if size.x >= 560.0 * Palette.scale() else 2 if size.x >= 340.0 * Palette.scale() else 1
