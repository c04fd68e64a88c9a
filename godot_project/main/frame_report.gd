class_name FrameReport
extends Node
## Prints once a second how many frames there were, and how long the longest took.

var _frames := 0
var _longest := 0
var _last := Time.get_ticks_usec()
var _second := Time.get_ticks_usec()


func _process(_delta: float) -> void:
	var now := Time.get_ticks_usec()
	_longest = maxi(_longest, now - _last)
	_last = now
	_frames += 1
	if now - _second < 1000000:
		return
	print("frames: %d a second, the longest %.1f ms" % [
		roundi(_frames * 1000000.0 / (now - _second)), _longest / 1000.0])
	_frames = 0
	_longest = 0
	_second = now
