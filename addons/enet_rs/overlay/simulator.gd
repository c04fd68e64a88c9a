extends RefCounted
## Sets the simulated network of a peer: the same in both directions.

const CLASS := &"ENetSimulationRs"
const OFF := "Off"
const CUSTOM := "Custom"
const SPIKE_MILLISECONDS := 500
const CUT_SECONDS := 3.0
## The settings with a slider.
const SETTINGS: Array[String] = ["latency", "jitter", "loss"]

## Makes an ENetSimulationRs. Tests replace it.
var maker: Callable = _make

var _peer := WeakRef.new()


func watch(peer: MultiplayerPeer) -> void:
	if peer != _peer.get_ref():
		_peer = weakref(peer)


## Whether the peer has a simulator.
func is_available() -> bool:
	var peer: Object = _peer.get_ref()
	return peer != null and "simulation" in peer and peer.has_method(&"simulate_spike")


## The names for the choice: off, and the presets.
func names() -> PackedStringArray:
	var listed := PackedStringArray([OFF])
	var simulation: Object = maker.call()
	if simulation != null and simulation.has_method(&"get_preset_names"):
		var presets: PackedStringArray = simulation.call(&"get_preset_names")
		listed.append_array(presets)
	return listed


## The name of what is simulated now.
func current_name() -> String:
	var simulation := _simulation()
	if simulation == null or _is_idle(simulation):
		return OFF
	for name in names().slice(1):
		var preset: Object = simulation.call(&"preset", name)
		if _is_same(simulation, preset):
			return name
	return CUSTOM


## A setting of the way out, 0 while nothing is simulated.
func setting(name: String) -> float:
	var simulation := _simulation()
	return simulation.get("outgoing_" + name) if simulation != null else 0.0


func choose(name: String) -> void:
	if not is_available():
		return
	if name == OFF:
		_assign(null)
	elif name != CUSTOM:
		var simulation: Object = maker.call()
		var preset: Resource = simulation.call(&"preset", name)
		_assign(preset)


## Changes one setting in both directions. The game's own resource stays as it is: a copy is changed.
func change(name: String, value: float) -> void:
	if not is_available():
		return
	var current := _simulation()
	var simulation: Resource = current.duplicate() if current != null else maker.call()
	for direction: String in ["outgoing_", "incoming_"]:
		simulation.set(direction + name, value)
	_assign(simulation)


func spike() -> void:
	if is_available():
		var peer: Object = _peer.get_ref()
		peer.call(&"simulate_spike", SPIKE_MILLISECONDS)


func cut() -> void:
	if is_available():
		var peer: Object = _peer.get_ref()
		peer.call(&"simulate_cut", CUT_SECONDS)


## What is simulated, in one line for the report.
func summary() -> String:
	if not is_available():
		return "not available"
	if _simulation() == null:
		return "off"
	return "%s (latency %.0f ms, jitter %.0f ms, loss %.1f %% each way)" % [
		current_name(), setting("latency"), setting("jitter"), setting("loss")]


func _simulation() -> Resource:
	var peer: Object = _peer.get_ref()
	return peer.get(&"simulation") if peer != null and "simulation" in peer else null


func _assign(simulation: Resource) -> void:
	var peer: Object = _peer.get_ref()
	peer.set(&"simulation", simulation)


static func _is_same(one: Object, other: Object) -> bool:
	for direction: String in ["outgoing_", "incoming_"]:
		for name in SETTINGS:
			var difference: float = one.get(direction + name) - other.get(direction + name)
			if absf(difference) > 0.001:
				return false
	return true


## Whether all settings, also those without a slider, are those of a new one.
func _is_idle(simulation: Object) -> bool:
	var idle: Object = maker.call()
	for property in simulation.get_property_list():
		var name := str(property["name"])
		if name.begins_with("outgoing_") or name.begins_with("incoming_"):
			if idle == null or simulation.get(name) != idle.get(name):
				return false
	return true


static func _make() -> Object:
	return ClassDB.instantiate(CLASS) if ClassDB.class_exists(CLASS) else null
