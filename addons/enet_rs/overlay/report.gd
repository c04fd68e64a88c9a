extends RefCounted
## The text of the button "Copy report": all figures, versions and the last events.

const MonitorRs := preload("monitor.gd")
const PeerListRs := preload("peer_list.gd")
const TextsRs := preload("texts.gd")

## How many peers are listed.
const ROWS := 32


## The report of the monitor's last reading. `simulation` says what the simulator does.
static func text(monitor: MonitorRs, simulation: String, with_address: bool) -> String:
	var reading := monitor.reading
	var lines := PackedStringArray(["Network report, %s UTC" % Time.get_datetime_string_from_system(true, true)])
	_tell_system(lines)
	lines.append("Peer: %s" % reading.setup)
	lines.append("Role: %s" % reading.title(with_address))
	lines.append("Simulator: %s" % simulation)
	if not reading.missing().is_empty():
		lines.append("Missing figures: %s" % reading.missing())
	_tell_figures(lines, "Host", reading.host)
	_tell_figures(lines, "Server", reading.server)
	if not reading.rates.is_empty():
		lines.append("\nPer second")
		for key in reading.rates:
			lines.append("  %s: %.1f" % [key, reading.rates[key]])
	_tell_rows(lines, monitor.peers.worst(ROWS), reading.peer_count)
	lines.append("\nLast events")
	for line in monitor.events.lines_with_addresses if with_address else monitor.events.lines:
		lines.append("  " + line)
	if monitor.events.lines.is_empty():
		lines.append("  none")
	return "\n".join(lines) + "\n"


static func _tell_system(lines: PackedStringArray) -> void:
	var game: String = ProjectSettings.get_setting("application/config/name", "")
	var version: String = ProjectSettings.get_setting("application/config/version", "")
	lines.append("Game: %s" % " ".join(PackedStringArray([game, version])).strip_edges())
	lines.append("Godot: %s, %s" % [
		Engine.get_version_info()["string"], "debug build" if OS.is_debug_build() else "release build"])
	lines.append("System: %s %s, %s, %d processors" % [
		OS.get_distribution_name(), OS.get_version(), Engine.get_architecture_name(), OS.get_processor_count()])
	lines.append("Display: %s %s" % [DisplayServer.get_name(), RenderingServer.get_video_adapter_name()])
	lines.append("Frames: %.0f /s, physics %d /s" % [Engine.get_frames_per_second(), Engine.physics_ticks_per_second])


static func _tell_figures(lines: PackedStringArray, heading: String, figures: Dictionary) -> void:
	if figures.is_empty():
		return
	lines.append("\n" + heading)
	for key: String in figures:
		lines.append("  %s: %s" % [key, _value(figures[key])])


static func _tell_rows(lines: PackedStringArray, rows: Array[PeerListRs.RowRs], peer_count: int) -> void:
	if rows.is_empty():
		return
	lines.append("\nPeers (%d of %d, worst first)" % [rows.size(), peer_count])
	for row in rows:
		var figures := PackedStringArray(["in %s" % TextsRs.rate(row.rate_in), "out %s" % TextsRs.rate(row.rate_out)])
		for key: String in row.figures:
			# A dictionary by channel would fill a page.
			if not row.figures[key] is Dictionary:
				figures.append("%s %s" % [key, _value(row.figures[key])])
		lines.append("  %d: %s" % [row.id, ", ".join(figures)])


static func _value(value: Variant) -> String:
	if value is float:
		var number: float = value
		return String.num(number, 3)
	return str(value)
