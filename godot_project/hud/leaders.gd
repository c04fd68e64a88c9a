class_name Leaders
extends Control
## The best players and the own rank.

const ROWS := 5
const ROW_HEIGHT := 22.0
const REFRESH_SECONDS := 0.25

var game: Game

var _wait := 0.0


func _ready() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	custom_minimum_size = Vector2(210.0, 20.0 + ROW_HEIGHT * (ROWS + 1))


func _process(delta: float) -> void:
	_wait -= delta
	if _wait <= 0.0:
		_wait = REFRESH_SECONDS
		queue_redraw()


func _draw() -> void:
	draw_style_box(get_theme_stylebox(&"panel", &"PanelContainer"), Rect2(Vector2.ZERO, size))
	var ranking := game.replica.ranking()
	for index in ranking.size():
		var is_own := ranking[index].slot == game.replica.own_slot
		if index < ROWS:
			_draw_row(index, index + 1, ranking[index], is_own)
		elif is_own:
			_draw_row(ROWS, index + 1, ranking[index], true)


func _draw_row(at_row: int, rank: int, ship: ReplicaShip, is_own: bool) -> void:
	var y := 26.0 + at_row * ROW_HEIGHT
	var tint := Color.WHITE if is_own else Look.TEXT
	Look.write(self, Vector2(10.0, y), str(rank), Look.DIM, 14, 22.0, HORIZONTAL_ALIGNMENT_RIGHT)
	draw_circle(Vector2(44.0, y - 5.0), 4.5, Field.color_of(ship.slot))
	Look.write(self, Vector2(56.0, y), ship.player_name, tint, 15, 104.0)
	Look.write(self, Vector2(size.x - 62.0, y), str(ship.state.score), tint, 15, 48.0, HORIZONTAL_ALIGNMENT_RIGHT)
