extends Node
## Reports events for the log and for `cargo xtask demo`, in lines `@demo key=value ...`.

## Number of ticks between two reports of the state.
const STATE_INTERVAL := 30

## RPCs and the bytes of their arguments, as counted by this game, without protocol overhead. Bots are not counted.
var rpcs_out := 0
var rpcs_in := 0
var bytes_out := 0
var bytes_in := 0

## Whether to print reports. Windowed games do not.
var enabled := false


func event(what: String, values: Dictionary = {}) -> void:
	if not enabled:
		return
	var line := "@demo event=%s" % what
	for key: String in values:
		line += " %s=%s" % [key, str(values[key]).replace(" ", "_")]
	print(line)


func state(tick: int, ship: ShipState) -> void:
	if enabled and tick % STATE_INTERVAL == 0:
		event("state", {
			"tick": tick, "id": ship.slot, "x": "%.3f" % ship.place.x, "y": "%.3f" % ship.place.y,
			"score": ship.score,
		})


func traffic() -> void:
	event("traffic", {
		"rpcs_out": rpcs_out, "rpcs_in": rpcs_in, "bytes_out": bytes_out, "bytes_in": bytes_in,
	})


## Call this where an RPC is sent, with the size of its arguments.
func sent(bytes: int, recipients: int = 1) -> void:
	rpcs_out += recipients
	bytes_out += bytes * recipients


## Call this where an RPC arrives, with the size of its arguments.
func received(bytes: int) -> void:
	rpcs_in += 1
	bytes_in += bytes
