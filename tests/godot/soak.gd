extends SceneTree
## Repeats the same operations thousands of times and checks that nothing leaks:
##   --script res://soak.gd -- --class C [--cycles 10000]
## The output has a line per part with its figures, and a last line `N passed, M failed`; the exit status agrees.

const LOCAL := "127.0.0.1"
const PATIENCE_MSEC := 5000
## Share of the cycles that fill pools and caches before the measurement starts.
const WARM_UP := 0.4
## Number of cycles for which wrappers of the lower-level classes are kept.
const KEPT := 50
## Number of cycles per engine frame. Without frames, deferred work would accumulate.
const CYCLES_A_FRAME := 50
## Allowed growth of RSS between warm-up and end. RSS stays constant with either class; the slack is for the engine
## and the allocator. A leak of 60 bytes a cycle exceeds it after 15000 cycles, of which the warm-up is a part.
const RSS_SLACK_KB := 512
## Allowed growth of the memory that Godot itself counts, which grows by at most 2 kB with either class.
const STATIC_SLACK_KB := 32

var _class := "ENetMultiplayerPeer"
var _cycles := 10_000
var _passed := 0
var _failed := 0
var _server: MultiplayerPeer
var _host: RefCounted
var _kept: Array = []


func _initialize() -> void:
	# Until the first frame the engine's own memory still grows.
	await process_frame
	if _read_arguments():
		await _run("create_and_close", _create_and_close)
		_server = ClassDB.instantiate(_class)
		_server.call(&"create_server", 0)
		await _run("connect_and_leave", _connect_and_leave)
		_server.close()
		_server = null
		_host = _new_connection()
		_host.call(&"create_host_bound", LOCAL, 0)
		await _run("connect_by_hand", _connect_by_hand)
		_host.call(&"destroy")
		_host = null
	else:
		printerr("usage: -- --class C [--cycles N], C a multiplayer peer")
		_failed += 1
	print("%d passed, %d failed" % [_passed, _failed])
	quit(0 if _failed == 0 else 1)


func _read_arguments() -> bool:
	var arguments := OS.get_cmdline_user_args()
	for index in range(0, arguments.size() - 1, 2):
		match arguments[index]:
			"--class":
				_class = arguments[index + 1]
			"--cycles":
				_cycles = arguments[index + 1].to_int()
			_:
				return false
	return arguments.size() % 2 == 0 and ClassDB.can_instantiate(_class) and _cycles >= 100


## `work` performs one cycle and returns whether it succeeded.
func _run(label: String, work: Callable) -> void:
	var begun := Time.get_ticks_msec()
	var counts: Array[Dictionary] = []
	var static_kb: Array[int] = []
	var resident_kb: Array[int] = []
	var stops: Array[int] = [int(_cycles * WARM_UP), _cycles / 2, _cycles]
	var cycle := 0
	for stop in stops:
		while cycle < stop:
			var good: bool = work.call(cycle)
			if not good:
				_tell(label, "cycle %d failed" % cycle)
				return
			cycle += 1
			if cycle % CYCLES_A_FRAME == 0:
				await process_frame
		_kept.clear()
		# A peer's timer lives for up to a second more.
		await create_timer(1.5).timeout
		await process_frame
		counts.append(_counts())
		static_kb.append(OS.get_static_memory_usage() / 1024)
		resident_kb.append(_resident_kb())
		print("   %s after %d: %s, %d kB resident, of which Godot counts %d kB" % [
			label, cycle, counts[-1], resident_kb[-1], static_kb[-1]])
	print("   %s took %d ms" % [label, Time.get_ticks_msec() - begun])
	var static_growth := static_kb[-1] - static_kb[0]
	var growth := resident_kb[-1] - resident_kb[0]
	if counts[-1] != counts[0]:
		_tell(label, "leaked objects or files: %s before, %s after" % [counts[0], counts[-1]])
	elif static_growth > STATIC_SLACK_KB or growth > RSS_SLACK_KB:
		_tell(label, "resident memory grew by %d kB, Godot's own count by %d kB" % [growth, static_growth])
	else:
		_tell(label, "")


## Counts that must not grow at all. Open files are counted only where /proc exists.
func _counts() -> Dictionary:
	return {
		"objects": int(Performance.get_monitor(Performance.OBJECT_COUNT)),
		"resources": int(Performance.get_monitor(Performance.OBJECT_RESOURCE_COUNT)),
		"orphans": int(Performance.get_monitor(Performance.OBJECT_ORPHAN_NODE_COUNT)),
		"files": DirAccess.get_files_at("/proc/self/fd").size(),
	}


## Resident memory in kB, or 0 without /proc.
func _resident_kb() -> int:
	var status := FileAccess.open("/proc/self/status", FileAccess.READ)
	while status != null and not status.eof_reached():
		var line := status.get_line()
		if line.begins_with("VmRSS:"):
			return line.to_int()
	return 0


func _tell(label: String, reason: String) -> void:
	if reason.is_empty():
		_passed += 1
		print("ok soak %s" % label)
	else:
		_failed += 1
		print("FAIL soak %s: %s" % [label, reason])


## Creates a server, a client and a mesh in turn. Every second one is released without close().
func _create_and_close(cycle: int) -> bool:
	var peer: MultiplayerPeer = ClassDB.instantiate(_class)
	var error: Error
	match cycle % 3:
		0:
			error = peer.call(&"create_server", 0)
		1:
			error = peer.call(&"create_client", LOCAL, 9)
		2:
			error = peer.call(&"create_mesh", cycle + 1)
	if error != OK:
		return false
	if cycle % 3 < 2:
		var host: RefCounted = peer.call(&"get_host")
		var peers: Array = host.call(&"get_peers")
		if peers.size() != cycle % 3:
			return false
		_keep(host)
		if cycle % 3 == 1:
			_keep(peer.call(&"get_peer", 1))
			peer.poll()
	if cycle % 2 == 0:
		peer.close()
	return true


## A client joins, sends a packet and leaves.
func _connect_and_leave(cycle: int) -> bool:
	var host: RefCounted = _server.call(&"get_host")
	var nobody := func() -> bool:
		_server.poll()
		var peers: Array = host.call(&"get_peers")
		return peers.is_empty()
	return _visit(host, cycle) and _until(nobody)


## The client leaves in one of four ways. Its last reference is dropped when this function returns.
func _visit(host: RefCounted, cycle: int) -> bool:
	var port: int = host.call(&"get_local_port")
	var client: MultiplayerPeer = ClassDB.instantiate(_class)
	if client.call(&"create_client", LOCAL, port, 2) != OK:
		return false
	var id := client.get_unique_id()
	var status_is := func(status: int) -> bool:
		_server.poll()
		client.poll()
		return client.get_connection_status() == status
	# No frame passes here, so the client's own poll has to send.
	var heard := func() -> bool:
		client.poll()
		_server.poll()
		return _server.get_available_packet_count() == 1
	if not _until(status_is.bind(MultiplayerPeer.CONNECTION_CONNECTED)):
		return false
	client.put_packet("hello".to_utf8_buffer())
	if not _until(heard) or _server.get_packet_peer() != id:
		return false
	_server.get_packet()
	_keep(_server.call(&"get_peer", id))
	_keep(client.call(&"get_host"))
	match cycle % 4:
		0:
			client.close()
		1:
			_server.disconnect_peer(id, true)
		2:
			client.disconnect_peer(1)
			return _until(status_is.bind(MultiplayerPeer.CONNECTION_DISCONNECTED))
	return true


## The same cycle with ENetConnection and ENetPacketPeer.
func _connect_by_hand(cycle: int) -> bool:
	var nobody := func() -> bool:
		_host.call(&"service")
		var peers: Array = _host.call(&"get_peers")
		return peers.is_empty()
	return _visit_by_hand(cycle) and _until(nobody)


func _visit_by_hand(cycle: int) -> bool:
	var port: int = _host.call(&"get_local_port")
	var guest := _new_connection()
	guest.call(&"create_host", 1)
	var peer: PacketPeer = guest.call(&"connect_to_host", LOCAL, port, 2, cycle)
	var newcomer: Array[PacketPeer] = []
	var met := func() -> bool:
		var event: Array = _host.call(&"service")
		if event[0] == ENetConnection.EVENT_CONNECT:
			newcomer.append(event[1])
		guest.call(&"service")
		return newcomer.size() == 1 and peer.call(&"get_state") == ENetPacketPeer.STATE_CONNECTED
	var heard := func() -> bool:
		guest.call(&"service")
		var event: Array = _host.call(&"service")
		return event[0] == ENetConnection.EVENT_RECEIVE
	if not _until(met):
		return false
	peer.call(&"send", 1, "hello".to_utf8_buffer(), ENetPacketPeer.FLAG_RELIABLE)
	if not _until(heard):
		return false
	# Unread packets must be freed together with their peer.
	if cycle % 2 == 0:
		newcomer[0].get_packet()
	_keep(peer)
	_keep(newcomer[0])
	_keep(guest)
	match cycle % 4:
		0:
			peer.call(&"peer_disconnect_now", cycle)
		1:
			newcomer[0].call(&"reset")
		2:
			newcomer[0].call(&"peer_disconnect_now", cycle)
			guest.call(&"destroy")
		3:
			return _mesh_takes(guest, cycle % 8 == 3)
	return true


## A mesh that is closed or freed sends the host's disconnects.
func _mesh_takes(guest: RefCounted, is_closed: bool) -> bool:
	var mesh: MultiplayerPeer = ClassDB.instantiate(_class)
	mesh.call(&"create_mesh", 5)
	if mesh.call(&"add_mesh_peer", 9, guest) != OK:
		return false
	_keep(mesh.call(&"get_peer", 9))
	mesh.poll()
	if is_closed:
		mesh.close()
	return true


func _new_connection() -> RefCounted:
	return ClassDB.instantiate(_class.replace("MultiplayerPeer", "Connection"))


## Keeps an object alive for a number of cycles.
func _keep(object: Variant) -> void:
	_kept.append(object)
	if _kept.size() > KEPT:
		_kept.pop_front()


## Polls without pauses, because there are thousands of cycles.
func _until(condition: Callable) -> bool:
	var deadline := Time.get_ticks_msec() + PATIENCE_MSEC
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			return false
	return true
