extends "res://lib/suite.gd"
## Host names whose name server is slow. Another Godot, in a mount namespace of its own with its own /etc/resolv.conf,
## plays both the name server and the client. Its name server gives up after two seconds, or after one answer.

const OPTIONS := "options timeout:2 attempts:1"
## Frames that go by in two seconds are some hundreds.
const SOME_FRAMES := 20


func reason_to_skip() -> String:
	if server_class != client_class:
		return "these suites test one class only"
	if OS.get_name() != "Linux" or OS.execute("unshare", ["--mount", "true"]) != 0:
		return "a mount namespace needs Linux and root"
	return ""


func case_a_silent_name_server_does_not_stop_the_game() -> void:
	var result := _play("silent", client_class)
	if not _is_ours():
		equal(result.get("error"), float(ERR_CANT_CREATE), "stock waits for the name server")
		return done()
	equal(result.get("error"), float(OK), "create_client")
	equal(result.get("status"), float(MultiplayerPeer.CONNECTION_CONNECTING), "the status")
	equal(result.get("address"), "", "the address")
	equal(result.get("port"), 4242.0, "the port")
	check(_frames(result) > SOME_FRAMES, "frames go by: %s" % result)
	equal(result.get("failures"), 1.0, "connection_failed")
	check(str(result.get("output")).contains("could not resolve \"late.example\""), "the error names the host")
	done()


func case_a_late_answer_connects() -> void:
	if not _is_ours():
		check(true, "stock answers nothing meanwhile")
		return done()
	var result := _play("late", client_class)
	equal(result.get("error"), float(OK), "create_client")
	equal(result.get("status"), float(MultiplayerPeer.CONNECTION_CONNECTED), "the status")
	check(_frames(result) >= SOME_FRAMES, "frames go by: %s" % result)
	equal(result.get("address"), "127.0.0.1", "the address")
	done()


func case_the_process_ends_while_a_name_is_resolved() -> void:
	if not _is_ours():
		check(true, "stock waits")
		return done()
	var result := _play("quit", client_class)
	equal(result.get("error"), float(OK), "create_client")
	equal(result.get("closed"), float(MultiplayerPeer.CONNECTION_DISCONNECTED), "close")
	done()


func case_hosts_of_a_script() -> void:
	if not _is_ours():
		check(true, "stock answers nothing meanwhile")
		return done()
	var result := _play("script", "ENetConnectionRs")
	equal(result.get("words"), ["one", "two"], "datagrams to a name")
	equal(result.get("state"), float(ENetPacketPeer.STATE_CONNECTING), "the peer's state")
	equal(result.get("event"), float(ENetConnection.EVENT_DISCONNECT), "the event")
	equal(result.get("is_of_peer"), true, "the event's peer")
	check(str(result.get("output")).contains("could not resolve \"nobody.example\""), "the error names the host")
	done()


func _is_ours() -> bool:
	return client_class.ends_with("Rs")


## What the other process printed: its result, with all its output.
func _play(how: String, peer_class: String) -> Dictionary:
	var address := "127.77.%d.%d" % [randi_range(0, 255), randi_range(1, 254)]
	var file := _written("resolv.conf", "nameserver %s\n%s\n" % [address, OPTIONS])
	# The engine passes arguments through a shell, which would expand the variables.
	var script := _written("run.sh", 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"\n')
	var arguments := PackedStringArray(["--mount", "sh", script, file, godot_program()])
	arguments.append_array(godot_arguments("res://resolver.gd", [how, peer_class, address]))
	var output: Array = []
	var status := OS.execute("unshare", arguments, output, true)
	DirAccess.remove_absolute(file)
	DirAccess.remove_absolute(script)
	var text: String = "".join(output)
	equal(status, 0, "the exit status; output: %s" % text.right(300))
	for line in text.split("\n"):
		if line.begins_with("result: "):
			var result: Dictionary = JSON.parse_string(line.trim_prefix("result: "))
			result["output"] = text
			return result
	check(false, "the process prints a result: %s" % text.right(300))
	return {}


## The path of a new file.
func _written(name: String, content: String) -> String:
	var path := OS.get_user_data_dir().path_join("%d_%s" % [OS.get_process_id(), name])
	var file := FileAccess.open(path, FileAccess.WRITE)
	file.store_string(content)
	file.close()
	return path


func _frames(result: Dictionary) -> int:
	var frames: float = result.get("frames", 0.0)
	return int(frames)
