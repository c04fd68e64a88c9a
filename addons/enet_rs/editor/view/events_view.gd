@tool
extends VBoxContainer
## Joins, refusals, ends, warnings and spikes.

const EventLog := preload("../model/event_log.gd")
const Palette := preload("palette.gd")
const Selection := preload("selection.gd")
const Table := preload("table.gd")
const Units := preload("units.gd")

const MAX_SHOWN := 300

var table: Table = Table.new()

var _selection: Selection
var _filter := LineEdit.new()
var _drawn := ""


func _init(selection: Selection) -> void:
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
	var rows: Array[Table.Row] = []
	var until := INF if _selection.is_live() else _selection.cursor
	for event: EventLog.Event in log_of_events.matching(_filter.text.strip_edges(), until).slice(0, MAX_SHOWN):
		var row := Table.Row.new()
		row.key = "%d" % rows.size()
		var start := maxf(_selection.instance.first_time, 0.0)
		row.values = [event.time, event.kind, event.peer, event.text]
		row.cells = [
			Units.clock(event.time - start), event.kind, str(event.peer) if event.peer != 0 else "", event.text]
		row.colors[1] = Palette.of_event(event.kind)
		row.tooltip = event.text
		rows.append(row)
	table.show_rows(rows)
