class_name CrystalsView
extends Node2D
## Draws the crystals, which turn and pulse.

const COLOR := Color(0.45, 1.0, 0.85)
const OUTLINE: PackedVector2Array = [Vector2(0, -13), Vector2(9, 0), Vector2(0, 13), Vector2(-9, 0)]
const LEFT: PackedVector2Array = [Vector2(0, -13), Vector2(0, 13), Vector2(-9, 0)]

var crystals: Crystals

var _time := 0.0


func _process(delta: float) -> void:
	_time += delta
	queue_redraw()


func _draw() -> void:
	if crystals == null:
		return
	var view := get_viewport().get_canvas_transform().affine_inverse() * get_viewport_rect()
	for index in crystals.places.size():
		var place := crystals.places[index]
		if not view.grow(40.0).has_point(place):
			continue
		var phase := _time * 2.2 + index
		draw_set_transform(place, 0.0, Vector2(0.55 + 0.45 * absf(cos(phase * 0.6)), 1.0 + 0.06 * sin(phase)))
		Glow.draw_on(self, Vector2.ZERO, 30.0, Color(COLOR, 0.32 + 0.12 * sin(phase)))
		draw_colored_polygon(OUTLINE, COLOR.darkened(0.45))
		draw_colored_polygon(LEFT, COLOR.darkened(0.12))
	draw_set_transform(Vector2.ZERO)
