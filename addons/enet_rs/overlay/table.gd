extends HBoxContainer
## The table of a server's worst peers. Each column is one text of many lines.

const MarksRs := preload("marks.gd")
const PeerListRs := preload("peer_list.gd")
const ReadingRs := preload("reading.gd")
const TextBlockRs := preload("text_block.gd")
const TextsRs := preload("texts.gd")

const TITLES: Array[String] = ["Peer", "Trip", "p99", "Loss", "In", "Out", "Waiting"]
const GAP := 14.0
## The widest usual text of each column.
const WIDEST: Array[String] = ["2147483647", "999 ms", "999 ms", "99.9 %", "999.9 kB/s", "999.9 kB/s", "Waiting"]

var _marks := MarksRs.new()
var _columns: Array[TextBlockRs] = []


func _init() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	add_child(_marks)
	for index in TITLES.size():
		var column := TextBlockRs.new()
		column.is_right_aligned = true
		column.widest = WIDEST[index]
		_columns.append(column)
		add_child(column)


## Fits the columns to the theme.
func fit(text_scale: float) -> void:
	add_theme_constant_override(&"separation", roundi(GAP * text_scale))
	_marks.fit(_columns[0].pitch(), 1)


func show_rows(rows: Array[PeerListRs.RowRs]) -> void:
	var texts: Array[PackedStringArray] = []
	for title in TITLES:
		texts.append(PackedStringArray([title]))
	var levels := PackedByteArray()
	for row in rows:
		var cells := cells_of(row)
		for index in cells.size():
			texts[index].append(cells[index])
		levels.append(ReadingRs.row_level(row))
	for index in _columns.size():
		_columns[index].text = "\n".join(texts[index])
	_marks.show_levels(levels)


static func cells_of(row: PeerListRs.RowRs) -> PackedStringArray:
	return PackedStringArray([
		str(row.id),
		TextsRs.milliseconds(TextsRs.figure(row.figures, "rtt_smoothed")),
		TextsRs.milliseconds(TextsRs.figure(row.figures, "rtt_p99")),
		TextsRs.percent(TextsRs.figure(row.figures, "loss")),
		TextsRs.rate(row.rate_in),
		TextsRs.rate(row.rate_out),
		str(row.queue()) if row.figures.has("queued_packets") else TextsRs.UNKNOWN,
	])
