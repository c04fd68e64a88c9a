class_name Switches
extends HBoxContainer
## What can be switched while playing, by button or key. Each key is an action of the input map.

var game: Game

var _toggles: Dictionary[StringName, Button] = {}


## Adds a switch that is on or off. `on_toggled(is_on)` is called when it changes.
func add_toggle(action: StringName, text: String, starts_on: bool, on_toggled: Callable) -> void:
	var toggle := Button.new()
	toggle.toggle_mode = true
	toggle.focus_mode = FOCUS_NONE
	toggle.theme_type_variation = &"Pill"
	toggle.button_pressed = starts_on
	toggle.text = "%s  %s" % [_key_of(action), text]
	toggle.toggled.connect(on_toggled)
	add_child(toggle)
	_toggles[action] = toggle


func set_on(action: StringName, on: bool) -> void:
	_toggles[action].button_pressed = on


func is_on(action: StringName) -> bool:
	return _toggles[action].button_pressed


func flip(action: StringName) -> void:
	_toggles[action].button_pressed = not _toggles[action].button_pressed


func handle(event: InputEvent) -> bool:
	for action in _toggles:
		if event.is_action_pressed(action):
			flip(action)
			return true
	return false


func _key_of(action: StringName) -> String:
	for event in InputMap.action_get_events(action):
		var key := event as InputEventKey
		if key != null:
			return OS.get_keycode_string(key.physical_keycode)
	return ""
