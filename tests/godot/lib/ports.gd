extends RefCounted
## UDP ports for the tests.

const FIRST := 23000
const COUNT := 6000


## A free port, or 0. Random, so that runs in parallel seldom collide.
static func find_free() -> int:
	var probe := PacketPeerUDP.new()
	for attempt in 100:
		var port := FIRST + randi() % COUNT
		if probe.bind(port) == OK:
			probe.close()
			return port
	return 0
