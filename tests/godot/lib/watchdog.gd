extends RefCounted
## Kills the process when a case takes too long, because a hung engine cannot end itself.

var _thread := Thread.new()
var _mutex := Mutex.new()
var _deadline := 0
var _what := ""
var _stopped := false


func start() -> void:
	_thread.start(_watch)


func expect_within(seconds: float, what: String) -> void:
	_mutex.lock()
	_deadline = Time.get_ticks_msec() + int(seconds * 1000.0)
	_what = what
	_mutex.unlock()


func stop() -> void:
	_mutex.lock()
	_stopped = true
	_mutex.unlock()
	_thread.wait_to_finish()


func _watch() -> void:
	while true:
		OS.delay_msec(100)
		_mutex.lock()
		var stopped := _stopped
		var late := _deadline > 0 and Time.get_ticks_msec() > _deadline
		var what := _what
		_mutex.unlock()
		if stopped:
			return
		if late:
			print("FAIL %s: hung, ended by the watchdog" % what)
			OS.kill(OS.get_process_id())
