extends Node
## Says what happens, for the log and for `cargo xtask demo`: lines `@demo key=value ...`.

## States are reported at every so-many-th tick.
const STATE_INTERVAL := 30

## RPCs and the bytes of their arguments, as this game counts them: synchronizers and the wire's
## own overhead are not in it.
var rpcs_out := 0
var rpcs_in := 0
var bytes_out := 0
var bytes_in := 0

## Whether to print; windows keep quiet.
var enabled := false


func event(what: String, values: Dictionary = {}) -> void:
	if not enabled:
		return
	var line := "@demo event=%s" % what
	for key: String in values:
		line += " %s=%s" % [key, str(values[key]).replace(" ", "_")]
	print(line)


func state(tick: int, id: int, place: Vector2, score: int) -> void:
	# Tick 0 is before a player's first move.
	if tick > 0 and tick % STATE_INTERVAL == 0:
		event("state", {
			"tick": tick, "id": id, "x": "%.3f" % place.x, "y": "%.3f" % place.y, "score": score,
		})


func traffic() -> void:
	event("traffic", {
		"rpcs_out": rpcs_out, "rpcs_in": rpcs_in, "bytes_out": bytes_out, "bytes_in": bytes_in,
	})


## To be called where an RPC is sent, with its arguments.
func sent(arguments: Array, recipients: int = 1) -> void:
	rpcs_out += recipients
	bytes_out += var_to_bytes(arguments).size() * recipients


## To be called where an RPC arrives, with its arguments.
func received(arguments: Array) -> void:
	rpcs_in += 1
	bytes_in += var_to_bytes(arguments).size()
