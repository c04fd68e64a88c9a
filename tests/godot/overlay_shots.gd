extends SceneTree
## Renders the overlay with made figures, for docs/overlay.md and for a look at it:
##   --resolution 1152x648 --script res://overlay_shots.gd -- FOLDER [SCALE]
## The window's size is part of the file's name.

const FakePeers := preload("res://lib/fake_peers.gd")

## Longer than the graph, so that it is full.
const SHOT_MSEC := 11_000

var _overlay := ENetOverlayRs.new()


func _initialize() -> void:
	var folder := OS.get_cmdline_user_args()[0]
	if OS.get_cmdline_user_args().size() > 1:
		_overlay.content_scale = float(OS.get_cmdline_user_args()[1])
	await process_frame
	var back := ColorRect.new()
	back.color = Color(0.32, 0.45, 0.36)
	back.set_anchors_preset(Control.PRESET_FULL_RECT)
	root.add_child(back)
	root.add_child(_overlay)
	_overlay.refresh_rate = 10.0
	_overlay._simulator.maker = FakePeers.Simulation.make
	await _shoot(folder, "client", FakePeers.make_client(), false)
	_overlay.corner = ENetOverlayRs.Corner.TOP_RIGHT
	await _shoot(folder, "server", FakePeers.make_server(), true)
	var stock := ENetMultiplayerPeer.new()
	stock.create_server(24999)
	_overlay.corner = ENetOverlayRs.Corner.BOTTOM_LEFT
	var client := ENetMultiplayerPeer.new()
	client.create_client("127.0.0.1", 24999)
	process_frame.connect(client.poll)
	await _shoot(folder, "stock", stock, false)
	quit()


func _shoot(folder: String, label: String, peer: MultiplayerPeer, with_simulator: bool) -> void:
	root.multiplayer.multiplayer_peer = peer
	if peer is FakePeers and label == "server":
		(peer as FakePeers).join_many(16)
	_overlay.visible = true
	await create_timer(0.5).timeout
	if with_simulator:
		_overlay._simulator.choose("4G")
		_overlay._view._toggle_simulator()
	var fake := peer as FakePeers
	var start := Time.get_ticks_msec()
	while Time.get_ticks_msec() - start < SHOT_MSEC:
		if fake != null:
			fake.advance(roundi(180.0 + 120.0 * sin(Time.get_ticks_msec() / 900.0)))
		await process_frame
	root.get_texture().get_image().save_png("%s/%s_%dx%d.png" % [folder, label, root.size.x, root.size.y])
	if with_simulator:
		_overlay._view._toggle_simulator()
