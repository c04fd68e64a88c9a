extends SceneTree
## A process whose command line simulates a network: prints what the objects of our classes show of it.


func _initialize() -> void:
	var peer: MultiplayerPeer = ClassDB.instantiate(&"ENetMultiplayerPeerRs")
	var own: MultiplayerPeer = ClassDB.instantiate(&"ENetMultiplayerPeerRs")
	var connection: MultiplayerPeer = ClassDB.instantiate(&"ENetConnectionRs")
	own.set(&"simulation", null)
	peer.call(&"create_server", 0)
	own.call(&"create_server", 0)
	connection.call(&"create_host")
	for object: Object in [peer, own, connection, peer.get(&"host")]:
		var simulation: Variant = object.get(&"simulation")
		if simulation is Resource:
			var resource: Resource = simulation
			var values: Array = [
				resource.get(&"outgoing_latency"), resource.get(&"incoming_latency"), resource.get(&"outgoing_loss"),
				resource.get(&"used_seed")]
			print("simulated: ", values)
		else:
			print("simulated: ", simulation)
	quit()
