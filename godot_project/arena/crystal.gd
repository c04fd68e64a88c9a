class_name Crystal
extends Node2D
## A crystal that is worth one point.

const RADIUS := 10.0


func _draw() -> void:
	var outline := PackedVector2Array([
		Vector2(0.0, -RADIUS - 3.0), Vector2(RADIUS, 0.0), Vector2(0.0, RADIUS + 3.0), Vector2(-RADIUS, 0.0),
	])
	draw_colored_polygon(outline, Color(0.45, 0.95, 0.85))
	draw_line(Vector2(-RADIUS, 0.0), Vector2(RADIUS, 0.0), Color(0.2, 0.55, 0.52), 2.0)
