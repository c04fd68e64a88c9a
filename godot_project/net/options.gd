class_name Options
## The options of the command line, after `--`. A value follows its option, or `=`.

enum Role { LOBBY, SERVER, CLIENT, HOST, JOIN }

const DEFAULT_PORT := 24565

const HELP := """Options, after `--`:
  --server                 dedicated server
  --client ADDRESS         joins without the lobby, with --bot headless
  --bot SECONDS            a scripted player that leaves, rejoins and leaves again
  --host                   starts a server and plays on it, in a window
  --join [ADDRESS]         joins, in a window; 127.0.0.1 by default
  --bots N                 up to 64 bots, each a client of its own
  --autopilot              the own ship is flown by a script too
  --port N                 UDP port, %d by default
  --peer-class CLASS       ENetMultiplayerPeerRs or ENetMultiplayerPeer
  --compression NAME       None, Range coder, FastLZ, zlib or Zstandard
  --encrypt                DTLS with a self-made certificate
  --net-sim=NETWORK        the extension simulates this network, for example 4G or latency:80,loss:2
  --token BASE64           a client's routing token for a proxy, appended to each datagram
  --agones                 a server in a fleet of Agones: tells its state, health and players
  --metrics-port N         a server shows figures to Prometheus on this TCP port of 127.0.0.1
  --stall AFTER:SECONDS    a server's main thread does nothing for some seconds, as if it loaded
  --name NAME              the player's name
  --show PANELS            opens panels, of scores, network and overlay, joined by commas
  --no-prediction, --no-interpolation, --ghost, --mute
                           what the keys P, I, G and M switch
  --seconds N              quits after N seconds
  --quit-when-empty        a server quits when everybody has left
  --quit-when-crowded      a host quits when every bot has joined, flown and scored
  --frames                 prints the frame rate every second
  --screenshot FILE        saves a picture of the window and quits
  --after SECONDS          when the screenshot is taken, 3 by default""" % DEFAULT_PORT

var role := Role.LOBBY
var address := "127.0.0.1"
var port := DEFAULT_PORT
var peer_class := ""
var compression := ""
var is_encrypted := false
var token := PackedByteArray()
var agones := false
var metrics_port := 0
var stall_after := 0.0
var stall_seconds := 0.0
var player_name := ""
var bot_seconds := 0.0
var bots := 0
var autopilot := false
var panels: PackedStringArray
var prediction := true
var interpolation := true
var ghost := false
var mute := false
var seconds := 0.0
var quit_when_empty := false
var quit_when_crowded := false
var frames := false
var screenshot_file := ""
var screenshot_seconds := 3.0
## The error in the command line, or an empty text.
var mistake := ""

var _rest: PackedStringArray


static func from_command_line() -> Options:
	var options := Options.new()
	for argument in OS.get_cmdline_user_args():
		var is_pair := argument.begins_with("--") and argument.contains("=")
		options._rest.append_array(argument.split("=", true, 1) if is_pair else PackedStringArray([argument]))
	while not options._rest.is_empty() and options.mistake.is_empty():
		options._take_option()
	return options


## Whether an option is for a server in a fleet.
func is_in_fleet() -> bool:
	return agones or metrics_port > 0 or stall_seconds > 0.0


## Whether an option needs the extension's class.
func needs_ours() -> bool:
	return is_in_fleet() or not token.is_empty()


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
			if not _rest.is_empty() and not _rest[0].begins_with("--"):
				address = _take()
		"--bot":
			bot_seconds = _take_number(option)
		"--bots":
			bots = _take_count(option, 0, Bots.MOST)
		"--autopilot":
			autopilot = true
		"--port":
			port = _take_count(option, 1, 65535)
		"--peer-class":
			peer_class = _take_value(option)
		"--compression":
			compression = _take_value(option)
		"--encrypt":
			is_encrypted = true
		"--net-sim":
			# The extension reads this one itself.
			_take_value(option)
		"--token":
			_take_token(option)
		"--metrics-port":
			metrics_port = _take_count(option, 1, 65535)
		"--stall":
			_take_stall(option)
		"--name":
			player_name = _take_value(option)
		"--show":
			panels = _take_value(option).split(",")
		_:
			_take_switch(option)


func _take_switch(option: String) -> void:
	match option:
		"--agones":
			agones = true
		"--no-prediction":
			prediction = false
		"--no-interpolation":
			interpolation = false
		"--ghost":
			ghost = true
		"--mute":
			mute = true
		"--seconds":
			seconds = _take_number(option)
		"--quit-when-empty":
			quit_when_empty = true
		"--quit-when-crowded":
			quit_when_crowded = true
		"--frames":
			frames = true
		"--screenshot":
			screenshot_file = _take_value(option)
		"--after":
			screenshot_seconds = _take_number(option)
		_:
			mistake = "unknown option \"%s\"\n%s" % [option, HELP]


func _take_token(option: String) -> void:
	var text := _take_value(option)
	token = Marshalls.base64_to_raw(text)
	if mistake.is_empty() and token.is_empty():
		mistake = "%s needs bytes in Base64, not \"%s\"" % [option, text]


func _take_stall(option: String) -> void:
	var parts := _take_value(option).split(":")
	if parts.size() != 2 or not parts[0].is_valid_float() or not parts[1].is_valid_float():
		mistake = "%s needs two numbers, as in 10:30" % option
		return
	stall_after = maxf(parts[0].to_float(), 0.001)
	stall_seconds = parts[1].to_float()


func _take() -> String:
	var first := _rest[0]
	_rest.remove_at(0)
	return first


func _take_value(option: String) -> String:
	if _rest.is_empty():
		mistake = "%s needs a value\n%s" % [option, HELP]
		return ""
	return _take()


func _take_count(option: String, least: int, most: int) -> int:
	var text := _take_value(option)
	var count := text.to_int()
	if mistake.is_empty() and not (text.is_valid_int() and count >= least and count <= most):
		mistake = "%s must be %d to %d, not \"%s\"" % [option, least, most, text]
	return count


func _take_number(option: String) -> float:
	var text := _take_value(option)
	if mistake.is_empty() and not text.is_valid_float():
		mistake = "%s needs a number, not \"%s\"" % [option, text]
	return text.to_float()
