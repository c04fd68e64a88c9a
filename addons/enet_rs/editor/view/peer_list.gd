@tool
extends "table.gd"
## The hosts of a game with their peers.

const FiguresRs := preload("../model/figures.gd")
const HostRs := preload("../model/host.gd")
const PeerRs := preload("../model/peer.gd")
const SelectionRs := preload("selection.gd")
const SeriesRs := preload("../model/series.gd")
const UnitsRs := preload("units.gd")

signal chosen

const STATE_COLUMN := 7

var _selection: SelectionRs


func _init(selection: SelectionRs) -> void:
	_selection = selection
	# In a narrow panel the last ones are out of sight.
	set_up(["Peer", "RTT ms", "Loss %", "In kB/s", "Out kB/s", "Queued", "In flight", "State", "Address"],
		[-98, 50, 48, 52, 58, 52, 54, 74, -92], 1, true, STATE_COLUMN)
	# An id has up to ten digits, which the least width has room for; the port tells the players of one address apart.
	set_column_expand_ratio(0, 1)
	set_column_expand_ratio(STATE_COLUMN + 1, 3)
	custom_minimum_size = Vector2(300, 0) * PaletteRs.scale()
	row_selected.connect(_choose)
	column_title_clicked.connect(func(_column: int, _button: int) -> void: refresh())


func refresh() -> void:
	var rows: Array[RowRs] = []
	for object: int in _selection.instance.hosts:
		var host := _selection.instance.hosts[object]
		var row := _row("%d" % object, host.series)
		row.cells[0] = host.title()
		row.tooltip = _description(host)
		row.colors[0] = PaletteRs.DIM if host.is_closed else PaletteRs.IN_FLIGHT
		for peer in host.peers_at(_selection.time(), _selection.is_live()):
			row.below.append(_peer_row(object, peer))
		row.cells[STATE_COLUMN] = "%d peer%s" % [row.below.size(), "" if row.below.size() == 1 else "s"]
		rows.append(row)
	show_rows(rows)


func _peer_row(object: int, peer: PeerRs) -> RowRs:
	var row := _row("%d:%d" % [object, peer.id], peer.series)
	row.cells[0] = "1 (server)" if peer.id == 1 else str(peer.id)
	row.cells[STATE_COLUMN + 1] = peer.address
	row.cells[STATE_COLUMN] = "gone" if peer.is_gone else peer.state
	for column: int in [STATE_COLUMN, STATE_COLUMN + 1]:
		row.values[column] = row.cells[column]
	row.values[0] = peer.id
	row.tooltip = "Peer %d, %s" % [peer.id, peer.address]
	return row


func _row(key: String, series: SeriesRs) -> RowRs:
	var row := RowRs.new()
	row.key = key
	row.cells.resize(columns)
	row.values.resize(columns)
	row.values.fill(0.0)
	var index := series.find(_selection.time())
	if index < 0:
		return row
	var figures := series.row_at(index)
	var column := 1
	for figure: int in [FiguresRs.ROUND_TRIP, FiguresRs.LOSS, FiguresRs.WIRE_IN, FiguresRs.WIRE_OUT, FiguresRs.QUEUED, FiguresRs.IN_FLIGHT]:
		row.values[column] = figures[figure]
		column += 1
	var round_trip := figures[FiguresRs.ROUND_TRIP]
	row.cells[1] = "-" if round_trip < 0.0 else "%.1f" % round_trip
	row.cells[2] = "-" if figures[FiguresRs.LOSS] < 0.0 else "%.1f" % (figures[FiguresRs.LOSS] * 100.0)
	row.cells[3] = UnitsRs.kilobytes(figures[FiguresRs.WIRE_IN])
	row.cells[4] = UnitsRs.kilobytes(figures[FiguresRs.WIRE_OUT])
	row.cells[5] = UnitsRs.bytes(figures[FiguresRs.QUEUED])
	row.cells[6] = UnitsRs.bytes(figures[FiguresRs.IN_FLIGHT])
	row.colors[1] = PaletteRs.of_round_trip(round_trip)
	row.colors[2] = PaletteRs.of_loss(figures[FiguresRs.LOSS])
	return row


func _description(host: HostRs) -> String:
	return "%s, %s, %s:%d\nencrypted: %s, compression: %s, channels: %d, network thread: %s\n%s" % [
		host.kind, host.role, host.address, host.port, "yes" if host.is_encrypted else "no", host.compression, host.channels,
		"yes" if host.is_threaded else "no", host.name]


func _choose(key: String) -> void:
	var parts := key.split(":")
	_selection.object = parts[0].to_int()
	_selection.has_peer = parts.size() > 1
	_selection.peer_id = parts[1].to_int() if parts.size() > 1 else 0
	chosen.emit()
