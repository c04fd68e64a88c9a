class_name Controls
## The player's wishes from keyboard, mouse and pad. The pad's right stick aims, else the mouse, else the flight.

const STICK := 0.35

var direction := Vector2.ZERO
var aim := 0.0
var is_shooting := false

var _has_mouse := false
var _mouse := Vector2.ZERO


func read(viewport: Viewport, ship_on_screen: Vector2, is_free: bool) -> void:
	if not is_free:
		direction = Vector2.ZERO
		is_shooting = false
		return
	direction = Input.get_vector(&"move_left", &"move_right", &"move_up", &"move_down")
	var stick := Input.get_vector(&"aim_left", &"aim_right", &"aim_up", &"aim_down")
	var mouse := viewport.get_mouse_position()
	if mouse.distance_squared_to(_mouse) > 4.0:
		_has_mouse = true
		_mouse = mouse
	if stick.length() > STICK:
		aim = stick.angle()
		_has_mouse = false
	elif _has_mouse:
		aim = ship_on_screen.angle_to_point(mouse)
	elif direction != Vector2.ZERO:
		aim = direction.angle()
	var is_on_button := viewport.gui_get_hovered_control() != null
	var is_mouse_pressed := Input.is_mouse_button_pressed(MOUSE_BUTTON_LEFT) and not is_on_button
	is_shooting = Input.is_action_pressed(&"shoot") or is_mouse_pressed
