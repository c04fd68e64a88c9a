extends Node
## Reports events for the log and for `cargo xtask demo`, in lines `@demo key=value ...`.

## Number of ticks between two reports of the state.
const STATE_INTERVAL := 30

## RPCs and the bytes of their arguments, as counted by this game, without synchronizers and protocol overhead.
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


func state(tick: int, id: int, place: Vector2, score: int) -> void:
	# Tick 0 precedes a player's first move.
	if tick > 0 and tick % STATE_INTERVAL == 0:
		event("state", {
			"tick": tick, "id": id, "x": "%.3f" % place.x, "y": "%.3f" % place.y, "score": score,
		})


func traffic() -> void:
	event("traffic", {
		"rpcs_out": rpcs_out, "rpcs_in": rpcs_in, "bytes_out": bytes_out, "bytes_in": bytes_in,
	})


## Call this where an RPC is sent, with its arguments.
func sent(arguments: Array, recipients: int = 1) -> void:
	rpcs_out += recipients
	bytes_out += var_to_bytes(arguments).size() * recipients


## Call this where an RPC arrives, with its arguments.
func received(arguments: Array) -> void:
	rpcs_in += 1
	bytes_in += var_to_bytes(arguments).size()
