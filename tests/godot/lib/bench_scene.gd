extends Node
## A scene for `cargo xtask bench godot`: nodes made by a spawner, each with a synchronizer, on a SceneMultiplayer
## of their own that is polled by the benchmark only.

const NODES := 100
const SYNCHRONIZED: Array[NodePath] = [^".:position", ^".:rotation"]

var api := SceneMultiplayer.new()

var _spawner := MultiplayerSpawner.new()
var _moved := 0


## Must be called once the scene is in the tree.
func begin(peer: MultiplayerPeer) -> void:
	get_tree().set_multiplayer(api, get_path())
	api.multiplayer_peer = peer
	_spawner.spawn_function = _make
	add_child(_spawner)
	_spawner.spawn_path = get_path()
	for index in NODES:
		_spawner.spawn(index)


## Changes every synchronized property of every node.
func move() -> void:
	_moved += 1
	for child in get_children():
		var node := child as Node2D
		if node != null:
			node.position = Vector2(_moved, node.get_index())
			node.rotation = _moved * 0.01


func _make(_index: int) -> Node:
	var node := Node2D.new()
	var synchronizer := MultiplayerSynchronizer.new()
	var config := SceneReplicationConfig.new()
	for property in SYNCHRONIZED:
		config.add_property(property)
		config.property_set_replication_mode(property, SceneReplicationConfig.REPLICATION_MODE_ALWAYS)
	synchronizer.replication_config = config
	node.add_child(synchronizer)
	return node
