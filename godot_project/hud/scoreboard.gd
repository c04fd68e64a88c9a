class_name Scoreboard
extends Control
## All players with scores and pings, and who left why.

const ROW_HEIGHT := 20.0
const ROWS := 22
const COLUMN_WIDTH := 268.0
const MOST_COLUMNS := 4
const TOP := 62.0

var game: Game


func _ready() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE


func _process(_delta: float) -> void:
	if visible:
		queue_redraw()


func _draw() -> void:
	var ranking := game.replica.ranking()
	var columns := clampi(ceili(float(ranking.size()) / ROWS), 1, MOST_COLUMNS)
	var leavers := game.replica.leavers
	var width := maxf(columns * COLUMN_WIDTH + 28.0, 420.0)
	var height := TOP + mini(ranking.size(), ROWS) * ROW_HEIGHT + 20.0
	if not leavers.is_empty():
		height += 22.0 + leavers.size() * ROW_HEIGHT
	var box := Rect2(((size - Vector2(width, height)) / 2.0).floor(), Vector2(width, height))
	draw_style_box(get_theme_stylebox(&"panel", &"Scoreboard"), box)
	Look.write(self, box.position + Vector2(18.0, 30.0), "Scores", Look.ACCENT, 20)
	var total := "%d players on %s" % [ranking.size(), Session.settings.summary()]
	Look.write(self, box.position + Vector2(110.0, 30.0), total, Look.DIM, 14)
	for column in columns:
		var left := box.position.x + 14.0 + column * COLUMN_WIDTH
		Look.write(self, Vector2(left, box.position.y + 52.0), "score", Look.DIM, 12, 190.0, HORIZONTAL_ALIGNMENT_RIGHT)
		Look.write(self, Vector2(left, box.position.y + 52.0), "ping", Look.DIM, 12, 250.0, HORIZONTAL_ALIGNMENT_RIGHT)
	for index in mini(ranking.size(), ROWS * columns):
		@warning_ignore("integer_division")
		var at := box.position + Vector2(14.0 + (index / ROWS) * COLUMN_WIDTH, TOP + 10.0 + (index % ROWS) * ROW_HEIGHT)
		_draw_player(at, index + 1, ranking[index])
	_draw_leavers(box, leavers)


func _draw_player(at: Vector2, rank: int, ship: ReplicaShip) -> void:
	var is_own := ship.slot == game.replica.own_slot
	if is_own:
		draw_rect(Rect2(at + Vector2(0.0, -15.0), Vector2(COLUMN_WIDTH - 10.0, ROW_HEIGHT)), Color(Look.ACCENT, 0.2))
	Look.write(self, at, str(rank), Look.DIM, 13, 24.0, HORIZONTAL_ALIGNMENT_RIGHT)
	draw_circle(at + Vector2(38.0, -5.0), 4.5, Field.color_of(ship.slot))
	Look.write(self, at + Vector2(50.0, 0.0), ship.player_name, Color.WHITE if is_own else Look.TEXT, 14, 100.0)
	Look.write(self, at, str(ship.state.score), Look.TEXT, 14, 190.0, HORIZONTAL_ALIGNMENT_RIGHT)
	var ping := "-" if ship.ping < 0 else "%d ms" % ship.ping
	Look.write(self, at, ping, Look.ping_color(ship.ping), 13, 250.0, HORIZONTAL_ALIGNMENT_RIGHT)


func _draw_leavers(box: Rect2, leavers: Array[Array]) -> void:
	if leavers.is_empty():
		return
	var top := box.end.y - 12.0 - leavers.size() * ROW_HEIGHT
	Look.write(self, Vector2(box.position.x + 18.0, top - 8.0), "left lately", Look.DIM, 12)
	for index in leavers.size():
		var leaver := leavers[index]
		var left_at: int = leaver[2]
		var reason: String = leaver[1]
		var at := Vector2(box.position.x + 18.0, top + 10.0 + index * ROW_HEIGHT)
		Look.write(self, at, "%d s ago" % floori((Time.get_ticks_msec() - left_at) / 1000.0), Look.DIM, 13, 62.0)
		Look.write(self, at + Vector2(70.0, 0.0), str(leaver[0]), Look.TEXT, 13, 100.0)
		var text := "left" if reason.is_empty() else reason
		Look.write(self, at + Vector2(176.0, 0.0), text, Look.TEXT if reason.is_empty() else Look.FAIR, 13, box.size.x - 200.0)
