extends SceneTree
# A participant of the chat that waves now and then:
#   --script chat_main.gd host|join PORT NAME

const LIFE_SECONDS := 60.0

var _chat = load("res://chat.gd").new()
var _age := 0.0


func _init() -> void:
	# The engine's own arguments come first.
	var arguments := Array(OS.get_cmdline_args()).slice(-3, -1)
	if _chat.call(arguments[0], int(arguments[1]), arguments[2]) != OK:
		quit(1)


func _iteration(delta: float) -> bool:
	var was := int(_age)
	_age += delta
	_chat.poll()
	if int(_age) > was and not _chat.names.empty():
		_chat.wave()
	OS.delay_msec(1)
	return _age > LIFE_SECONDS or _chat.is_over()
