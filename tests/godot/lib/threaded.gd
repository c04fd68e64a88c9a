extends Object
## Runs the tests with or without our network thread: ENET_TEST_THREADED is "on", "off" or unset.


## The object, with its network thread set as the environment variable requires.
static func chosen(object: Variant) -> Variant:
	var wanted := OS.get_environment("ENET_TEST_THREADED")
	if not wanted.is_empty() and object is MultiplayerPeer:
		var peer: MultiplayerPeer = object
		if &"threaded" in peer:
			peer.set(&"threaded", wanted == "on")
	return object


## Ends the network thread, if there is one, for tests of steps that the thread would take too early to be observed.
static func end(object: Object) -> void:
	if &"threaded" in object:
		object.set(&"threaded", false)
