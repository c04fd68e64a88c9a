@tool
extends VBoxContainer
## Who sends what: by RPC method and message from our extension, by node and synchronizer from the engine's profiler.

const EngineProfile := preload("../model/engine_profile.gd")
const Palette := preload("palette.gd")
const Selection := preload("selection.gd")
const Table := preload("table.gd")
const Talkers := preload("../model/talkers.gd")
const Units := preload("units.gd")

signal opened(name: String, file: String)

enum Source { MESSAGES, ENGINE }

const BYTES_COLUMN := 4
const REFRESH_MSEC := 500

var table: Table = Table.new()

var _selection: Selection
var _sources := OptionButton.new()
var _directions := OptionButton.new()
var _total := Label.new()
var _drawn_at := 0


func _init(selection: Selection) -> void:
	name = "Who sends this"
	_selection = selection
	var head := HBoxContainer.new()
	_sources.add_item("RPC methods and messages", Source.MESSAGES)
	_sources.add_item("Nodes and synchronizers", Source.ENGINE)
	_sources.tooltip_text = "The first is counted by the selected host, all messages. The second is the engine's own count of RPCs and " \
		+ "states by node, of all hosts of the game."
	_sources.item_selected.connect(func(_index: int) -> void: _drawn_at = 0)
	head.add_child(_sources)
	for text: String in ["Both directions", "out", "in"]:
		_directions.add_item(text)
	_directions.item_selected.connect(func(_index: int) -> void: _drawn_at = 0)
	head.add_child(_directions)
	_total.size_flags_horizontal = Control.SIZE_EXPAND_FILL
	_total.horizontal_alignment = HORIZONTAL_ALIGNMENT_RIGHT
	_total.clip_text = true
	head.add_child(_total)
	add_child(head)
	table.set_up(["Name", "Kind", "Way", "Count/s", "Bytes/s", "Share", "Mean", "Total"], [-130, 74, 38, 66, 74, 54, 54, 66], 3)
	table.sort_by(BYTES_COLUMN, true)
	table.tooltip_text = "Double click: open the script or scene"
	table.row_activated.connect(func(row: Table.Row) -> void:
		var talker: Talkers.Row = row.subject
		opened.emit(talker.name, talker.file))
	add_child(table)


func refresh() -> void:
	if Time.get_ticks_msec() - _drawn_at < REFRESH_MSEC:
		return
	_drawn_at = Time.get_ticks_msec()
	table.show_rows(rows())


func rows() -> Array[Table.Row]:
	var host := _selection.host()
	var talkers: Talkers = null
	if _sources.selected == Source.ENGINE:
		talkers = _selection.instance.engine.talkers
	elif host != null:
		talkers = host.talkers
	var found: Array[Table.Row] = []
	if talkers == null:
		return found
	var counted := talkers.rows(_selection.time())
	if _directions.selected > 0:
		var way := "out" if _directions.selected == 1 else "in"
		counted = counted.filter(func(talker: Talkers.Row) -> bool: return talker.direction == way)
	var sum: Dictionary[String, float] = {"in": 0.0, "out": 0.0}
	for talker in counted:
		sum[talker.direction] += talker.byte_rate
	for talker in counted:
		found.append(_row(talker, sum[talker.direction]))
	_total.text = "payload out %s, in %s, of the last 5 s" % [
		Units.text(sum["out"], Units.Unit.BYTES_A_SECOND), Units.text(sum["in"], Units.Unit.BYTES_A_SECOND)]
	return found


func _row(talker: Talkers.Row, sum: float) -> Table.Row:
	var row := Table.Row.new()
	row.key = "%s %s %s" % [talker.direction, talker.kind, talker.key]
	var share := talker.byte_rate / sum if sum > 0.0 else 0.0
	var shown := talker.name if not talker.name.is_empty() else "(%s)" % talker.kind
	row.values = [shown, talker.kind, talker.direction, talker.count_rate, talker.byte_rate, share, talker.mean_size(), talker.total_bytes]
	row.cells = [
		shown, talker.kind, talker.direction, "%.1f" % talker.count_rate, Units.bytes(talker.byte_rate), "%.1f %%" % (share * 100.0),
		"%.0f B" % talker.mean_size(), Units.bytes(talker.total_bytes)]
	row.colors[2] = Palette.OUTGOING if talker.direction == "out" else Palette.INCOMING
	row.tooltip = talker.name if talker.file.is_empty() else "%s\n%s" % [talker.name, talker.file]
	row.subject = talker
	return row
