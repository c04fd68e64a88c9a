@tool
extends RefCounted
## The figures of an instance as CSV: a row for each snapshot of each host and peer.

const FiguresRs := preload("figures.gd")
const InstanceRs := preload("instance.gd")
const SeriesRs := preload("series.gd")


static func to_text(instance: InstanceRs) -> String:
	var lines := PackedStringArray([",".join(PackedStringArray(["time_ms", "host", "peer"]) + FiguresRs.NAMES)])
	for object: int in instance.hosts:
		var host := instance.hosts[object]
		_append(lines, host.series, "%d," % object)
		for id: int in host.peers:
			_append(lines, host.peers[id].series, "%d,%d" % [object, id])
	return "\n".join(lines) + "\n"


static func _append(lines: PackedStringArray, series: SeriesRs, owner: String) -> void:
	for index in series.size():
		var cells := PackedStringArray(["%.0f" % series.time_at(index), owner])
		for value in series.row_at(index):
			# Unknown figures are empty cells.
			cells.append("" if value < 0.0 else String.num(value, 4).trim_suffix(".0"))
		lines.append(",".join(cells))
