extends "res://lib/conformance_case.gd"
## The identity and lifetime of the object that represents a peer, and its fate when its slot is reused.


func case_same_object_everywhere_connecting_side() -> void:
	var partner := partner_connection()
	var connection := new_host()
	var made: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, listen(partner))
	note("listed", made == connection.call(&"get_peers")[0])
	note("listed again", made == connection.call(&"get_peers")[0])
	var event := _event(connection, [partner])
	note("in the event", made == event[1])
	note("listed after the event", made == connection.call(&"get_peers")[0])
	check(serve([connection, partner], had(partner, 1)), "the partner has an event")
	partner.get_peers()[0].send(0, PackedByteArray([1]), 1)
	event = _event(connection, [partner])
	note("with a packet", made == event[1])
	partner.get_peers()[0].peer_disconnect()
	event = _event(connection, [partner])
	note("at the end", made == event[1])
	done()


func case_same_object_everywhere_accepting_side() -> void:
	var connection := kit.connection()
	var client := new_client(listen(connection))
	var event := _event(connection, [client])
	var made: PacketPeer = event[1]
	note("listed", made == connection.call(&"get_peers")[0])
	check(serve([client], had(client, 1)), "connected")
	client.get_peers()[0].send(0, PackedByteArray([1]), 1)
	event = _event(connection, [client])
	note("with a packet", made == event[1])
	client.get_peers()[0].peer_disconnect_now()
	event = _event(connection, [client])
	note("at the end", made == event[1])
	done()


## While the connection knows a peer, the script need not hold a reference.
func case_object_is_kept_by_the_connection() -> void:
	var pair := connected_pair()
	var id := pair.subject_peer.get_instance_id()
	pair.subject_peer = null
	note("still alive", is_instance_id_valid(id))
	var listed: PacketPeer = pair.subject.call(&"get_peers")[0]
	note("the same", listed.get_instance_id() == id)
	done()


func case_queue_is_kept_without_the_script() -> void:
	var pair := connected_pair()
	pair.subject_peer = null
	clear_events()
	pair.partner_peer.call(&"send", 0, PackedByteArray([5]), 1)
	check(serve(pair.both(), had(pair.subject, 1)), "arrives")
	var listed: PacketPeer = pair.subject.call(&"get_peers")[0]
	attempt(listed, &"get_packet")
	done()


func case_object_is_freed_after_the_end() -> void:
	for way: StringName in [&"peer_disconnect", &"peer_disconnect_now", &"reset"]:
		var partner := partner_connection()
		var connection := kit.connection()
		var id := _id_of_one_that_ended(connection, partner, way)
		serve_for([connection, partner], 0.1)
		# Comparing notes would not notice an object that neither class frees, so each run checks this.
		check(not is_instance_id_valid(id), "%s: the object is freed" % way)
	done()


## A separate function, because GDScript holds the objects of its expressions until the function returns.
func _id_of_one_that_ended(connection: RefCounted, partner: ENetConnection, way: StringName) -> int:
	var pair := connect_pair(connection, partner)
	var id := pair.subject_peer.get_instance_id()
	pair.subject_peer.call(way)
	note("%s: alive while held" % way, is_instance_id_valid(id))
	return id


func case_object_is_freed_with_the_connection() -> void:
	var pair := connected_pair()
	var id := pair.subject_peer.get_instance_id()
	pair.subject_peer = null
	pair.subject = null
	note("alive", is_instance_id_valid(id))
	done()


func case_destroy_releases_peers() -> void:
	var pair := connected_pair()
	var id := pair.subject_peer.get_instance_id()
	attempt(pair.subject, &"destroy")
	pair.subject_peer = null
	note("alive", is_instance_id_valid(id))
	done()


func case_peer_does_not_keep_the_connection() -> void:
	var pair := connected_pair()
	var id := pair.subject.get_instance_id()
	pair.subject = null
	note("connection alive", is_instance_id_valid(id))
	attempt(pair.subject_peer, &"is_active")
	done()


func case_slot_used_again_by_another() -> void:
	var connection := kit.connection()
	var port := listen(connection, 1)
	var first := new_client(port)
	var old: PacketPeer = _event(connection, [first])[1]
	check(serve([first], had(first, 1)), "connected")
	first.get_peers()[0].peer_disconnect_now()
	note("end", _event(connection, [first])[0])
	var second := new_client(port, 2)
	var fresh: PacketPeer = _event(connection, [second])[1]
	note("a different object", old != fresh)
	attempt(old, &"is_active")
	attempt(fresh, &"is_active")
	attempt(fresh, &"get_channels")
	var listed: Array = connection.call(&"get_peers")
	note("listed", listed.size())
	note("the listed object is the new one", listed[0] == fresh)
	done()


## Calls on the old object do not affect the new connection in its slot.
func case_old_object_is_harmless() -> void:
	var connection := kit.connection()
	var port := listen(connection, 1)
	var first := new_client(port)
	var old: PacketPeer = _event(connection, [first])[1]
	attempt(old, &"reset")
	attempt(connection, &"service")
	var second := new_client(port)
	var fresh: PacketPeer = _event(connection, [second])[1]
	for method: StringName in [&"peer_disconnect", &"peer_disconnect_now", &"reset"]:
		attempt(old, method)
	attempt(old, &"send", [0, PackedByteArray([1]), 1])
	attempt(fresh, &"get_state")
	attempt(fresh, &"is_active")
	done()


func case_slot_used_again_by_connecting() -> void:
	var partner := partner_connection()
	var port := listen(partner)
	var connection := new_host(1)
	var objects: Array[PacketPeer] = []
	for index in 3:
		var peer: PacketPeer = connection.call(&"connect_to_host", LOCALHOST, port)
		note("connects", _event(connection, [partner])[0])
		check(serve([connection, partner], had(partner, 2 * index + 1)), "the partner has an event")
		objects.append(peer)
		attempt(peer, &"peer_disconnect")
		note("ends", _event(connection, [partner])[0])
		check(serve([partner], had(partner, 2 * index + 2)), "the partner has a disconnect event")
	note("all different", objects[0] != objects[1] and objects[1] != objects[2] and objects[0] != objects[2])
	for peer in objects:
		attempt(peer, &"is_active")
	done()


func case_same_object_with_several_peers() -> void:
	var connection := kit.connection()
	var port := listen(connection)
	var clients: Array[ENetConnection] = []
	var objects: Array[PacketPeer] = []
	for index in 3:
		clients.append(new_client(port))
		objects.append(_event(connection, clients)[1])
		check(serve([clients[index]], had(clients[index], 1)), "connected")
	for index: int in [2, 0, 1]:
		clients[index].get_peers()[0].send(0, PackedByteArray([index]), 1)
		var event := _event(connection, clients)
		note("from %d" % index, objects.find(event[1]))
	done()


func case_destroyed_and_made_again() -> void:
	var pair := connected_pair()
	attempt(pair.subject, &"destroy")
	attempt(pair.subject, &"create_host")
	var port: int = pair.partner.call(&"get_local_port")
	var fresh: PacketPeer = pair.subject.call(&"connect_to_host", LOCALHOST, port)
	note("a different object", fresh != pair.subject_peer)
	attempt(pair.subject_peer, &"is_active")
	attempt(fresh, &"is_active")
	note("connects", _event(pair.subject, [pair.partner])[0])
	attempt(pair.subject_peer, &"reset")
	attempt(fresh, &"get_state")
	done()


func case_signals_of_a_connection() -> void:
	var usual := ["property_list_changed", "script_changed"]
	var ours := ["peer_connected", "peer_disconnected"] + usual
	differs("signals", _signals(kit.connection()), "D27", usual, ours)
	done()


func case_signals_of_a_peer() -> void:
	note("signals", _signals(connected_pair().subject_peer))
	done()


func case_properties_survive() -> void:
	var pair := connected_pair()
	pair.subject_peer.set_meta(&"mark", 5)
	var listed: PacketPeer = pair.subject.call(&"get_peers")[0]
	note("metadata", listed.get_meta(&"mark"))
	done()


func _signals(object: Object) -> Array:
	var names := object.get_signal_list().map(func(entry: Dictionary) -> String: return entry["name"])
	names.sort()
	return names


## The subject's next event as the complete array, while the others are served too.
func _event(connection: RefCounted, others: Array) -> Array:
	var found: Array = [[]]
	var is_there := func() -> bool:
		found[0] = connection.call(&"service")
		return found[0][0] != ENetConnection.EVENT_NONE
	check(serve(others, is_there), "an event arrives")
	var event: Array = found[0]
	return event
