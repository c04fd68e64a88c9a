extends Object
## Tests run with or without our network thread: ENET_TEST_THREADED is "on", "off" or not set.


## The object, with its thread as the environment wants it.
static func chosen(object: Variant) -> Variant:
	var wanted := OS.get_environment("ENET_TEST_THREADED")
	if not wanted.is_empty() and object is MultiplayerPeer:
		var peer: MultiplayerPeer = object
		if &"threaded" in peer:
			peer.set(&"threaded", wanted == "on")
	return object


## Its thread ends if it has one: for what a thread does too early for a test to see.
static func end(object: Object) -> void:
	if &"threaded" in object:
		object.set(&"threaded", false)
