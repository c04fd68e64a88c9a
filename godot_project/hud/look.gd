class_name Look
## Colors and parts of the interface.

const ACCENT := Color(0.36, 0.78, 1.0)
const TEXT := Color(0.88, 0.92, 0.98)
const DIM := Color(0.56, 0.64, 0.76)
const GOOD := Color(0.48, 0.95, 0.62)
const FAIR := Color(1.0, 0.82, 0.4)
const BAD := Color(1.0, 0.45, 0.45)


static func ping_color(milliseconds: int) -> Color:
	if milliseconds < 0:
		return DIM
	return GOOD if milliseconds < 80 else FAIR if milliseconds < 180 else BAD


static func title(text: String) -> Label:
	var label := Label.new()
	label.text = text
	label.theme_type_variation = &"Title"
	return label


static func small(text := "") -> Label:
	var label := Label.new()
	label.text = text
	label.theme_type_variation = &"Small"
	return label


static func row(parent: Control) -> HBoxContainer:
	var box := HBoxContainer.new()
	box.add_theme_constant_override(&"separation", 8)
	parent.add_child(box)
	return box


## A button that never takes the keyboard away from the ship.
static func button(text: String, on_pressed: Callable) -> Button:
	var made := Button.new()
	made.text = text
	made.focus_mode = Control.FOCUS_NONE
	made.pressed.connect(on_pressed)
	return made


static func write(canvas: CanvasItem, at: Vector2, line: String, color: Color, size := 15, width := -1.0,
		alignment := HORIZONTAL_ALIGNMENT_LEFT) -> void:
	canvas.draw_string(ThemeDB.fallback_font, at, line, alignment, width, size, color)
