extends "res://lib/godot3_suite.gd"
## WIRE_GODOT3 with a real Godot 3 in both roles: the recipients and the senders of packets.


## Every member sends to all, to one, and to all but one.
func case_targets() -> void:
	for mixture in MIXTURES:
		var members := session(mixture)
		if members.is_empty():
			break
		var expected := _nothing()
		for sender in members:
			var other := members[1 if sender != members[1] else 2]
			var plan: Dictionary[String, int] = {"all": 0, "one": other.id, "but one": -other.id}
			if not sender.is_server():
				plan.merge({"server": 1, "clients": -1})
			for text: String in plan:
				var target := plan[text]
				say_as(sender, text, target)
				for number in members.size():
					var id := members[number].id
					if members[number] != sender and (target == id or target <= 0 and target != -id):
						expected[number].append("%d: %s" % [sender.id, text])
		_expect_texts(members, expected, mixture)
	done()


## Our peer hangs: Godot 3 times it out as it would one of its own, once the stall timeout is over.
func case_our_peer_hangs() -> void:
	for mixture: String in ["theirs: ours", "ours: theirs"]:
		var members := session(mixture)
		if members.is_empty():
			break
		var ours := members[0] if members[0].here != null else members[1]
		var theirs := members[1] if ours == members[0] else members[0]
		ours.here.peer.set(&"stall_timeout", 0.5)
		ours.here.poll()
		var goodbye := "-%d" % ours.id if theirs.is_server() else "server_disconnected"
		var is_gone := func() -> bool:
			_godot3.poll()
			return theirs.events().has(goodbye)
		# Godot 3 waits for five seconds at least.
		check(pump([] as Array[End], is_gone, 40.0), "%s: Godot 3 gives our peer up: %s" % [mixture, told()])
	done()


## Empty lists for the server and three clients.
func _nothing() -> Array[PackedStringArray]:
	return [PackedStringArray(), PackedStringArray(), PackedStringArray(), PackedStringArray()]


## Expects each text once, and those of one sender in order.
func _expect_texts(members: Array[Member], expected: Array[PackedStringArray], what: String) -> void:
	var all_heard := func() -> bool:
		for number in members.size():
			if members[number].texts().size() < expected[number].size():
				return false
		return true
	check(until(all_heard), what + ": all packets arrive")
	for number in members.size():
		var texts := PackedStringArray(members[number].texts())
		equal(texts.size(), expected[number].size(), "%s: number of packets of %s" % [what, members[number]])
		for sender in members:
			equal(_said_by(sender, texts), _said_by(sender, expected[number]), "%s: %s" % [what, members[number]])


func _said_by(sender: Member, texts: PackedStringArray) -> PackedStringArray:
	var said := PackedStringArray()
	for text in texts:
		if text.begins_with("%d: " % sender.id):
			said.append(text)
	return said


func case_without_relay() -> void:
	for mixture in MIXTURES:
		var members := session(mixture, {"server_relay": false})
		if members.is_empty():
			break
		var expected := _nothing()
		for client in members.slice(1) as Array[Member]:
			for target: int in [0, 1, -1]:
				say_as(client, "to %d" % target, target)
			expected[0].append_array(["%d: to 0" % client.id, "%d: to 1" % client.id])
		_expect_texts(members, expected, mixture)
		# A server's later packet arrives after everything that the server could have relayed.
		say_as(members[0], "last", 0)
		for number: int in [1, 2, 3]:
			expected[number].append("1: last")
		_expect_texts(members, expected, mixture)
		leave(members[1])
		check(until(func() -> bool: return members[0].events().has("-%d" % members[1].id)), "one client leaves")
		say_as(members[0], "later", 0)
		for number: int in [2, 3]:
			expected[number].append("1: later")
		_expect_texts(members, expected, mixture)
		for client in members.slice(1) as Array[Member]:
			equal(client.events().slice(0, 2), ["+1", "connection_succeeded"] as Array[String],
					"the client's first signals")
			check(client == members[1] or client.events().size() == 2, "%s signals no other client" % client)
	done()


func case_joins_and_leaves() -> void:
	for mixture in MIXTURES:
		var members := session(mixture)
		if members.is_empty():
			break
		leave(members[1])
		_expect_gone(members[1], mixture + ": a client leaves", true, false)
		# Our server emits no signal for clients that it disconnects by force; Godot 3 does.
		kick(members[2], true)
		_expect_gone(members[2], mixture + ": a client is disconnected by force", members[0].there != null)
		for is_here: bool in [true, false]:
			begin(new_member(is_here), false)
			check(until(know_each_other), "a late client knows the others: %s" % [told()])
		kick(members[3], false)
		_expect_gone(members[3], mixture + ": another client is disconnected")
	done()


## Expects one signal at each of the others, and one at the member that is gone, unless the member itself left.
func _expect_gone(gone: Member, what: String, server_is_told: bool = true, is_told: bool = true) -> void:
	var event := "-%d" % gone.id
	var those_told := _members.filter(func(other: Member) -> bool: return server_is_told or not other.is_server())
	var all_know := func() -> bool:
		return (
			those_told.all(func(other: Member) -> bool: return other.events().has(event))
			and gone.events().has("server_disconnected") == is_told)
	check(until(all_know), "%s: %s, %s" % [what, told(), gone.events()])
	for other in _members:
		equal(other.events().count(event), int(those_told.has(other)), what)
