@tool
extends RefCounted
## Figures as text.

enum UnitRs { BYTES_A_SECOND, BYTES, MILLISECONDS, SHARE, NUMBER_A_SECOND }


static func text(value: float, unit: UnitRs) -> String:
	if value < 0.0:
		return "-"
	match unit:
		UnitRs.BYTES_A_SECOND:
			return bytes(value) + "/s"
		UnitRs.BYTES:
			return bytes(value)
		UnitRs.MILLISECONDS:
			return milliseconds(value)
		UnitRs.SHARE:
			return share(value)
	return "%.1f /s" % value if value < 100.0 else "%d /s" % roundi(value)


static func bytes(value: float) -> String:
	if value < 0.0:
		return "-"
	if value < 1000.0:
		return "%d B" % roundi(value)
	if value < 1e6:
		return "%.1f kB" % (value / 1e3)
	return "%.2f MB" % (value / 1e6)


static func milliseconds(value: float) -> String:
	if value < 0.0:
		return "-"
	if value >= 10_000.0:
		return "%.1f s" % (value / 1000.0)
	return "%.1f ms" % value if value < 100.0 else "%d ms" % roundi(value)


static func share(value: float) -> String:
	return "-" if value < 0.0 else "%.1f %%" % (value * 100.0)


## Kilobytes a second, for columns that name the unit.
static func kilobytes(value: float) -> String:
	return "-" if value < 0.0 else "%.2f" % (value / 1000.0) if value < 100_000.0 else "%.0f" % (value / 1000.0)


static func clock(milliseconds_passed: float) -> String:
	var seconds := maxf(milliseconds_passed, 0.0) / 1000.0
	return "%d:%04.1f" % [floori(seconds / 60.0), fmod(seconds, 60.0)]
