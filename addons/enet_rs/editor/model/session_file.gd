@tool
extends RefCounted
## A session as JSON. Times and figures are the bytes of little-endian doubles and floats in base64: a session of ten minutes
## has millions of them.

const CheckedRs := preload("checked.gd")
const FiguresRs := preload("figures.gd")
const HostRs := preload("host.gd")
const InstanceRs := preload("instance.gd")
const PeerRs := preload("peer.gd")
const SeriesRs := preload("series.gd")

const FORMAT := "enet_rs session"
const VERSION := 1


static func to_text(instance: InstanceRs) -> String:
	var hosts := []
	for object: int in instance.hosts:
		var host := instance.hosts[object]
		var peers := []
		for id: int in host.peers:
			var peer := host.peers[id]
			peers.append({
				"id": id, "address": peer.address, "state": peer.state, "gone": peer.is_gone, "series": _series(peer.series),
			})
		hosts.append({
			# A JSON number has no 64 bits.
			"object": str(object), "facts": host.facts(), "closed": host.is_closed, "series": _series(host.series), "peers": peers,
			"talkers": host.talkers.save(), "sizes": host.sizes.save(), "timeline": host.timeline.save(),
		})
	return JSON.stringify({
		"format": FORMAT, "version": VERSION, "figures": FiguresRs.NAMES, "info": instance.info, "first_time": instance.first_time,
		"last_time": instance.last_time, "hosts": hosts, "events": instance.events.save().map(_event_to_text),
		"engine": instance.engine.talkers.save(),
	}, "", false)


## Fills the instance. Returns why it could not, or an empty text.
static func from_text(text: String, instance: InstanceRs) -> String:
	var json := JSON.new()
	if json.parse(text) != OK:
		return "The file is not valid JSON (line %d)." % json.get_error_line()
	var saved := CheckedRs.dictionary(json.data)
	if CheckedRs.text(saved.get("format")) != FORMAT:
		return "The file is not a saved session."
	if CheckedRs.integer(saved.get("version")) != VERSION or CheckedRs.names(saved.get("figures")) != FiguresRs.NAMES:
		return "The file is a session of another version of the addon."
	instance.clear()
	instance.info = CheckedRs.dictionary(saved.get("info"))
	instance.first_time = CheckedRs.number(saved.get("first_time"), -1.0)
	instance.last_time = CheckedRs.number(saved.get("last_time"), -1.0)
	for each: Variant in CheckedRs.list(saved.get("hosts")).slice(0, InstanceRs.MAX_HOSTS):
		_restore_host(instance, CheckedRs.dictionary(each))
	for each: Variant in CheckedRs.list(saved.get("events")):
		var parts := CheckedRs.list(each)
		if parts.size() >= 5:
			instance.events.add(CheckedRs.number(parts[0]), CheckedRs.text(parts[1]).to_int(), CheckedRs.text(parts[2]),
				CheckedRs.integer(parts[3]), CheckedRs.text(parts[4]))
	var counted := CheckedRs.list(saved.get("engine"))
	instance.engine.talkers.restore(CheckedRs.list(CheckedRs.at(counted, 0)), CheckedRs.list(CheckedRs.at(counted, 1)))
	instance.revision += 1
	return ""


static func _event_to_text(event: Array) -> Array:
	event[1] = str(event[1])
	return event


static func _series(series: SeriesRs) -> Array:
	return [Marshalls.raw_to_base64(series.times_bytes()), Marshalls.raw_to_base64(series.values_bytes())]


static func _restore_series(series: SeriesRs, saved: Variant) -> void:
	var parts := CheckedRs.list(saved)
	series.restore(_decoded(CheckedRs.at(parts, 0)), _decoded(CheckedRs.at(parts, 1)))


## The engine reports text that is no base64 as an error, so such text is found here.
static func _decoded(value: Variant) -> PackedByteArray:
	var text: String = value if value is String else ""
	var is_base64 := RegEx.create_from_string("^[A-Za-z0-9+/]*={0,2}$").search(text) != null
	return Marshalls.base64_to_raw(text) if not text.is_empty() and text.length() % 4 == 0 and is_base64 else PackedByteArray()


static func _restore_host(instance: InstanceRs, saved: Dictionary) -> void:
	var object := CheckedRs.text(saved.get("object")).to_int()
	if object == 0:
		return
	var none := FiguresRs.places([])
	var host := HostRs.new(object, none, none)
	host.describe(CheckedRs.dictionary(saved.get("facts")))
	host.is_closed = CheckedRs.truth(saved.get("closed"))
	_restore_series(host.series, saved.get("series"))
	for each: Variant in CheckedRs.list(saved.get("peers")).slice(0, HostRs.MAX_PEERS):
		var facts := CheckedRs.dictionary(each)
		var peer := PeerRs.new(CheckedRs.integer(facts.get("id")), none)
		peer.address = CheckedRs.text(facts.get("address"))
		peer.state = CheckedRs.text(facts.get("state"))
		peer.is_gone = CheckedRs.truth(facts.get("gone"))
		_restore_series(peer.series, facts.get("series"))
		host.peers[peer.id] = peer
	var counted := CheckedRs.list(saved.get("talkers"))
	host.talkers.restore(CheckedRs.list(CheckedRs.at(counted, 0)), CheckedRs.list(CheckedRs.at(counted, 1)))
	var sizes := CheckedRs.list(saved.get("sizes"))
	host.sizes.restore(CheckedRs.floats(CheckedRs.at(sizes, 0)), CheckedRs.ints(CheckedRs.at(sizes, 1)))
	var datagrams := CheckedRs.list(saved.get("timeline"))
	var directions := PackedByteArray(CheckedRs.list(CheckedRs.at(datagrams, 1)).map(CheckedRs.integer))
	host.timeline.add(CheckedRs.longs(CheckedRs.at(datagrams, 0)), directions, CheckedRs.ints(CheckedRs.at(datagrams, 2)),
		CheckedRs.ints(CheckedRs.at(datagrams, 3)), CheckedRs.list(CheckedRs.at(datagrams, 4)).map(_decoded))
	instance.hosts[object] = host
