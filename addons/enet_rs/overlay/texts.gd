extends RefCounted
## Figures as texts: numbers with units, and what is unknown as a dash.

const UNKNOWN := "–"


static func milliseconds(value: float) -> String:
	if value < 0.0:
		return UNKNOWN
	if value >= 10_000.0:
		return "%.0f s" % (value / 1000.0)
	return ("%.1f ms" if value < 100.0 else "%.0f ms") % value


static func percent(share: float) -> String:
	return UNKNOWN if share < 0.0 else "%.1f %%" % (share * 100.0)


## Bytes a second, in steps of 1000.
static func rate(bytes: float) -> String:
	if bytes < 0.0:
		return UNKNOWN
	if bytes < 999_950.0:
		return "%.1f kB/s" % (bytes / 1e3)
	return "%.1f MB/s" % (bytes / 1e6)


static func size(bytes: int) -> String:
	if bytes < 1000:
		return "%d B" % bytes
	return "%.1f kB" % (bytes / 1e3) if bytes < 999_950 else "%.1f MB" % (bytes / 1e6)


static func per_second(value: float) -> String:
	return UNKNOWN if value < 0.0 else "%.0f/s" % value


## Packets and their bytes of a queue, such as [code]"queued"[/code].
static func queue(figures: Dictionary, name: String) -> String:
	if not figures.has(name + "_packets"):
		return UNKNOWN
	var packets: int = figures[name + "_packets"]
	if not figures.has(name + "_bytes"):
		return str(packets)
	var bytes: int = figures[name + "_bytes"]
	return "%d, %s" % [packets, size(bytes)]


## A figure as a number, -1 if it is missing.
static func figure(figures: Dictionary, key: String) -> float:
	return figures.get(key, -1.0)
