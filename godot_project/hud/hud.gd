class_name Hud
extends CanvasLayer
## Everything around the field. Places the parts, and hands keys and buttons to them.

const EDGE := 12.0

var game: Game
var bots: Bots
var chat := Chat.new()
var scoreboard := Scoreboard.new()
var network := NetworkPanel.new()

var _status := StatusCard.new()
var _leaders := Leaders.new()
var _minimap := Minimap.new()
var _switches := Switches.new()
var _banner := Label.new()
var _overlay: Node
var _scores_pinned := false


func _ready() -> void:
	game = get_node(^"../Game")
	bots = get_node(^"../Bots")
	_status.game = game
	_status.bots = bots
	_leaders.game = game
	_minimap.game = game
	chat.game = game
	scoreboard.game = game
	network.bots = bots
	_place(_status, Control.PRESET_TOP_LEFT)
	_place(_leaders, Control.PRESET_TOP_RIGHT)
	_place(_minimap, Control.PRESET_BOTTOM_RIGHT)
	_place(_switches, Control.PRESET_CENTER_BOTTOM)
	chat.custom_minimum_size = Vector2(262.0, 200.0)
	_place(chat, Control.PRESET_BOTTOM_LEFT)
	_build_banner()
	_place(network, Control.PRESET_TOP_RIGHT)
	scoreboard.set_anchors_preset(Control.PRESET_FULL_RECT)
	add_child(scoreboard)
	_build_switches()
	chat.entered.connect(game.say)
	game.opened.connect(network.fill)
	game.replica.events_arrived.connect(_on_events_arrived)
	_find_overlay()
	close()


func open(options: Options) -> void:
	show()
	_switches.set_on(&"toggle_prediction", options.prediction)
	_switches.set_on(&"toggle_interpolation", options.interpolation)
	_switches.set_on(&"toggle_ghost", options.ghost)
	_switches.set_on(&"toggle_sound", Sounds.is_on and not options.mute)
	_switches.set_on(&"toggle_network", options.panels.has("network"))
	_scores_pinned = options.panels.has("scores")
	if options.panels.has("overlay"):
		_toggle_overlay()


func close() -> void:
	hide()
	chat.clear()
	_banner.text = ""
	scoreboard.hide()
	_scores_pinned = false
	if _switches.is_on(&"toggle_network"):
		_switches.flip(&"toggle_network")


func _process(_delta: float) -> void:
	if not visible:
		return
	scoreboard.visible = _scores_pinned or (Input.is_action_pressed(&"show_scores") and not chat.is_typing())
	game.is_free = not chat.is_typing()
	var own := game.replica.own()
	if own != null and own.is_known and own.state.is_alive:
		_banner.text = ""


func _unhandled_input(event: InputEvent) -> void:
	if not visible:
		return
	if event.is_action_pressed(&"chat"):
		chat.start_typing()
	elif event.is_action_pressed(&"add_bots"):
		bots.set_wanted(0 if bots.wanted >= Bots.MOST else maxi(bots.wanted * 2, 8))
		chat.tell("%d bots" % bots.wanted)
	elif event.is_action_pressed(&"next_network"):
		_step_network(1)
	elif event.is_action_pressed(&"previous_network"):
		_step_network(-1)
	elif event.is_action_pressed(&"leave"):
		Session.leave()
	elif not _switches.handle(event):
		return
	get_viewport().set_input_as_handled()


func _step_network(by: int) -> void:
	network.step_preset(by)
	chat.tell("network: %s" % network.chosen())


func _place(part: Control, preset: Control.LayoutPreset) -> void:
	add_child(part)
	part.set_anchors_and_offsets_preset(preset, Control.PRESET_MODE_MINSIZE, int(EDGE))
	part.grow_horizontal = Control.GROW_DIRECTION_BOTH
	part.grow_vertical = Control.GROW_DIRECTION_BOTH
	if part.anchor_left == 1.0:
		part.grow_horizontal = Control.GROW_DIRECTION_BEGIN
	if part.anchor_right == 0.0:
		part.grow_horizontal = Control.GROW_DIRECTION_END
	if part.anchor_top == 1.0:
		part.grow_vertical = Control.GROW_DIRECTION_BEGIN
	if part.anchor_bottom == 0.0:
		part.grow_vertical = Control.GROW_DIRECTION_END


func _build_banner() -> void:
	_banner.theme_type_variation = &"Banner"
	_banner.horizontal_alignment = HORIZONTAL_ALIGNMENT_CENTER
	_banner.mouse_filter = Control.MOUSE_FILTER_IGNORE
	add_child(_banner)
	_banner.set_anchors_and_offsets_preset(Control.PRESET_TOP_WIDE)
	_banner.offset_top = 150.0


func _build_switches() -> void:
	_switches.add_toggle(&"toggle_prediction", "prediction", true, func(on: bool) -> void: game.has_prediction = on)
	_switches.add_toggle(&"toggle_interpolation", "interpolation", true, func(on: bool) -> void: game.has_interpolation = on)
	_switches.add_toggle(&"toggle_ghost", "ghost", false, func(on: bool) -> void: game.has_ghost = on)
	_switches.add_toggle(&"toggle_sound", "sound", true, func(on: bool) -> void: Sounds.is_on = on)
	_switches.add_toggle(&"toggle_network", "network", true, func(on: bool) -> void:
		network.visible = on
		_leaders.visible = not on
		if on:
			network.fill())
	var leave := Look.button("Leave", Session.leave)
	leave.theme_type_variation = &"Pill"
	_switches.add_child(leave)


func _on_events_arrived(events: Array[FieldEvent]) -> void:
	for event in events:
		if event.kind == FieldEvent.Kind.DESTROYED and event.target == game.replica.own_slot:
			_banner.text = "Destroyed by %s" % game.replica.name_of(event.slot)


## The addon's overlay, which has a key of its own. It is loaded by its path: without the addon, as in a checkout without
## symbolic links, the demo plays on the stock class.
func _find_overlay() -> void:
	for entry in ProjectSettings.get_global_class_list():
		if entry["class"] == &"ENetOverlayRs":
			var script: GDScript = load(str(entry["path"]))
			_overlay = script.new()
			_overlay.connect(&"visibility_changed", _on_overlay_switched)
			get_parent().add_child.call_deferred(_overlay)


## The overlay has the same corner.
func _on_overlay_switched() -> void:
	var is_shown: bool = _overlay.get(&"visible")
	_status.visible = not is_shown


func _toggle_overlay() -> void:
	if _overlay != null:
		_overlay.call(&"toggle")
