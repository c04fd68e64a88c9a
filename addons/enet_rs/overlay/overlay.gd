@icon("../icons/ENetMultiplayerPeerRs.svg")
class_name ENetOverlayRs
extends CanvasLayer
## Shows the network's figures over the game.
##
## Add one to the scene, or call [code]add_child(ENetOverlayRs.new())[/code]. It starts hidden. F3 shows and hides it, see
## [member toggle_key]. It works in release builds and in paused trees, leaves the mouse and the focus to the game except on
## its own buttons, and costs nothing while it is hidden.[br][br]
## The overlay shows the [member MultiplayerAPI.multiplayer_peer] of its own place in the tree, or [member peer] if that is
## set. It shows all of its figures for [code]ENetMultiplayerPeerRs[/code], and fewer for Godot's own [ENetMultiplayerPeer].
## With the latter, it calls [method ENetConnection.pop_statistic] while it is visible, so a game that calls this method, too,
## gets smaller numbers meanwhile.[br][br]
## The page [code]docs/overlay.md[/code] explains the lines.

## Emitted when the button "Copy report" was pressed, with the text. The text is in the clipboard already, if the system has
## one.
signal report_copied(text: String)

## When the simulator is allowed.
enum Allowed { IN_DEBUG_BUILDS, ALWAYS, NEVER }
## A corner of the window.
enum Corner { TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT }

const MonitorRs := preload("monitor.gd")
const ReportRs := preload("report.gd")
const SimulatorRs := preload("simulator.gd")
const StyleRs := preload("style.gd")
const ViewRs := preload("view.gd")

const HIGHEST_LAYER := 128
# The height in pixels that the scale 1 suits without further ado.
const USUAL_HEIGHT := 810.0
# The texts change with every second refresh, because nobody reads faster, and the table with every fourth.
const TEXT_DIVISOR := 2
const TABLE_DIVISOR := 4
# Fingers need larger buttons.
const TOUCH_FACTOR := 1.5
# A refresh does one of these in each frame, so that no frame becomes much longer.
enum StepRs { READ, GRAPH, FIGURES, PEERS }

## The key that shows and hides the overlay, [constant KEY_NONE] for none. A key that the game has handled already does
## nothing here.
@export var toggle_key: Key = KEY_F3:
	set(value):
		toggle_key = value
		set_process_unhandled_key_input(value != KEY_NONE)
## An action of the input map that shows and hides the overlay, for example with a button of a gamepad. Empty for none.
## For touch, let a button of the game call [method toggle].
@export var toggle_action: StringName = &"":
	set(value):
		toggle_action = value
		set_process_unhandled_input(not value.is_empty())
## Whether the overlay is visible from the beginning.
@export var start_visible := false
## Where the overlay is.
@export var corner := Corner.TOP_LEFT:
	set(value):
		corner = value
		_fit()
## The scale of text and buttons. With 0, it follows the height of the viewport in pixels of the screen, and is larger with a touchscreen.
@export_range(0.0, 4.0, 0.25) var content_scale := 0.0:
	set(value):
		content_scale = clampf(value, 0.0, 4.0)
		_fit()
## A theme for the overlay. Its items replace those of the overlay's own theme, which has the type
## [code]ENetOverlay[/code] with the colours of graph and marks, and the label types [code]ENetOverlayTitle[/code],
## [code]ENetOverlayName[/code] and [code]ENetOverlayNote[/code].
@export var theme: Theme = null:
	set(value):
		theme = value
		_fit()
## How often the figures are read and the graph is drawn, in refreshes a second, from 1 to 30. The texts change with
## every second refresh, the table of peers with every fourth.
@export_range(1.0, 30.0, 0.5) var refresh_rate := 4.0:
	set(value):
		refresh_rate = clampf(value, 1.0, 30.0)
## How many peers the table of a server shows, from 0 to 32. Those with the worst connections are shown.
@export_range(0, 32) var max_rows := 8:
	set(value):
		max_rows = clampi(value, 0, 32)
## Whether the graph shows the round trip instead of the bandwidth.
@export var graph_shows_round_trip := false:
	set(value):
		graph_shows_round_trip = value
		if _view != null:
			_view.graph.shows_round_trip = value
## Whether players can open the simulator. By default they can only in debug builds, because a player who delays their own
## datagrams has an advantage in many games.
@export var show_simulator := Allowed.IN_DEBUG_BUILDS
## Whether the title shows the address of the server. Switch it off if players broadcast their screens.
@export var show_addresses := true
## Whether the report has the address of the server, and the details of failures, which can contain its name. Reports
## often end in public places.
@export var report_addresses := false

## The peer to show, [code]null[/code] for the one of this node's [member Node.multiplayer]. The overlay does not keep the
## peer alive.
var peer: MultiplayerPeer:
	get:
		return _chosen.get_ref()
	set(value):
		_chosen = weakref(value)
		_follow()

var _chosen := WeakRef.new()
var _monitor := MonitorRs.new()
var _simulator := SimulatorRs.new()
var _view: ViewRs = null
var _themed: Control = null
var _default_theme: Control = null
var _step := StepRs.READ
var _next_usec := 0
var _refreshes := 0
var _last_frame_usec := 0
var _longest_frame_usec := 0
var _copied_until_usec := 0


func _init() -> void:
	# The properties of a scene are set before its script: what was chosen there stays.
	if layer == 1:
		layer = HIGHEST_LAYER
	visible = false
	if process_mode == Node.PROCESS_MODE_INHERIT:
		process_mode = Node.PROCESS_MODE_ALWAYS
	visibility_changed.connect(_visibility_changed)


func _enter_tree() -> void:
	get_viewport().size_changed.connect(_fit)
	_follow()
	if is_node_ready():
		_fit()
		_visibility_changed()


func _ready() -> void:
	set_process_unhandled_key_input(toggle_key != KEY_NONE)
	set_process_unhandled_input(not toggle_action.is_empty())
	if start_visible:
		visible = true
	_visibility_changed()


func _exit_tree() -> void:
	get_viewport().size_changed.disconnect(_fit)
	_monitor.watch(null, null)
	_simulator.watch(null)


## Shows the overlay, or hides it.
func toggle() -> void:
	visible = not visible


## Returns all figures, versions and the last events as a text. It works while the overlay is hidden, too.
func get_report() -> String:
	if not is_processing() or _refreshes == 0:
		_follow()
		_monitor.forget()
		_monitor.read(Time.get_ticks_usec(), true, -1.0)
	return ReportRs.text(_monitor, _simulator.summary(), report_addresses)


func _unhandled_key_input(event: InputEvent) -> void:
	var key := event as InputEventKey
	if key != null and key.pressed and not key.echo and key.get_modifiers_mask() == 0:
		if key.keycode == toggle_key or key.physical_keycode == toggle_key:
			# A listener may take the overlay out of the tree.
			get_viewport().set_input_as_handled()
			toggle()


func _unhandled_input(event: InputEvent) -> void:
	if InputMap.has_action(toggle_action) and event.is_action_pressed(toggle_action):
		get_viewport().set_input_as_handled()
		toggle()


func _process(_delta: float) -> void:
	# The delta depends on the time scale.
	var now := Time.get_ticks_usec()
	_longest_frame_usec = maxi(_longest_frame_usec, now - _last_frame_usec)
	_last_frame_usec = now
	if _step == StepRs.READ and now < _next_usec:
		return
	var step := _step
	_step = ((step + 1) % StepRs.size()) as StepRs
	match step:
		StepRs.READ:
			_next_usec = now + roundi(1e6 / refresh_rate)
			_follow()
			_monitor.read(now, _refreshes % TABLE_DIVISOR == 0, _longest_frame_usec / 1000.0)
			_longest_frame_usec = 0
			_refreshes += 1
		StepRs.GRAPH:
			_view.show_graph(_monitor.history)
			if _refreshes % TEXT_DIVISOR != 1:
				_step = StepRs.READ
		StepRs.FIGURES:
			_view.show_figures(_monitor.reading, show_addresses)
			_view.allow_simulator(_is_simulator_allowed() and _simulator.is_available())
			_view.tell_copied(now < _copied_until_usec)
			if _refreshes % TABLE_DIVISOR != 1:
				_step = StepRs.READ
		StepRs.PEERS:
			_view.show_peers(_monitor.peers.worst(max_rows))


func _visibility_changed() -> void:
	var is_shown := visible and is_inside_tree()
	set_process(is_shown)
	if not is_shown:
		return
	if _view == null:
		_build()
	# What happened while the overlay was hidden is no rate and no gap.
	_monitor.forget()
	_longest_frame_usec = 0
	_last_frame_usec = Time.get_ticks_usec()
	_next_usec = 0
	_refreshes = 0
	_step = StepRs.READ


func _build() -> void:
	_default_theme = Control.new()
	_themed = Control.new()
	_view = ViewRs.new(_simulator)
	_default_theme.add_child(_themed)
	_themed.add_child(_view)
	for control: Control in [_default_theme, _themed]:
		control.set_anchors_preset(Control.PRESET_FULL_RECT)
		control.mouse_filter = Control.MOUSE_FILTER_IGNORE
	_view.copy_pressed.connect(_copy)
	_view.graph.shows_round_trip = graph_shows_round_trip
	add_child(_default_theme)
	_fit()


func _fit() -> void:
	if _view == null or not is_inside_tree():
		return
	var text_scale := content_scale if content_scale > 0.0 else _usual_scale()
	_default_theme.theme = StyleRs.make(text_scale)
	_themed.theme = theme
	var is_right := corner == Corner.TOP_RIGHT or corner == Corner.BOTTOM_RIGHT
	var is_bottom := corner == Corner.BOTTOM_LEFT or corner == Corner.BOTTOM_RIGHT
	_view.fit(text_scale, is_right, is_bottom)


# By the pixels of the screen, of which a unit of a stretched viewport has several: a game of 320 by 180 units has no room otherwise.
func _usual_scale() -> float:
	var stretch := maxf(get_viewport().get_stretch_transform().get_scale().y, 0.01)
	var text_scale := maxf(1.0, get_viewport().get_visible_rect().size.y * stretch / USUAL_HEIGHT)
	if DisplayServer.is_touchscreen_available():
		text_scale *= TOUCH_FACTOR
	return snappedf(minf(text_scale, 4.0), 0.25) / stretch


# Finds the peer to show, which a game can replace at any time.
func _follow() -> void:
	if not is_inside_tree():
		return
	var chosen: MultiplayerPeer = peer
	var api := multiplayer
	var shown := chosen if chosen != null else (api.multiplayer_peer if api != null else null)
	var owner_api := api if api != null and shown == api.multiplayer_peer else null
	_monitor.watch(shown, owner_api)
	_simulator.watch(shown)


func _is_simulator_allowed() -> bool:
	if show_simulator == Allowed.IN_DEBUG_BUILDS:
		return OS.is_debug_build()
	return show_simulator == Allowed.ALWAYS


func _copy() -> void:
	var text := get_report()
	if DisplayServer.has_feature(DisplayServer.FEATURE_CLIPBOARD):
		DisplayServer.clipboard_set(text)
	_copied_until_usec = Time.get_ticks_usec() + 1_500_000
	_view.tell_copied(true)
	report_copied.emit(text)
