@tool
extends RefCounted
## What happened: joins, refusals, ends, warnings, spikes.

const MAX_EVENTS := 2000

var revision := 0
var events: Array[EventRs] = []


class EventRs:
	var time := 0.0
	var object := 0
	var kind := ""
	var peer := 0
	var text := ""


func clear() -> void:
	events.clear()
	revision += 1


func add(time: float, object: int, kind: String, peer: int, text: String) -> void:
	var event := EventRs.new()
	event.time = time
	event.object = object
	event.kind = kind
	event.peer = peer
	event.text = text
	events.append(event)
	if events.size() > MAX_EVENTS:
		events.pop_front()
	revision += 1


## The events up to a time with this word in their kind, peer or text, newest first.
func matching(word: String, until: float) -> Array[EventRs]:
	var found: Array[EventRs] = []
	for index in range(events.size() - 1, -1, -1):
		var event := events[index]
		if event.time <= until and (word.is_empty() or ("%s %d %s" % [event.kind, event.peer, event.text]).containsn(word)):
			found.append(event)
	return found


func save() -> Array:
	var saved := []
	for event in events:
		saved.append([event.time, event.object, event.kind, event.peer, event.text])
	return saved
