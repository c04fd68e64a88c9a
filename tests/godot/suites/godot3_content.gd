extends "res://lib/godot3_suite.gd"
## WIRE_GODOT3 with a real Godot 3: all bytes of the packets that three peers broadcast, in each compression and
## transfer mode, and the channels on which they arrive.

## Each connection has one end in this process, whose throttle can be kept open on a slow machine.
const THREE: Array[String] = ["ours: theirs, theirs", "theirs: ours, ours"]
const COUNT := 75
## The numbers of a sender's packets start at a multiple of this.
const RANGE := 1000
## Largest packet, with the prefix, that is not split. Split packets are always ordered.
const LARGEST_WHOLE := 1356
## Seconds after which missing packets are sent again.
const PATIENCE := 2.0
const MOST_ATTEMPTS := 5
## ENet channel by transfer mode.
const CHANNEL_OF: Array[int] = [2, 2, 1]

const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE


## Counts for the current session.
var _bytes_sent := 0
var _sent_again := 0


func case_each_compression_mode() -> void:
	for mixture in THREE:
		for mode in MODES:
			var members := session(mixture, {"compression_mode": mode})
			if members.is_empty():
				break
			_carry(members, mode, "%s, %s" % [mixture, NAMES[mode]])
	done()


func _carry(members: Array[Member], compression: int, what: String) -> void:
	_calm(members)
	_bytes_sent = 0
	_sent_again = 0
	for member in members:
		if member.here != null:
			pop(member.here, ENetConnection.HOST_TOTAL_SENT_DATA)
	for index in COUNT:
		for number in members.size():
			_send(members, number, index)
		# The number of packets in flight is limited, so that no buffer overflows.
		if index % (MOST_UNDERWAY / 3) == 0 and not _settle(members, index + 1):
			break
	check(_settle(members, COUNT), what + ": all packets arrive")
	for number in members.size():
		_judge(members, number, what)
	for member in members:
		if member.here != null:
			# A server relays each packet that it receives to one client, and sends its own packets to two.
			var said := _bytes_sent * 4.0 / 3.0 if member.is_server() else _bytes_sent / 3.0
			var travelled := pop(member.here, ENetConnection.HOST_TOTAL_SENT_DATA)
			equal(travelled < said * 0.8, compression != NONE, "%s: %d bytes for %d" % [what, travelled, said])


func _send(members: Array[Member], number: int, index: int) -> void:
	var packet := payload(number * RANGE + index)
	send_as(members[number], packet, 0, index % 3)
	_bytes_sent += packet.size()


## Waits until all members have received each other's first packets. On a slow machine Godot 3 sometimes assumes
## congestion and drops unreliable packets, which are then sent again.
func _settle(members: Array[Member], count: int) -> bool:
	var all_heard := func() -> bool:
		return members.all(func(member: Member) -> bool: return _seen(member).size() >= count * (members.size() - 1))
	for attempt in MOST_ATTEMPTS:
		if until(all_heard, PATIENCE):
			return true
		for number in members.size():
			for index in count:
				var is_missed := func(member: Member) -> bool:
					return member != members[number] and not _seen(member).has(number * RANGE + index)
				if index % 3 != RELIABLE_MODE and members.any(is_missed):
					_send(members, number, index)
					_sent_again += 1
	return false


func _seen(member: Member) -> Dictionary[int, bool]:
	var seen: Dictionary[int, bool] = {}
	if member.here != null:
		for packet in member.here.packets:
			seen[packet.bytes.decode_u32(0) if packet.bytes.size() >= 4 else -1] = true
	else:
		for packet in member.there.packets:
			seen[packet.bytes.decode_u32(0) if packet.bytes.size() >= 4 else -1] = true
	return seen


func _calm(members: Array[Member]) -> void:
	for member in members:
		var peers: Array = [] if member.here == null else host_of(member.here).call(&"get_peers")
		for peer: PacketPeer in peers:
			peer.call(&"throttle_configure", 5000, 2, 0)


func _heard(member: Member) -> int:
	return member.there.packets.size() if member.here == null else member.here.packets.size()


func _all_heard(members: Array[Member], count: int) -> bool:
	return members.all(func(member: Member) -> bool: return _heard(member) >= count)


## Checks that each packet of the others arrived once, unchanged and from its sender.
func _judge(members: Array[Member], number: int, what: String) -> void:
	var member := members[number]
	var seen := {}
	if member.here != null:
		for packet in member.here.packets:
			var index := _judge_bytes(members, packet.from, packet.bytes, what)
			if packet.bytes.size() <= LARGEST_WHOLE:
				equal(packet.mode, index % RANGE % 3, "%s: mode of packet %d" % [what, index])
			equal(packet.channel, 0, what + ": channel")
			seen[index] = true
	else:
		for packet in member.there.packets:
			var index := _judge_bytes(members, packet.from, packet.bytes, what)
			equal(packet.channel, CHANNEL_OF[index % RANGE % 3], "%s: channel of packet %d" % [what, index])
			seen[index] = true
		equal(member.there.failures, [] as Array[int], what + ": errors of Godot 3's sends")
	equal(seen.size(), COUNT * (members.size() - 1), "%s: %s receives each packet" % [what, member])
	check(_heard(member) - seen.size() <= _sent_again, "%s: %s receives each packet once" % [what, member])


func _judge_bytes(members: Array[Member], from: int, bytes: PackedByteArray, what: String) -> int:
	var index := bytes.decode_u32(0) if bytes.size() >= 4 else 0
	check(bytes == payload(index), "%s: bytes of packet %d" % [what, index])
	var sender := index / RANGE
	check(sender < members.size() and members[sender].id == from, "%s: packet %d is of %d" % [what, index, from])
	return index


## In Godot 3, transfer channels start after its own three.
func case_channels() -> void:
	for mixture in ["ours: ours, theirs", "theirs: theirs, ours"] as Array[String]:
		var members := session(mixture, {"channel_count": 5})
		if members.is_empty():
			break
		for sender in members:
			for channel: int in [1, 2]:
				var bytes := PackedByteArray([channel])
				if sender.here != null:
					equal(sender.here.send(bytes, 0, RELIABLE_MODE, channel), OK, "put_packet")
				else:
					_godot3.send(sender.there, bytes, 0, RELIABLE_MODE, channel + 2)
		check(until(func() -> bool: return _all_heard(members, 4)), mixture + ": all packets arrive")
		for member in members:
			if member.here != null:
				for packet in member.here.packets:
					equal(packet.channel, packet.bytes[0], mixture)
			else:
				for packet in member.there.packets:
					equal(packet.channel, packet.bytes[0] + 2, mixture)
		var own: Member = members.filter(func(member: Member) -> bool: return member.here != null)[0]
		equal(own.here.send(PackedByteArray([3]), 0, RELIABLE_MODE, 3), ERR_INVALID_PARAMETER,
				"a channel beyond the last")
		expect_error_texts(["has no transfer channel 3"], "a channel beyond the last")
	done()


func case_sizes() -> void:
	var members := session("theirs: ours, ours")
	if members.is_empty():
		return
	for size: int in [1, 1356, 1357, 100_000]:
		var bytes := pattern(size)
		send_as(members[1], bytes, 0)
		var arrived := func() -> bool: return _heard(members[0]) == 1 and _heard(members[2]) == 1
		if not until(arrived):
			check(false, "%d bytes arrive" % size)
			break
		check(members[0].there.packets[0].bytes == bytes, "%d bytes in Godot 3" % size)
		check(members[2].here.packets[0].bytes == bytes, "%d bytes relayed by Godot 3" % size)
		members[0].there.packets.clear()
		members[2].here.packets.clear()
	done()
