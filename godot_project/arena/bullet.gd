class_name Bullet
extends Node2D
## Flies in a straight line. Its start and velocity are part of its spawn data. Every end then moves the bullet by
## itself, and the server decides what it hits.

const SPEED := 520.0
const LIFE_SECONDS := 1.2

var velocity := Vector2.ZERO
var shooter := 0

var _age := 0.0


func _physics_process(delta: float) -> void:
	position += velocity * delta
	_age += delta
	if _age > LIFE_SECONDS and is_multiplayer_authority():
		queue_free()


func _draw() -> void:
	draw_circle(Vector2.ZERO, 4.0, Color(1.0, 0.87, 0.55))
