extends "res://lib/overlay_case.gd"
## The node in a game: key, mouse, pause, cost while hidden, theme and sizes.


func case_it_starts_hidden_and_idle() -> void:
	var peer := FakePeers.make_client()
	use(peer)
	tree.root.add_child(overlay)
	for frame in 5:
		await tree.process_frame
	check(not overlay.visible, "it starts hidden")
	check(not overlay.is_processing(), "hidden, it does not process frames")
	equal(peer.reads, 0, "the number of readings while hidden")
	equal(overlay.get_child_count(), 0, "the number of its controls before it was shown")


func case_it_can_start_visible() -> void:
	overlay.start_visible = true
	tree.root.add_child(overlay)
	await refresh()
	check(overlay.visible, "it is visible")
	contains(shown(), "Offline")


func case_the_key_toggles_it() -> void:
	tree.root.add_child(overlay)
	press_key(KEY_F3)
	check(overlay.visible and overlay.is_processing(), "F3 shows it")
	press_key(KEY_F3)
	check(not overlay.visible and not overlay.is_processing(), "F3 hides it")
	overlay.toggle_key = KEY_F9
	press_key(KEY_F3)
	check(not overlay.visible, "another key does not show it")
	press_key(KEY_F9)
	check(overlay.visible, "the chosen key shows it")
	overlay.toggle_key = KEY_NONE
	press_key(KEY_F9)
	check(overlay.visible, "no key hides it")


func case_an_action_toggles_it() -> void:
	InputMap.add_action(&"overlay_test")
	overlay.toggle_action = &"overlay_test"
	tree.root.add_child(overlay)
	var event := InputEventAction.new()
	event.action = &"overlay_test"
	event.pressed = true
	tree.root.push_input(event)
	check(overlay.visible, "the action shows it")
	InputMap.erase_action(&"overlay_test")
	tree.root.push_input(event)
	check(overlay.visible, "an action that is gone does nothing")


func case_shown_outside_of_the_tree_it_is_alive_when_it_is_back() -> void:
	tree.root.add_child(overlay)
	tree.root.remove_child(overlay)
	overlay.toggle()
	tree.root.add_child(overlay)
	check(overlay.visible and overlay.is_processing(), "it processes frames")
	await refresh()
	contains(shown(), "Offline")


func case_a_scene_chooses_layer_and_process_mode() -> void:
	var scene := PackedScene.new()
	overlay.layer = 10
	overlay.process_mode = Node.PROCESS_MODE_PAUSABLE
	equal(scene.pack(overlay), OK, "the scene is packed")
	var made: ENetOverlayRs = scene.instantiate()
	equal(made.layer, 10, "the layer of the scene's overlay")
	equal(made.process_mode, Node.PROCESS_MODE_PAUSABLE, "its process mode")
	made.free()


func case_it_works_in_a_paused_tree() -> void:
	use(FakePeers.make_client())
	show()
	tree.paused = true
	await refresh()
	contains(shown(), "84.5 ms")


func case_only_buttons_take_mouse_and_focus() -> void:
	use(FakePeers.make_client())
	show()
	await refresh()
	for node in overlay.find_children("*", "Control", true, false):
		var control: Control = node
		# The choice's popup is a window of its own.
		if control.get_window() != tree.root:
			continue
		var is_usable := control is BaseButton or control is Slider
		equal(control.mouse_filter != Control.MOUSE_FILTER_IGNORE, is_usable, "that %s takes the mouse" % control)
		equal(control.focus_mode, Control.FOCUS_NONE, "the focus mode of %s" % control)


func case_it_goes_to_its_corner_at_its_scale() -> void:
	use(FakePeers.make_client())
	show()
	# A headless window has no size of use.
	var window := Vector2(1152.0, 648.0)
	var viewport := SubViewport.new()
	viewport.size = window
	tree.root.add_child(viewport)
	overlay.reparent(viewport)
	for corner: ENetOverlayRs.Corner in ENetOverlayRs.Corner.values():
		overlay.corner = corner
		overlay.content_scale = 1.0
		await refresh()
		var panel := overlay._view._panel.get_global_rect()
		var is_right := corner == ENetOverlayRs.Corner.TOP_RIGHT or corner == ENetOverlayRs.Corner.BOTTOM_RIGHT
		var is_bottom := corner == ENetOverlayRs.Corner.BOTTOM_LEFT or corner == ENetOverlayRs.Corner.BOTTOM_RIGHT
		equal(panel.end.x, window.x - 8.0 if is_right else 8.0 + panel.size.x, "the right end in corner %d" % corner)
		equal(panel.end.y, window.y - 8.0 if is_bottom else 8.0 + panel.size.y, "the lower end in corner %d" % corner)
	var small := overlay._view._panel.size
	overlay.content_scale = 2.0
	await refresh()
	check(overlay._view._panel.size.x > small.x * 1.8, "the scale 2 is about twice as wide")
	viewport.free()


## As in a game of 320 by 180 units, of which each has four pixels.
func case_it_has_room_in_a_stretched_viewport() -> void:
	use(FakePeers.make_client())
	show()
	var viewport := SubViewport.new()
	viewport.size = Vector2i(1280, 720)
	tree.root.add_child(viewport)
	overlay.reparent(viewport)
	await refresh()
	var usual := overlay._view._panel.size
	viewport.size_2d_override = Vector2i(320, 180)
	viewport.size_2d_override_stretch = true
	await refresh()
	var small := overlay._view._panel.size
	check(small.x < 320.0 and small.y < 180.0, "the panel, %s, fits the viewport" % small)
	check(absf(small.x * 4.0 - usual.x) < usual.x * 0.2, "it has as many pixels as without the stretch: %s and %s" % [small * 4.0, usual])
	viewport.free()


func case_a_theme_goes_before_its_own() -> void:
	use(FakePeers.make_client())
	show()
	await refresh()
	var own := Theme.new()
	own.set_color(&"good", &"ENetOverlay", Color.MAGENTA)
	overlay.theme = own
	equal(overlay._view.graph.get_theme_color(&"good", &"ENetOverlay"), Color.MAGENTA, "a colour of the theme")
	check(overlay._view.graph.get_theme_color(&"bad", &"ENetOverlay") != Color.MAGENTA, "the others stay")
	overlay.theme = null
	check(overlay._view.graph.get_theme_color(&"good", &"ENetOverlay") != Color.MAGENTA, "its own theme is back")


func case_it_can_leave_the_tree_and_come_back() -> void:
	use(FakePeers.make_client())
	show()
	await refresh()
	tree.root.remove_child(overlay)
	await tree.process_frame
	tree.root.add_child(overlay)
	await refresh()
	contains(shown(), "84.5 ms")
