class_name Field
## The numbers that server and clients share.

const SIZE := Vector2(2400.0, 1500.0)
const MARGIN := 60.0
const TICKS_PER_SECOND := 60
const TICK_SECONDS := 1.0 / TICKS_PER_SECOND
## Every third tick the server sends a snapshot: 20 a second.
const SNAPSHOT_INTERVAL := 3
const SHIP_RADIUS := 16.0
const CRYSTAL_RADIUS := 11.0
const CRYSTAL_COUNT := 48
const SHOT_SPEED := 640.0
const SHOT_SECONDS := 1.1
const RELOAD_SECONDS := 0.28
const RESPAWN_SECONDS := 2.0
const FULL_HEALTH := 100
const SHOT_DAMAGE := 20
const CRYSTAL_POINTS := 1
const KILL_POINTS := 5


static func random_place() -> Vector2:
	return Vector2(randf_range(MARGIN, SIZE.x - MARGIN), randf_range(MARGIN, SIZE.y - MARGIN))


static func color_of(slot: int) -> Color:
	return Color.from_hsv(fposmod(0.55 + slot * 0.618034, 1.0), 0.58, 1.0)
