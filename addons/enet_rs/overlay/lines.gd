extends RefCounted
## The lines of the overlay's two groups of figures: name, value and mark of each.

const Reading := preload("reading.gd")
const Texts := preload("texts.gd")

const QUEUES: Dictionary[String, String] = {"queued": "Queued", "in_flight": "In flight", "unread": "Unread"}

var names := PackedStringArray()
var values := PackedStringArray()
var levels := PackedByteArray()


func text_of_names() -> String:
	return "\n".join(names)


func text_of_values() -> String:
	return "\n".join(values)


## Round trip, loss and health.
func tell_quality(reading: Reading) -> void:
	var figures := reading.server
	if reading.has_table():
		_add("Mean trip", Texts.milliseconds(reading.round_trip()), _trip(reading.round_trip()))
		var worst := Texts.figure(reading.host, "rtt_max")
		_add("Worst trip", Texts.milliseconds(worst), _trip(worst))
		_add("Peers", str(reading.peer_count))
	else:
		_add("Round trip", "%s, last %s" % [
			Texts.milliseconds(reading.round_trip()),
			Texts.milliseconds(Texts.figure(figures, "rtt_last"))], _trip(reading.round_trip()))
		var slow := Texts.figure(figures, "rtt_p99")
		_add("p50, p99", "%s, %s" % [
			Texts.milliseconds(Texts.figure(figures, "rtt_p50")), Texts.milliseconds(slow)], _trip(slow))
		_add("Throttle", Texts.percent(Texts.figure(figures, "throttle")))
	_add("Loss", Texts.percent(reading.loss()), Reading.level(reading.loss(), Reading.LOSS))
	_add("Resent", Texts.per_second(Texts.figure(reading.rates, "retransmissions")))
	_tell_health(reading)


## Bandwidth and queues.
func tell_traffic(reading: Reading) -> void:
	for direction: String in ["in", "out"]:
		_add(direction.capitalize(), "%s, payload %s" % [
			Texts.rate(Texts.figure(reading.rates, "bytes_" + direction)),
			Texts.rate(Texts.figure(reading.rates, "payload_" + direction))])
	_add("Datagrams", "%s in, %s out" % [
		Texts.per_second(Texts.figure(reading.rates, "datagrams_in")),
		Texts.per_second(Texts.figure(reading.rates, "datagrams_out"))])
	for queue in QUEUES:
		_add(QUEUES[queue], Texts.queue(reading.host, queue), _queue(reading.host, queue))


## The longest gaps of the game's own loop: a game that polls late makes every connection look slow.
func _tell_health(reading: Reading) -> void:
	if reading.host.has("poll_gap"):
		var poll := Texts.figure(reading.host, "poll_gap")
		_add("Poll gap", "%s, minute %s" % [
			Texts.milliseconds(poll), Texts.milliseconds(Texts.figure(reading.host, "poll_gap_minute"))],
			Reading.level(poll, Reading.GAP))
		var send := Texts.figure(reading.host, "send_gap")
		_add("Send gap", "%s, minute %s" % [
			Texts.milliseconds(send), Texts.milliseconds(Texts.figure(reading.host, "send_gap_minute"))])
	else:
		_add("Frame gap", Texts.milliseconds(reading.frame_gap), Reading.level(reading.frame_gap, Reading.GAP))


func _add(name: String, value: String, level := Reading.Level.NONE) -> void:
	names.append(name)
	values.append(value)
	levels.append(level)


static func _trip(value: float) -> Reading.Level:
	return Reading.level(value, Reading.ROUND_TRIP)


static func _queue(figures: Dictionary, name: String) -> Reading.Level:
	return Reading.level(Texts.figure(figures, name + "_packets"), Reading.QUEUE)
