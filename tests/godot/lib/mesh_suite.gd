extends "res://lib/raw_suite.gd"
## Base of the suites on meshes. The hosts are connected by hand.

const MESH_IDS: Array[int] = [11, 2_000_000_000, 7, 42]

## Alternates the roles, so that hosts of both classes are bound.
var _turn := 0


## Half of the players use the server's class, half the client's.
func class_of(number: int) -> String:
	return server_class if number % 2 == 0 else client_class


func create_mesh(end: End, id: int) -> Error:
	return end.peer.call(&"create_mesh", id)


func meshed(count: int = MESH_IDS.size()) -> Array[End]:
	var mesh: Array[End] = []
	for number in count:
		var end := new_end(class_of(number))
		equal(create_mesh(end, MESH_IDS[number]), OK, "create_mesh")
		equal(end.id(), MESH_IDS[number], "unique id")
		mesh.append(end)
	for number in count:
		for other in number:
			join_by_hand(mesh[other], mesh[number])
	return mesh


## Connects two hosts and adds them to two players' meshes.
func join_by_hand(one: End, other: End) -> void:
	_turn += 1
	var ends: Array[End] = [one, other]
	if _turn % 2 == 0:
		ends.reverse()
	var joined := link(bound_host(ends[0].peer.get_class(), 1), open_host(ends[1].peer.get_class()))
	for number in 2:
		equal(add(ends[number], ends[1 - number].id(), joined.hosts[number]), OK, "add_mesh_peer")


## Adds a host to a mesh and stops driving it by hand if the mesh accepts it.
func add(end: End, id: int, host: RawHost) -> Error:
	var error: Error = end.peer.call(&"add_mesh_peer", id, host.connection)
	if error == OK:
		host.is_open = false
	return error
