class_name ChatFilter
## Bounds what players write: length, characters and rate.

const MOST_CHARACTERS := 120
const MOST_NAME := 16
## A player may write as many messages at once, and one more each `SECONDS_PER_MESSAGE`.
const BURST := 4.0
const SECONDS_PER_MESSAGE := 1.0

var _allowance: Dictionary[int, float] = {}
var _asked_at: Dictionary[int, int] = {}


## One line without control characters and without what nobody sees, or an empty text.
static func clean(text: String, most: int) -> String:
	var line := ""
	# A message can be long: the rest is not even looked at.
	for character in text.left(most * 2):
		var code := character.unicode_at(0)
		if _is_invisible(code):
			continue
		var is_control := code < 32 or (code >= 127 and code < 160) or code == 0x2028 or code == 0x2029
		line += " " if is_control else character
	return line.strip_edges().left(most)


## Joiners, marks of direction and others without a width: with them two names can look the same.
static func _is_invisible(code: int) -> bool:
	return (code >= 0x200b and code <= 0x200f) or (code >= 0x202a and code <= 0x202e) or (code >= 0x2060 and code <= 0x206f) \
		or code == 0xad or code == 0x61c or code == 0xfeff


func is_due(id: int) -> bool:
	var now := Time.get_ticks_msec()
	var asked_at: int = _asked_at.get(id, now)
	var allowance: float = _allowance.get(id, BURST)
	allowance = minf(BURST, allowance + (now - asked_at) / 1000.0 / SECONDS_PER_MESSAGE)
	_asked_at[id] = now
	_allowance[id] = allowance - 1.0 if allowance >= 1.0 else allowance
	return allowance >= 1.0


func forget(id: int) -> void:
	_allowance.erase(id)
	_asked_at.erase(id)
