@tool
extends VBoxContainer
## The graphs of the selected host or peer.

const FiguresRs := preload("../model/figures.gd")
const GraphRs := preload("graph.gd")
const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const UnitsRs := preload("units.gd")

const WINDOWS: Dictionary[String, float] = {"15 s": 15_000.0, "1 min": 60_000.0, "5 min": 300_000.0, "10 min": 600_000.0}
const MAX_POINTS := 300
## Long windows change slowly.
const SLOW_WINDOW := 120_000.0
const SLOW_MSEC := 500

var _selection: SelectionRs
var _title := Label.new()
var _grid := GridContainer.new()
var _graphs: Array[GraphRs] = []
var _figures: Array[PackedInt32Array] = []
var _drawn_at := 0


func _init(selection: SelectionRs) -> void:
	name = "Graphs"
	_selection = selection
	var head := HBoxContainer.new()
	_title.size_flags_horizontal = Control.SIZE_EXPAND_FILL
	_title.clip_text = true
	head.add_child(_title)
	var windows := OptionButton.new()
	windows.tooltip_text = "Time span of the graphs"
	for text in WINDOWS:
		windows.add_item(text)
	windows.select(1)
	windows.item_selected.connect(func(index: int) -> void:
		_selection.window = WINDOWS.values()[index]
		_drawn_at = 0)
	head.add_child(windows)
	add_child(head)
	_grid.size_flags_vertical = Control.SIZE_EXPAND_FILL
	_grid.add_theme_constant_override(&"h_separation", PaletteRs.scaled(4))
	_grid.add_theme_constant_override(&"v_separation", PaletteRs.scaled(4))
	add_child(_grid)
	_add("Out", UnitsRs.UnitRs.BYTES_A_SECOND, [FiguresRs.WIRE_OUT, FiguresRs.PAYLOAD_OUT], ["wire", "payload"],
		[PaletteRs.OUTGOING, PaletteRs.paler(PaletteRs.OUTGOING)])
	_add("In", UnitsRs.UnitRs.BYTES_A_SECOND, [FiguresRs.WIRE_IN, FiguresRs.PAYLOAD_IN], ["wire", "payload"],
		[PaletteRs.INCOMING, PaletteRs.paler(PaletteRs.INCOMING)])
	_add("Round trip", UnitsRs.UnitRs.MILLISECONDS, [FiguresRs.ROUND_TRIP, FiguresRs.ROUND_TRIP_HIGH], ["mean", "high"],
		[PaletteRs.ROUND_TRIP, PaletteRs.paler(PaletteRs.ROUND_TRIP)])
	_add("Loss", UnitsRs.UnitRs.SHARE, [FiguresRs.LOSS], [""], [PaletteRs.LOSS])
	_add("Queues", UnitsRs.UnitRs.BYTES, [FiguresRs.QUEUED, FiguresRs.IN_FLIGHT, FiguresRs.UNREAD], ["queued", "in flight", "unread"],
		[PaletteRs.QUEUED, PaletteRs.IN_FLIGHT, PaletteRs.UNREAD])
	_add("Tick health", UnitsRs.UnitRs.MILLISECONDS, [FiguresRs.POLL_GAP, FiguresRs.SEND_GAP], ["poll gap", "send gap"],
		[PaletteRs.POLL, PaletteRs.SEND])
	_add("Datagrams", UnitsRs.UnitRs.NUMBER_A_SECOND, [FiguresRs.DATAGRAMS_OUT, FiguresRs.DATAGRAMS_IN, FiguresRs.RESENT], ["out", "in", "resent"],
		[PaletteRs.OUTGOING, PaletteRs.INCOMING, PaletteRs.LOSS])
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
		var is_health := _figures[index][0] == FiguresRs.POLL_GAP
		var is_datagrams := _figures[index][0] == FiguresRs.DATAGRAMS_OUT
		_graphs[index].visible = is_host if is_health else not is_host if is_datagrams else true
		var lines: Array[PackedVector2Array] = []
		if series != null and _graphs[index].visible:
			for figure in _figures[index]:
				lines.append(series.points(figure, _selection.time() - _selection.window, _selection.time(), MAX_POINTS))
		_graphs[index].show_lines(lines, _selection.window)


func _add(title: String, unit: UnitsRs.UnitRs, figures: PackedInt32Array, labels: PackedStringArray, colors: PackedColorArray) -> void:
	var graph := GraphRs.new(title, unit, labels, colors)
	graph.hovered.connect(_hover)
	_graphs.append(graph)
	_figures.append(figures)
	_grid.add_child(graph)


func _hover(share: float) -> void:
	for graph in _graphs:
		graph.set_hover(share)


func _lay_out() -> void:
	# Three beside each other have room for the names of their lines from 900 on; in a low panel height counts more.
	var area := size / PaletteRs.scale()
	_grid.columns = 3 if area.x >= 900.0 or (area.x >= 560.0 and area.y < 400.0) else 2 if area.x >= 340.0 else 1
