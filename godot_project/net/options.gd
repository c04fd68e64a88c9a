class_name Options
## The options of the command line, after `--`.

enum Role { LOBBY, SERVER, CLIENT, HOST, JOIN }

const DEFAULT_PORT := 24565

const HELP := """Options, after `--`:
  --server                 dedicated server, headless
  --client ADDRESS         joins without the lobby, with --bot headless
  --bot SECONDS            a scripted player that leaves, rejoins and leaves again
  --host | --join ADDRESS  starts in the game, in a window
  --port N                 UDP port, %d by default
  --peer-class CLASS       ENetMultiplayerPeerRs or ENetMultiplayerPeer
  --name NAME              the player's name
  --seconds N              quits after N seconds
  --quit-when-empty        a server quits when everybody has left
  --screenshot FILE N      saves a picture of the window after N seconds and quits""" % DEFAULT_PORT

var role := Role.LOBBY
var address := "127.0.0.1"
var port := DEFAULT_PORT
var peer_class := ""
var player_name := ""
var bot_seconds := 0.0
var seconds := 0.0
var quit_when_empty := false
var screenshot_file := ""
var screenshot_seconds := 0.0
## The error in the command line, or an empty text.
var mistake := ""

var _rest: PackedStringArray


static func from_command_line() -> Options:
	var options := Options.new()
	options._rest = OS.get_cmdline_user_args()
	while not options._rest.is_empty() and options.mistake.is_empty():
		options._take_option()
	return options


func _take_option() -> void:
	var option := _take()
	match option:
		"--server":
			role = Role.SERVER
		"--host":
			role = Role.HOST
		"--client":
			role = Role.CLIENT
			address = _take_value(option)
		"--join":
			role = Role.JOIN
			address = _take_value(option)
		"--bot":
			bot_seconds = _take_number(option)
		"--port":
			_take_port(option)
		"--peer-class":
			peer_class = _take_value(option)
		"--name":
			player_name = _take_value(option)
		"--seconds":
			seconds = _take_number(option)
		"--quit-when-empty":
			quit_when_empty = true
		"--screenshot":
			screenshot_file = _take_value(option)
			screenshot_seconds = _take_number(option)
		_:
			mistake = "unknown option \"%s\"\n%s" % [option, HELP]


func _take() -> String:
	var first := _rest[0]
	_rest.remove_at(0)
	return first


func _take_value(option: String) -> String:
	if _rest.is_empty():
		mistake = "%s needs a value\n%s" % [option, HELP]
		return ""
	return _take()


func _take_port(option: String) -> void:
	var text := _take_value(option)
	port = text.to_int()
	if mistake.is_empty() and not (text.is_valid_int() and port >= 1 and port <= 65535):
		mistake = "%s must be 1 to 65535, not \"%s\"" % [option, text]


func _take_number(option: String) -> float:
	var text := _take_value(option)
	if mistake.is_empty() and not text.is_valid_float():
		mistake = "%s needs a number, not \"%s\"" % [option, text]
	return text.to_float()
