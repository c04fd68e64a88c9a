extends RefCounted
## One case of the overlay's tests: an overlay in the tree, and checks.

const FakePeers := preload("res://lib/fake_peers.gd")
const PeerList := preload("res://addons/enet_rs/overlay/peer_list.gd")
const TextBlock := preload("res://addons/enet_rs/overlay/text_block.gd")

var failures: Array[String] = []
var tree: SceneTree
var overlay: ENetOverlayRs


func prepare(new_tree: SceneTree) -> void:
	tree = new_tree
	overlay = ENetOverlayRs.new()
	# The cases ask for refreshes. No other should begin meanwhile.
	overlay.refresh_rate = 1.0
	overlay._simulator.maker = FakePeers.Simulation.make


func finish() -> void:
	tree.paused = false
	if is_instance_valid(overlay):
		overlay.free()
	use(OfflineMultiplayerPeer.new())
	await tree.process_frame


func check(condition: bool, claim: String) -> void:
	if not condition:
		failures.append("not so: " + claim)


func equal(actual: Variant, expected: Variant, what: String) -> void:
	if actual != expected:
		failures.append("%s is %s, not %s" % [what, actual, expected])


func contains(text: String, part: String) -> void:
	if not text.contains(part):
		failures.append("\"%s\" is not in \"%s\"" % [part, text])


func lacks(text: String, part: String) -> void:
	if text.contains(part):
		failures.append("\"%s\" is in \"%s\"" % [part, text])


## Gives the peer to the game.
func use(peer: MultiplayerPeer) -> void:
	tree.root.multiplayer.multiplayer_peer = peer


func show() -> void:
	if not overlay.is_inside_tree():
		tree.root.add_child(overlay)
	overlay.visible = true


## Waits until the overlay has read its peer anew and shown the figures.
func refresh() -> void:
	overlay._next_usec = 0
	overlay._refreshes = 0
	overlay._step = ENetOverlayRs.StepRs.READ
	for frame in ENetOverlayRs.StepRs.size():
		await tree.process_frame


## All texts that the overlay shows now.
func shown() -> String:
	var texts := PackedStringArray()
	for node in overlay.find_children("*", "", true, false):
		if (node is Label or node is Button or node is TextBlock) and (node as Control).is_visible_in_tree():
			texts.append(str(node.get(&"text")))
	return "\n".join(texts)


## The rows of the table.
func rows() -> Array[PeerList.RowRs]:
	return overlay._monitor.peers.worst(overlay.max_rows)


func button(text: String) -> Button:
	for node in overlay.find_children("*", "Button", true, false):
		if (node as Button).text == text:
			return node
	return null


func press_key(key: Key) -> void:
	var event := InputEventKey.new()
	event.keycode = key
	event.physical_keycode = key
	event.pressed = true
	tree.root.push_input(event)
