@tool
extends VBoxContainer
## Joins, refusals, ends, warnings and spikes.

const EventLogRs := preload("../model/event_log.gd")
const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const TableRs := preload("table.gd")
const UnitsRs := preload("units.gd")

const MAX_SHOWN := 300

var table: TableRs = TableRs.new()

var _selection: SelectionRs
var _filter := LineEdit.new()
var _drawn := ""


func _init(selection: SelectionRs) -> void:
	name = "Events"
	_selection = selection
	_filter.placeholder_text = "Filter: kind, peer or words"
	_filter.clear_button_enabled = true
	add_child(_filter)
	table.set_up(["Time", "Kind", "Peer", "Text"], [60, 74, 84, -180], 9)
	table.sort_by(0, true)
	add_child(table)


func refresh() -> void:
	var log_of_events := _selection.instance.events
	var drawn := "%d %s %f" % [log_of_events.revision, _filter.text, _selection.cursor]
	if drawn == _drawn:
		return
	_drawn = drawn
	var rows: Array[TableRs.RowRs] = []
	var until := INF if _selection.is_live() else _selection.cursor
	for event: EventLogRs.EventRs in log_of_events.matching(_filter.text.strip_edges(), until).slice(0, MAX_SHOWN):
		var row := TableRs.RowRs.new()
		row.key = "%d" % rows.size()
		var start := maxf(_selection.instance.first_time, 0.0)
		row.values = [event.time, event.kind, event.peer, event.text]
		row.cells = [
			UnitsRs.clock(event.time - start), event.kind, str(event.peer) if event.peer != 0 else "", event.text]
		row.colors[1] = PaletteRs.of_event(event.kind)
		row.tooltip = event.text
		rows.append(row)
	table.show_rows(rows)
