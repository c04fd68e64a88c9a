class_name SimulatedNetwork
## The simulated network of a peer of class `ENetMultiplayerPeerRs`.

const RESOURCE_CLASS := &"ENetSimulationRs"
## The presets are for one way. A player's connection has them in both directions.
const DIRECTIONS: PackedStringArray = ["outgoing_", "incoming_"]


## The reason why a peer's network cannot be simulated, or an empty text.
static func mistake(peer: MultiplayerPeer) -> String:
	if peer == null or not peer.is_class(PeerSettings.OURS):
		return "Only %s can simulate a network." % PeerSettings.OURS
	return ""


static func preset_names() -> PackedStringArray:
	if not ClassDB.class_exists(RESOURCE_CLASS):
		return PackedStringArray()
	return ClassDB.class_call_static(RESOURCE_CLASS, &"get_preset_names")


static func preset(preset_name: String) -> Resource:
	return ClassDB.class_call_static(RESOURCE_CLASS, &"preset", preset_name)


## The same latency, jitter and loss both ways, in milliseconds and percent.
static func make(latency: float, jitter: float, loss: float) -> Resource:
	var made: Resource = ClassDB.instantiate(RESOURCE_CLASS)
	for direction in DIRECTIONS:
		made.set(direction + "latency", latency)
		made.set(direction + "jitter", jitter)
		made.set(direction + "loss", loss)
	return made


static func current(peer: MultiplayerPeer) -> Resource:
	return peer.get(&"simulation") if mistake(peer).is_empty() else null


## A network as it is, also where the command line has a simulated one: that is meant for the player's connection.
static func keep_clear(peer: MultiplayerPeer) -> void:
	if mistake(peer).is_empty():
		apply(peer, make(0.0, 0.0, 0.0))


## Null switches the simulation off.
static func apply(peer: MultiplayerPeer, simulation: Resource) -> void:
	if mistake(peer).is_empty():
		peer.set(&"simulation", simulation)


static func spike(peer: MultiplayerPeer, milliseconds: int) -> void:
	if mistake(peer).is_empty():
		peer.call(&"simulate_spike", milliseconds)


static func cut(peer: MultiplayerPeer, seconds: float) -> void:
	if mistake(peer).is_empty():
		peer.call(&"simulate_cut", seconds)


static func is_clear(simulation: Resource) -> bool:
	var is_off := func(property: StringName) -> bool: return is_zero_approx(_number(simulation, property))
	return simulation == null or [&"outgoing_latency", &"outgoing_jitter", &"outgoing_loss"].all(is_off)


static func summary(simulation: Resource) -> String:
	return "%d ms each way, %.1f %% loss" % [
		roundi(_number(simulation, "outgoing_latency")), _number(simulation, "outgoing_loss")]


static func _number(simulation: Resource, property: StringName) -> float:
	return float(str(simulation.get(property)))
