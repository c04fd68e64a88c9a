extends RefCounted
## The lines of the overlay's two groups of figures: name, value and mark of each.

const ReadingRs := preload("reading.gd")
const TextsRs := preload("texts.gd")

const QUEUES: Dictionary[String, String] = {"queued": "Queued", "in_flight": "In flight", "unread": "Unread"}

var names := PackedStringArray()
var values := PackedStringArray()
var levels := PackedByteArray()


func text_of_names() -> String:
	return "\n".join(names)


func text_of_values() -> String:
	return "\n".join(values)


## Round trip, loss and health.
func tell_quality(reading: ReadingRs) -> void:
	var figures := reading.server
	if reading.has_table():
		_add("Mean trip", TextsRs.milliseconds(reading.round_trip()), _trip(reading.round_trip()))
		var worst := TextsRs.figure(reading.host, "rtt_max")
		_add("Worst trip", TextsRs.milliseconds(worst), _trip(worst))
		_add("Peers", str(reading.peer_count))
	else:
		_add("Round trip", "%s, last %s" % [
			TextsRs.milliseconds(reading.round_trip()),
			TextsRs.milliseconds(TextsRs.figure(figures, "rtt_last"))], _trip(reading.round_trip()))
		var slow := TextsRs.figure(figures, "rtt_p99")
		_add("p50, p99", "%s, %s" % [
			TextsRs.milliseconds(TextsRs.figure(figures, "rtt_p50")), TextsRs.milliseconds(slow)], _trip(slow))
		_add("Throttle", TextsRs.percent(TextsRs.figure(figures, "throttle")))
	_add("Loss", TextsRs.percent(reading.loss()), ReadingRs.level(reading.loss(), ReadingRs.LOSS))
	_add("Resent", TextsRs.per_second(TextsRs.figure(reading.rates, "retransmissions")))
	_tell_health(reading)


## Bandwidth and queues.
func tell_traffic(reading: ReadingRs) -> void:
	for direction: String in ["in", "out"]:
		_add(direction.capitalize(), "%s, payload %s" % [
			TextsRs.rate(TextsRs.figure(reading.rates, "bytes_" + direction)),
			TextsRs.rate(TextsRs.figure(reading.rates, "payload_" + direction))])
	_add("Datagrams", "%s in, %s out" % [
		TextsRs.per_second(TextsRs.figure(reading.rates, "datagrams_in")),
		TextsRs.per_second(TextsRs.figure(reading.rates, "datagrams_out"))])
	for queue in QUEUES:
		_add(QUEUES[queue], TextsRs.queue(reading.host, queue), _queue(reading.host, queue))


## The longest gaps of the game's own loop: a game that polls late makes every connection look slow.
func _tell_health(reading: ReadingRs) -> void:
	if reading.host.has("poll_gap"):
		var poll := TextsRs.figure(reading.host, "poll_gap")
		_add("Poll gap", "%s, minute %s" % [
			TextsRs.milliseconds(poll), TextsRs.milliseconds(TextsRs.figure(reading.host, "poll_gap_minute"))],
			ReadingRs.level(poll, ReadingRs.GAP))
		var send := TextsRs.figure(reading.host, "send_gap")
		_add("Send gap", "%s, minute %s" % [
			TextsRs.milliseconds(send), TextsRs.milliseconds(TextsRs.figure(reading.host, "send_gap_minute"))])
	else:
		_add("Frame gap", TextsRs.milliseconds(reading.frame_gap), ReadingRs.level(reading.frame_gap, ReadingRs.GAP))


func _add(name: String, value: String, level := ReadingRs.LevelRs.NONE) -> void:
	names.append(name)
	values.append(value)
	levels.append(level)


static func _trip(value: float) -> ReadingRs.LevelRs:
	return ReadingRs.level(value, ReadingRs.ROUND_TRIP)


static func _queue(figures: Dictionary, name: String) -> ReadingRs.LevelRs:
	return ReadingRs.level(TextsRs.figure(figures, name + "_packets"), ReadingRs.QUEUE)
