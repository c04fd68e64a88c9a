@tool
extends RefCounted
## A session as JSON. Times and figures are the bytes of little-endian doubles and floats in base64: a session of ten minutes
## has millions of them.

const Checked := preload("checked.gd")
const Figures := preload("figures.gd")
const Host := preload("host.gd")
const Instance := preload("instance.gd")
const Peer := preload("peer.gd")
const Series := preload("series.gd")

const FORMAT := "enet_rs session"
const VERSION := 1


static func to_text(instance: Instance) -> String:
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
		"format": FORMAT, "version": VERSION, "figures": Figures.NAMES, "info": instance.info, "first_time": instance.first_time,
		"last_time": instance.last_time, "hosts": hosts, "events": instance.events.save().map(_event_to_text),
		"engine": instance.engine.talkers.save(),
	}, "", false)


## Fills the instance. Returns why it could not, or an empty text.
static func from_text(text: String, instance: Instance) -> String:
	var json := JSON.new()
	if json.parse(text) != OK:
		return "The file is no JSON (line %d)." % json.get_error_line()
	var saved := Checked.dictionary(json.data)
	if Checked.text(saved.get("format")) != FORMAT:
		return "The file is no session of this tab."
	if Checked.integer(saved.get("version")) != VERSION or Checked.names(saved.get("figures")) != Figures.NAMES:
		return "The file is a session of another version of the addon."
	instance.clear()
	instance.info = Checked.dictionary(saved.get("info"))
	instance.first_time = Checked.number(saved.get("first_time"), -1.0)
	instance.last_time = Checked.number(saved.get("last_time"), -1.0)
	for each: Variant in Checked.list(saved.get("hosts")).slice(0, Instance.MAX_HOSTS):
		_restore_host(instance, Checked.dictionary(each))
	for each: Variant in Checked.list(saved.get("events")):
		var parts := Checked.list(each)
		if parts.size() >= 5:
			instance.events.add(Checked.number(parts[0]), Checked.text(parts[1]).to_int(), Checked.text(parts[2]),
				Checked.integer(parts[3]), Checked.text(parts[4]))
	var counted := Checked.list(saved.get("engine"))
	instance.engine.talkers.restore(Checked.list(Checked.at(counted, 0)), Checked.list(Checked.at(counted, 1)))
	instance.revision += 1
	return ""


static func _event_to_text(event: Array) -> Array:
	event[1] = str(event[1])
	return event


static func _series(series: Series) -> Array:
	return [Marshalls.raw_to_base64(series.times_bytes()), Marshalls.raw_to_base64(series.values_bytes())]


static func _restore_series(series: Series, saved: Variant) -> void:
	var parts := Checked.list(saved)
	series.restore(_decoded(Checked.at(parts, 0)), _decoded(Checked.at(parts, 1)))


## The engine reports text that is no base64 as an error, so such text is found here.
static func _decoded(value: Variant) -> PackedByteArray:
	var text: String = value if value is String else ""
	var is_base64 := RegEx.create_from_string("^[A-Za-z0-9+/]*={0,2}$").search(text) != null
	return Marshalls.base64_to_raw(text) if not text.is_empty() and text.length() % 4 == 0 and is_base64 else PackedByteArray()


static func _restore_host(instance: Instance, saved: Dictionary) -> void:
	var object := Checked.text(saved.get("object")).to_int()
	if object == 0:
		return
	var none := Figures.places([])
	var host := Host.new(object, none, none)
	host.describe(Checked.dictionary(saved.get("facts")))
	host.is_closed = Checked.truth(saved.get("closed"))
	_restore_series(host.series, saved.get("series"))
	for each: Variant in Checked.list(saved.get("peers")).slice(0, Host.MAX_PEERS):
		var facts := Checked.dictionary(each)
		var peer := Peer.new(Checked.integer(facts.get("id")), none)
		peer.address = Checked.text(facts.get("address"))
		peer.state = Checked.text(facts.get("state"))
		peer.is_gone = Checked.truth(facts.get("gone"))
		_restore_series(peer.series, facts.get("series"))
		host.peers[peer.id] = peer
	var counted := Checked.list(saved.get("talkers"))
	host.talkers.restore(Checked.list(Checked.at(counted, 0)), Checked.list(Checked.at(counted, 1)))
	var sizes := Checked.list(saved.get("sizes"))
	host.sizes.restore(Checked.floats(Checked.at(sizes, 0)), Checked.ints(Checked.at(sizes, 1)))
	var datagrams := Checked.list(saved.get("timeline"))
	var directions := PackedByteArray(Checked.list(Checked.at(datagrams, 1)).map(Checked.integer))
	host.timeline.add(Checked.longs(Checked.at(datagrams, 0)), directions, Checked.ints(Checked.at(datagrams, 2)),
		Checked.ints(Checked.at(datagrams, 3)), Checked.list(Checked.at(datagrams, 4)).map(_decoded))
	instance.hosts[object] = host
