class_name ShipState
## The state of a ship, as the server has it at a tick and as a snapshot carries it.

## The player's number in this game, 0 to 255.
var slot := 0
var place := Vector2.ZERO
var velocity := Vector2.ZERO
var aim := 0.0
var health := Field.FULL_HEALTH
var score := 0
## The sequence number of the last input that is part of this state.
var acknowledged := 0

var is_alive: bool:
	get:
		return health > 0


func copy_from(other: ShipState) -> void:
	slot = other.slot
	place = other.place
	velocity = other.velocity
	aim = other.aim
	health = other.health
	score = other.score
	acknowledged = other.acknowledged
