@tool
extends VBoxContainer
## Who sends what: by RPC method and message from our extension, by node and synchronizer from the engine's profiler.

const EngineProfileRs := preload("../model/engine_profile.gd")
const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const TableRs := preload("table.gd")
const TalkersRs := preload("../model/talkers.gd")
const UnitsRs := preload("units.gd")

signal opened(name: String, file: String)

enum SourceRs { MESSAGES, ENGINE }

const BYTES_COLUMN := 4
const REFRESH_MSEC := 500
## Of the table's font, a little above the mean.
const LETTER_WIDTH := 7.0

var table: TableRs = TableRs.new()

var _selection: SelectionRs
var _sources := OptionButton.new()
var _directions := OptionButton.new()
var _total := Label.new()
var _drawn_at := 0


func _init(selection: SelectionRs) -> void:
	name = "Who sends this"
	_selection = selection
	var head := HBoxContainer.new()
	_sources.add_item("RPC methods and messages", SourceRs.MESSAGES)
	_sources.add_item("Nodes and synchronizers", SourceRs.ENGINE)
	_sources.tooltip_text = "RPC methods and messages: all messages, counted by the selected host. Nodes and synchronizers: the engine's " \
		+ "own count of RPCs and states by node, for all hosts of the game."
	_sources.item_selected.connect(func(_index: int) -> void: _drawn_at = 0)
	head.add_child(_sources)
	for text: String in ["Both directions", "out", "in"]:
		_directions.add_item(text)
	_directions.item_selected.connect(func(_index: int) -> void: _drawn_at = 0)
	head.add_child(_directions)
	_total.size_flags_horizontal = Control.SIZE_EXPAND_FILL
	_total.horizontal_alignment = HORIZONTAL_ALIGNMENT_RIGHT
	_total.clip_text = true
	_total.text_overrun_behavior = TextServer.OVERRUN_TRIM_ELLIPSIS
	_total.mouse_filter = Control.MOUSE_FILTER_STOP
	_total.tooltip_text = "Payload: bytes of packets, before compression and without headers. Means of the last five seconds."
	head.add_child(_total)
	add_child(head)
	table.set_up(["Name", "Kind", "Way", "Count/s", "Bytes/s", "Share", "Mean", "Total"], [-170, 58, 34, 58, 64, 50, 50, 66], 3)
	table.sort_by(BYTES_COLUMN, true)
	table.tooltip_text = "Double click: open the script or scene"
	table.row_activated.connect(func(row: TableRs.RowRs) -> void:
		var talker: TalkersRs.RowRs = row.subject
		opened.emit(talker.name, talker.file))
	add_child(table)


func refresh() -> void:
	if Time.get_ticks_msec() - _drawn_at < REFRESH_MSEC:
		return
	_drawn_at = Time.get_ticks_msec()
	table.show_rows(rows())


func rows() -> Array[TableRs.RowRs]:
	var host := _selection.host()
	var talkers: TalkersRs = null
	if _sources.selected == SourceRs.ENGINE:
		talkers = _selection.instance.engine.talkers
	elif host != null:
		talkers = host.talkers
	var found: Array[TableRs.RowRs] = []
	if talkers == null:
		return found
	var counted := talkers.rows(_selection.time())
	if _directions.selected > 0:
		var way := "out" if _directions.selected == 1 else "in"
		counted = counted.filter(func(talker: TalkersRs.RowRs) -> bool: return talker.direction == way)
	var sum: Dictionary[String, float] = {"in": 0.0, "out": 0.0}
	for talker in counted:
		sum[talker.direction] += talker.byte_rate
	for talker in counted:
		found.append(_row(talker, sum[talker.direction]))
	_total.text = "out %s, in %s" % [
		UnitsRs.text(sum["out"], UnitsRs.UnitRs.BYTES_A_SECOND), UnitsRs.text(sum["in"], UnitsRs.UnitRs.BYTES_A_SECOND)]
	return found


func _row(talker: TalkersRs.RowRs, sum: float) -> TableRs.RowRs:
	var row := TableRs.RowRs.new()
	row.key = "%s %s %s" % [talker.direction, talker.kind, talker.key]
	var share := talker.byte_rate / sum if sum > 0.0 else 0.0
	var shown := talker.name if not talker.name.is_empty() else "(%s)" % talker.kind
	row.values = [shown, talker.kind, talker.direction, talker.count_rate, talker.byte_rate, share, talker.mean_size(), talker.total_bytes]
	row.cells = [
		_fitting(shown), talker.kind, talker.direction, "%.1f" % talker.count_rate, UnitsRs.bytes(talker.byte_rate), "%.1f %%" % (share * 100.0),
		"%.0f B" % talker.mean_size(), UnitsRs.bytes(talker.total_bytes)]
	row.colors[2] = PaletteRs.OUTGOING if talker.direction == "out" else PaletteRs.INCOMING
	row.tooltip = talker.name if talker.file.is_empty() else "%s\n%s" % [talker.name, talker.file]
	row.subject = talker
	return row


## The end of a long path: it has the node and the method.
func _fitting(text: String) -> String:
	var room := (table.get_column_width(0) / PaletteRs.scale() - 14.0) / LETTER_WIDTH if table.is_visible_in_tree() else 1000.0
	return text if text.length() <= room else "…" + text.right(maxi(floori(room) - 1, 1))
