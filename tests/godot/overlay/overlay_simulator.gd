extends "res://lib/overlay_case.gd"
## The simulator's controls.

const Simulator := preload("res://addons/enet_rs/overlay/simulator.gd")

var _peer: FakePeers


func case_a_preset_can_be_chosen() -> void:
	await _open()
	_choose("4G")
	equal(_peer.simulation.get(&"incoming_latency"), 100.0, "the latency of the way in")
	equal(_peer.simulation.get(&"outgoing_loss"), 4.0, "the loss of the way out")
	contains(shown(), "100.0 ms")
	equal(overlay._simulator.current_name(), "4G", "the shown choice")
	_choose("Off")
	equal(_peer.simulation, null, "the simulation")


func case_a_slider_changes_both_directions_of_a_copy() -> void:
	await _open()
	_choose("4G")
	var preset := _peer.simulation
	_slider(0).value = 250.0
	equal(_peer.simulation.get(&"outgoing_latency"), 250.0, "the latency of the way out")
	equal(_peer.simulation.get(&"incoming_latency"), 250.0, "the latency of the way in")
	equal(_peer.simulation.get(&"incoming_loss"), 4.0, "the loss, which nobody moved")
	equal(preset.get(&"outgoing_latency"), 100.0, "the latency of the resource that was set")
	equal(overlay._simulator.current_name(), "Custom", "the shown choice")


func case_reading_moves_no_slider() -> void:
	await _open()
	var own := FakePeers.Simulation.new()
	own.outgoing_latency = 33.3
	_peer.simulation = own
	overlay._view.simulator_panel.refresh()
	check(_peer.simulation == own, "the game's resource stays")
	equal(own.outgoing_latency, 33.3, "its latency")


func case_spike_and_cut() -> void:
	await _open()
	button("Spike 0.5 s").pressed.emit()
	button("Cut 3 s").pressed.emit()
	equal(_peer.spikes, [500.0], "the spikes")
	equal(_peer.cuts, [3.0], "the cuts")


func case_the_controls_outlive_their_peer() -> void:
	await _open()
	_peer = null
	use(null)
	_choose("4G")
	_slider(1).value = 5.0
	button("Spike 0.5 s").pressed.emit()
	await refresh()
	check(not overlay._view.is_simulator_open(), "the panel closes without a simulator")


func case_it_can_be_forbidden() -> void:
	await _open()
	overlay.show_simulator = ENetOverlayRs.Allowed.NEVER
	await refresh()
	check(not overlay._view.is_simulator_open(), "the panel is closed")
	check(not button("Simulator").visible, "the button is hidden")


func case_a_built_in_peer_has_none() -> void:
	var server := ENetMultiplayerPeer.new()
	equal(server.create_server(24989), OK, "the server's start")
	use(server)
	show()
	await refresh()
	check(not button("Simulator").visible, "the button is hidden")


func case_our_class_is_simulated() -> void:
	var server: MultiplayerPeer = ClassDB.instantiate(&"ENetMultiplayerPeerRs")
	equal(server.call(&"create_server", 24990), OK, "the server's start")
	use(server)
	overlay._simulator.maker = Simulator.new().maker
	show()
	await refresh()
	button("Simulator").pressed.emit()
	for name in overlay._simulator.names():
		_choose(name)
		equal(overlay._simulator.current_name(), name, "the shown choice")
	_choose("4G")
	_slider(0).value = 250.0
	var simulation: Resource = server.get(&"simulation")
	equal(simulation.get(&"incoming_latency"), 250.0, "the latency of the way in")
	equal(simulation.get(&"outgoing_jitter"), 20.0, "the jitter, which nobody moved")
	equal(overlay._simulator.current_name(), "Custom", "the shown choice")
	contains(overlay.get_report(), "Simulator: Custom (latency 250 ms, jitter 20 ms, loss 4.0 % each way)")
	button("Spike 0.5 s").pressed.emit()
	button("Cut 3 s").pressed.emit()
	var idle: Resource = ClassDB.instantiate(Simulator.CLASS)
	server.set(&"simulation", idle)
	equal(overlay._simulator.current_name(), "Off", "a simulation that changes nothing")
	idle.set(&"incoming_rate", 500.0)
	equal(overlay._simulator.current_name(), "Custom", "a setting without a slider")
	_choose("Off")
	equal(server.get(&"simulation"), null, "the simulation")
	server.close()


func _open() -> void:
	_peer = FakePeers.make_client()
	use(_peer)
	show()
	await refresh()
	button("Simulator").pressed.emit()
	check(overlay._view.is_simulator_open(), "the panel is open")


func _choose(name: String) -> void:
	var choice: OptionButton = overlay.find_children("*", "OptionButton", true, false)[0]
	for index in choice.item_count:
		if choice.get_item_text(index) == name:
			choice.item_selected.emit(index)
			return
	failures.append("there is no preset " + name)


func _slider(index: int) -> HSlider:
	return overlay.find_children("*", "HSlider", true, false)[index]
