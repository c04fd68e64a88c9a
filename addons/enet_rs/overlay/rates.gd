extends RefCounted
## Turns totals into rates: the difference of two readings over the time between them.

const KEYS: Array[String] = [
	"bytes_in", "bytes_out", "payload_in", "payload_out", "datagrams_in", "datagrams_out",
	"packets_in", "packets_out", "retransmissions",
]

var _former: Dictionary = {}
var _former_usec := 0


## The rates per second since the previous call, by key. A total that is missing in either reading has no rate.
func update(totals: Dictionary, now_usec: int) -> Dictionary[String, float]:
	var rates: Dictionary[String, float] = {}
	var seconds := (now_usec - _former_usec) / 1e6
	if seconds > 0.0:
		for key in KEYS:
			if totals.has(key) and _former.has(key):
				var now: int = totals[key]
				var before: int = _former[key]
				# A host that was created anew counts from 0.
				rates[key] = maxf(now - before, 0) / seconds
	_former = totals
	_former_usec = now_usec
	return rates


func clear() -> void:
	_former = {}
