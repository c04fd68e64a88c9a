class_name StatusCard
extends PanelContainer
## The connection in a few lines: what it is, and what lag does.

const REFRESH_SECONDS := 0.25

var game: Game
var bots: Bots

var _wait := 0.0
var _ping := Label.new()
var _lines := Look.small()


func _ready() -> void:
	mouse_filter = MOUSE_FILTER_IGNORE
	var rows := VBoxContainer.new()
	rows.add_theme_constant_override(&"separation", 1)
	add_child(rows)
	_ping.theme_type_variation = &"Big"
	rows.add_child(_ping)
	rows.add_child(_lines)


func _process(delta: float) -> void:
	_wait -= delta
	if _wait > 0.0 or not is_visible_in_tree():
		return
	_wait = REFRESH_SECONDS
	_ping.text = "ping  %s" % ("-" if game.ping < 0 else "%d ms" % game.ping)
	_ping.modulate = Look.ping_color(game.ping)
	var correction := game.prediction.median_correction()
	_lines.text = "\n".join([
		Session.settings.summary(),
		"network  %s" % _network(),
		"own ship  %s" % ("predicted, %d ticks ahead" % game.prediction.pending() if game.has_prediction else "as the server says"),
		"correction  %s" % ("-" if correction < 0.0 else "%.1f px" % correction),
		"others  %s" % (
			"%d ms behind, smooth" % roundi(game.replica.clock.delay * 1000.0) if game.has_interpolation else "as they arrive"),
		"%d players%s,  %d fps" % [
			game.replica.ships.size(), " (%d bots here)" % bots.count() if bots.count() > 0 else "",
			roundi(Engine.get_frames_per_second())],
	])


func _network() -> String:
	var peer := Session.peer()
	if not SimulatedNetwork.mistake(peer).is_empty():
		return "as it is"
	var simulation := SimulatedNetwork.current(peer)
	return "as it is" if SimulatedNetwork.is_clear(simulation) else SimulatedNetwork.summary(simulation)
