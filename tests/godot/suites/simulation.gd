extends "res://lib/guarding_suite.gd"
## Simulated networks of a server of our class, whose clients are of either class.

const DEFAULTS: Dictionary[String, float] = {
	"latency": 0.0, "jitter": 0.0, "loss": 0.0, "burst": 1.0, "duplication": 0.0, "reordering": 0.0, "rate": 0.0,
	"queue": 250.0, "mtu": 0.0,
}
const MOST: Dictionary[String, float] = {
	"latency": 10000.0, "jitter": 10000.0, "loss": 100.0, "burst": 1000.0, "duplication": 100.0, "reordering": 100.0,
	"rate": 1e8, "queue": 10000.0, "mtu": 65535.0,
}
const OUTGOING := "outgoing_"
const INCOMING := "incoming_"


func case_resource() -> void:
	var simulation := _new("ENetSimulationRs")
	for direction: String in [OUTGOING, INCOMING]:
		for name: String in DEFAULTS:
			_expect_number(simulation, direction + name, DEFAULTS[name], MOST[name])
	var changes: Array[int] = []
	var on_changed := func() -> void: changes.append(1)
	simulation.connect(&"changed", on_changed)
	for round in 2:
		simulation.set(&"outgoing_latency", 80.0)
	simulation.call(&"set_both", 80.0, 10.0, 2.0)
	equal(changes.size(), 2, "the signal `changed`")
	for name: String in ["outgoing_jitter", "incoming_jitter"]:
		equal(simulation.get(name), 10.0, name)
	simulation.call(&"set_both", 70.0, 10.0, 101.0)
	expect_error_texts(["set_both: loss must be 0 to 100, not 101"], "set_both")
	equal(simulation.get(&"outgoing_latency"), 80.0, "nothing changes")
	simulation.disconnect(&"changed", on_changed)
	var copy: Object = simulation.call(&"duplicate")
	equal(copy.get(&"incoming_latency"), 80.0, "a copy of the resource")
	done()


func _expect_number(simulation: Object, name: String, default: float, most: float) -> void:
	var value: float = simulation.get(name)
	equal(value, default, "the default of %s" % name)
	var least := 1.0 if name.ends_with("burst") else 0.0
	for wrong: float in [least - 1.0, most + 1.0]:
		simulation.set(name, wrong)
		expect_error_texts(["set_%s: %s must be %d to %d, not %d" % [name, name, least, most, wrong]], name)
	for right: float in [least, most, default]:
		simulation.set(name, right)
		value = simulation.get(name)
		equal(value, right, name)


func case_seed() -> void:
	var simulation := _new("ENetSimulationRs")
	equal(simulation.get(&"seed"), 0, "seed")
	var drawn: int = simulation.get(&"used_seed")
	check(drawn > 0 and drawn < 1 << 31, "a random seed: %d" % drawn)
	simulation.set(&"seed", 42)
	equal(simulation.get(&"used_seed"), 42, "used_seed")
	simulation.set(&"seed", -1)
	expect_error_texts(["set_seed: seed must be 0 to 9223372036854775807, not -1"], "seed")
	equal(simulation.get(&"seed"), 42, "seed")
	done()


func case_presets() -> void:
	var maker := _script("
static func names() -> PackedStringArray: return ENetSimulationRs.get_preset_names()
static func of(name: String) -> Resource: return ENetSimulationRs.preset(name)")
	var names: PackedStringArray = maker.call(&"names")
	equal(names.size(), 15, "the number of presets")
	for name in names:
		var preset: Object = maker.call(&"of", name)
		for property: String in ["latency", "jitter", "loss"]:
			equal(preset.get(OUTGOING + property), preset.get(INCOMING + property), "%s of %s" % [property, name])
	var mobile: Object = maker.call(&"of", "4g")
	equal(mobile.get(&"outgoing_latency"), 100.0, "the latency of 4G")
	equal(mobile.get(&"outgoing_jitter"), 20.0, "the jitter of 4G")
	equal(mobile.get(&"incoming_loss"), 4.0, "the loss of 4G")
	check(maker.call(&"of", "6G") == null, "no preset")
	expect_error_texts(["ENetSimulationRs.preset: there is no preset \"6G\"; the presets are Broadband"], "6G")
	done()


func case_properties() -> void:
	var server := start_server()
	var simulation := _new("ENetSimulationRs")
	equal(server.peer.get(&"simulation"), null, "the default")
	equal(_host(server).get(&"simulation"), null, "the default of the host")
	server.peer.set(&"simulation", simulation)
	equal(server.peer.get(&"simulation"), simulation, "simulation")
	equal(_host(server).get(&"simulation"), simulation, "simulation of the host")
	_host(server).set(&"simulation", null)
	equal(server.peer.get(&"simulation"), simulation, "simulation of the peer")
	for method: StringName in [&"simulate_spike", &"simulate_cut"]:
		for target: Object in [server.peer, _host(server)]:
			for wrong: float in [-1.0, 1e6, NAN]:
				target.call(method, wrong)
				expect_errors(1, true, "%s(%f)" % [method, wrong])
	server.peer.call(&"set_peer_simulation", 77, simulation)
	expect_error_texts(["set_peer_simulation: peer 77 is not connected"], "an unknown peer")
	_host(server).call(&"set_peer_simulation", 0, simulation)
	expect_error_texts(["set_peer_simulation: get_peers() has no index 0: it has 0 peers"], "an unknown peer")
	for target: Object in [server.peer, _host(server)]:
		var cause := "the simulation must be an ENetSimulationRs or null, not an object of class RefCounted"
		target.call(&"set_peer_simulation", 0, RefCounted.new())
		expect_error_texts(["set_peer_simulation: " + cause], "an object that is no simulation")
	equal(server.peer.get(&"simulation"), simulation, "simulation after those errors")
	server.peer.close()
	server.peer.call(&"simulate_spike", 5.0)
	expect_error_texts(["simulate_spike: the object is not active"], "an inactive peer")
	done()


## The least time of a message there and back, in milliseconds.
func _round_trip(ends: Array[End]) -> float:
	var server := ends[0]
	var client := ends[1]
	var heard := [server.packets.size(), client.packets.size()]
	var began := Time.get_ticks_usec()
	client.send("ping".to_utf8_buffer())
	check(pump(ends, func() -> bool: return server.packets.size() > heard[0]), "there")
	server.send("pong".to_utf8_buffer(), client.id())
	check(pump(ends, func() -> bool: return client.packets.size() > heard[1]), "back")
	return (Time.get_ticks_usec() - began) / 1000.0


func case_latency_of_a_running_server() -> void:
	var ends := connected()
	var link: PacketPeer = ends[1].peer.call(&"get_peer", 1)
	var before: float = link.call(&"get_statistic", ENetPacketPeer.PEER_ROUND_TRIP_TIME)
	var simulation := _new("ENetSimulationRs")
	simulation.set(&"outgoing_latency", 120.0)
	simulation.set(&"incoming_latency", 30.0)
	ends[0].peer.set(&"simulation", simulation)
	var time := _round_trip(ends)
	check(time >= 150.0, "a round trip takes %f ms" % time)
	# A change of the resource applies while the server runs.
	simulation.set(&"incoming_latency", 230.0)
	ends[0].poll()
	time = _round_trip(ends)
	check(time >= 350.0, "a round trip takes %f ms" % time)
	# Each round trip counts an eighth in ENet's own mean.
	var measured: float = link.call(&"get_statistic", ENetPacketPeer.PEER_ROUND_TRIP_TIME)
	check(measured >= before + 40.0, "ENet measures %f ms, and %f ms before" % [measured, before])
	ends[0].peer.set(&"simulation", null)
	var is_fast := func() -> bool: return _round_trip(ends) < 150.0
	check(pump(ends, is_fast, 20.0), "the latency is gone")
	done()


func case_loss() -> void:
	var ends := connected()
	var simulation := _new("ENetSimulationRs")
	simulation.set(&"outgoing_loss", 100.0)
	ends[0].peer.set(&"simulation", simulation)
	ends[0].poll()
	ends[0].send("unreliable".to_utf8_buffer(), 0, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
	ends[0].send("reliable".to_utf8_buffer())
	pump(ends, func() -> bool: return false, 0.3)
	equal(ends[1].packets.size(), 0, "packets that arrived")
	# The other direction is as it was.
	ends[1].send("up".to_utf8_buffer())
	check(pump(ends, func() -> bool: return ends[0].packets.size() == 1), "the other direction")
	simulation.set(&"outgoing_loss", 0.0)
	check(pump(ends, func() -> bool: return ends[1].packets.size() == 1, 20.0), "the reliable packet")
	equal(ends[1].packets[0].bytes.get_string_from_ascii(), "reliable", "the packet that arrived")
	done()


func case_spike_and_cut() -> void:
	var ends := connected()
	ends[0].peer.call(&"simulate_spike", 300.0)
	var time := _round_trip(ends)
	check(time >= 299.0, "a round trip takes %f ms" % time)
	ends[0].peer.call(&"simulate_cut", 3600.0)
	ends[0].send("lost".to_utf8_buffer(), 0, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
	ends[1].send("lost".to_utf8_buffer(), 0, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE)
	pump(ends, func() -> bool: return false, 0.2)
	ends[0].peer.call(&"simulate_cut", 0.0)
	var heard := [ends[0].packets.size(), ends[1].packets.size()]
	_round_trip(ends)
	equal(ends[0].packets.size(), heard[0] + 1, "packets of the client")
	equal(ends[1].packets.size(), heard[1] + 1, "packets of the server")
	done()


## The order shows that one client is slow and the other is not.
func case_one_peer() -> void:
	var ends := connected(2)
	var server := ends[0]
	var simulation := _new("ENetSimulationRs")
	simulation.call(&"set_both", 400.0)
	server.peer.call(&"set_peer_simulation", ends[1].id(), simulation)
	ends[1].send("slow".to_utf8_buffer(), 1)
	ends[1].peer.poll()
	pump(ends, func() -> bool: return false, 0.1)
	ends[2].send("fast".to_utf8_buffer(), 1)
	check(pump(ends, func() -> bool: return server.packets.size() == 2), "both arrive")
	equal(server.packets[0].from, ends[2].id(), "the first sender")
	equal(server.packets[1].from, ends[1].id(), "the second sender")
	server.peer.call(&"set_peer_simulation", ends[1].id(), null)
	var pair: Array[End] = [server, ends[1]]
	check(pump(pair, func() -> bool: return _round_trip(pair) < 400.0, 20.0), "the latency is gone")
	done()


## A handshake, a codec and a thread behind a bad network, in an ENetConnectionRs, too.
func case_raw_host() -> void:
	var both := linked()
	var bound := both.hosts[0].connection
	var simulation := _new("ENetSimulationRs")
	simulation.call(&"set_both", 50.0, 10.0, 5.0, 2.0, 5.0, 5.0)
	bound.set(&"simulation", simulation)
	equal(bound.get(&"simulation"), simulation, "simulation")
	for number in 50:
		send(both.peers[0], 0, str(number).to_utf8_buffer())
		send(both.peers[1], 0, str(number).to_utf8_buffer())
	var all := func() -> bool: return both.hosts.all(func(host: RawHost) -> bool: return host.events.size() == 50)
	check(serve(both.hosts, all, 30.0), "all packets arrive")
	for host in both.hosts:
		for number in host.events.size():
			equal(host.events[number].bytes.get_string_from_ascii(), str(number), "the order")
	done()


## How the clients see the command line of a server, and what is printed.
func case_command_line() -> void:
	var text := _run_with("--net-sim=latency:80,outgoing_loss:2,seed:42")
	check(text.contains("--net-sim simulates a network: latency:80,outgoing_loss:2,incoming_loss:0,seed:42\n"), text)
	equal(text.count("simulates a network"), 1, "notices")
	equal(text.count("simulated: [80.0, 80.0, 2.0, 42]"), 3, "simulated hosts: %s" % text)
	equal(text.count("simulated: <null>"), 1, "hosts of scripts that chose none: %s" % text)
	text = _run_with("--net-sim=4G")
	equal(text.count("simulated: [100.0, 100.0, 4.0"), 3, "simulated hosts: %s" % text)
	text = _run_with("--net-sim 4G")
	equal(text.count("simulated: [100.0, 100.0, 4.0"), 3, "simulated hosts of a value behind a space: %s" % text)
	text = _run_with("--net-sim=6G")
	equal(text.count("nothing is simulated: there is no preset \"6G\""), 1, "errors: %s" % text)
	equal(text.count("simulated: <null>"), 4, "hosts: %s" % text)
	text = _run_with("--net-sim=")
	equal(text.count("nothing is simulated: --net-sim needs a preset's name or settings: Broadband, "), 1, "errors without a name: %s" % text)
	text = _run_with("--net-simulation=4G")
	equal(text.count("simulated: <null>"), 4, "another argument: %s" % text)
	done()


func _run_with(arguments: String) -> String:
	var output: Array[String] = []
	var raw: Array = []
	OS.execute(godot_program(), godot_arguments("res://net_sim.gd", arguments.split(" ")), raw, true)
	output.assign(raw)
	return "".join(output)
