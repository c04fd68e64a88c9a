extends Node
## The node of a game that calls and answers remote procedures, for `cargo xtask bench godot`. It has a SceneMultiplayer
## of its own, so that one process can have both ends.

## The branch of the tree that the SceneMultiplayer serves. The path from there to the player is the same at both ends.
var branch := Node.new()
var api := SceneMultiplayer.new()
## Counts answers, and calls that need none.
var answers := 0
var notes := 0
## Microseconds from each call to its answer, while not null.
var round_trips: Variant

var _called_at: Dictionary[int, int] = {}
var _next := 0


## Must be called with the tree's root.
func begin(root: Node) -> void:
	name = "Player"
	branch.add_child(self)
	root.add_child(branch)
	get_tree().set_multiplayer(api, branch.get_path())


## Calls the remote, which answers in its handler. The answer makes the next call.
func call_remote(id: int) -> void:
	_next += 1
	_called_at[_next] = Time.get_ticks_usec()
	ping.rpc_id(id, _next)


@rpc("any_peer", "call_remote", "reliable")
func ping(number: int) -> void:
	pong.rpc_id(multiplayer.get_remote_sender_id(), number)


@rpc("any_peer", "call_remote", "reliable")
func pong(number: int) -> void:
	var called_at := _called_at[number]
	_called_at.erase(number)
	answers += 1
	if round_trips != null:
		var list: Array[float] = round_trips
		list.append(Time.get_ticks_usec() - called_at)
	call_remote(multiplayer.get_remote_sender_id())


@rpc("any_peer", "call_remote", "reliable")
func note(_value: int) -> void:
	notes += 1
