extends Node
## Short sounds, computed at the start, and a switch for them. Autoload `Sounds`.

enum Kind { SHOT, HIT, EXPLOSION, CRYSTAL }

const RATE := 22050
const PLAYERS := 10

var is_on := true

var _streams: Array[AudioStreamWAV] = []
var _players: Array[AudioStreamPlayer] = []
var _next := 0


func _ready() -> void:
	if DisplayServer.get_name() == "headless":
		is_on = false
		return
	_streams = [
		_make(0.12, func(t: float) -> float: return sin(TAU * (620.0 - 2600.0 * t) * t) * 0.35),
		_make(0.14, func(t: float) -> float: return (randf() * 0.5 + sin(TAU * 180.0 * t) * 0.5 - 0.25) * 0.6),
		_make(0.7, func(t: float) -> float: return (randf() - 0.5) * 0.8 + sin(TAU * (90.0 - 70.0 * t) * t) * 0.5),
		_make(0.28, func(t: float) -> float: return sin(TAU * (880.0 if t < 0.08 else 1320.0) * t) * 0.3),
	]
	for index in PLAYERS:
		var player := AudioStreamPlayer.new()
		add_child(player)
		_players.append(player)


## Plays a sound, with a loudness from 0 to 1.
func play(kind: Kind, loudness: float) -> void:
	if not is_on or _streams.is_empty() or loudness < 0.05:
		return
	var player := _players[_next]
	_next = (_next + 1) % PLAYERS
	player.stream = _streams[kind]
	player.volume_db = linear_to_db(loudness * 0.5)
	player.pitch_scale = randf_range(0.92, 1.08)
	player.play()


## A sound of some length from a function of the time. It fades out.
func _make(seconds: float, wave: Callable) -> AudioStreamWAV:
	var count := int(seconds * RATE)
	var bytes := PackedByteArray()
	bytes.resize(count * 2)
	for index in count:
		var fade := pow(1.0 - float(index) / count, 2.0)
		var value: float = wave.call(float(index) / RATE)
		bytes.encode_s16(index * 2, int(clampf(value * fade, -1.0, 1.0) * 32000.0))
	var stream := AudioStreamWAV.new()
	stream.format = AudioStreamWAV.FORMAT_16_BITS
	stream.mix_rate = RATE
	stream.data = bytes
	return stream
