extends RefCounted
## The kernel's counts of this process's threads at one moment. Counting the waits takes longer.

const Kernel := preload("res://lib/bench_kernel.gd")
const SWITCHES := "voluntary_ctxt_switches:"
## A file of the kernel's has no more lines than this.
const LINES := 100

var _usec := Time.get_ticks_usec()
## By thread: nanoseconds on a CPU, and the times it gave the CPU up to wait.
var _cpu: Dictionary[String, int] = {}
var _waits: Dictionary[String, int] = {}


func _init(counts_waits: bool) -> void:
	for task in DirAccess.get_directories_at("/proc/self/task"):
		var folder := "/proc/self/task/%s/" % task
		_cpu[task] = _line_of(folder + "schedstat", "").get_slice(" ", 0).to_int()
		if counts_waits:
			_waits[task] = _line_of(folder + "status", SWITCHES).trim_prefix(SWITCHES).strip_edges().to_int()


## Microseconds of CPU time of the main thread since the process began.
static func main_cpu_usec() -> float:
	return _line_of("/proc/self/schedstat", "").get_slice(" ", 0).to_float() / 1000.0


## Microseconds of CPU time since `past`, of all threads.
func process_usec(past: Kernel) -> float:
	return _sum(_cpu, past._cpu) / 1000.0


## Microseconds of CPU time since `past`, of the main thread.
func main_usec(past: Kernel) -> float:
	var task := str(OS.get_process_id())
	return (_cpu[task] - past._cpu[task]) / 1000.0


## How often a second a thread waited, and so had to be woken, since `past`.
func wake_ups(past: Kernel) -> float:
	return _sum(_waits, past._waits) * 1_000_000.0 / (_usec - past._usec)


## Whether a thread of `past` has ended: what it did since is in no count.
func has_lost(past: Kernel) -> bool:
	return past._cpu.keys().any(func(task: String) -> bool: return not _cpu.has(task))


static func _sum(now: Dictionary[String, int], before: Dictionary[String, int]) -> float:
	var total := 0.0
	for task in now:
		total += now[task] - before.get(task, 0)
	return total


## The first line of the file that begins with `start`.
static func _line_of(path: String, start: String) -> String:
	var file := FileAccess.open(path, FileAccess.READ)
	# A thread may end between the two calls.
	if file == null:
		return ""
	for line in LINES:
		var text := file.get_line()
		if text.begins_with(start):
			return text
	return ""
