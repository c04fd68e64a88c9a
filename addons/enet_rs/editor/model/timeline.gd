@tool
extends RefCounted
## Datagrams with their contents, of the last seconds that were recorded.

const CheckedRs := preload("checked.gd")

const MAX_DATAGRAMS := 20_000
const MAX_CONTENT := 512
const MAX_AGE_USEC := 600_000_000

var revision := 0
var times := PackedInt64Array()
var directions := PackedByteArray()
var peers := PackedInt32Array()
var sizes := PackedInt32Array()
var contents: Array[PackedByteArray] = []
## Number of those that were dropped as too old.
var dropped := 0


func clear() -> void:
	times.clear()
	directions.clear()
	peers.clear()
	sizes.clear()
	contents.clear()
	dropped = 0
	revision += 1


func size() -> int:
	return times.size()


## Adds datagrams, unless the arrays do not belong together. Times are microseconds.
func add(new_times: PackedInt64Array, new_directions: PackedByteArray, new_peers: PackedInt32Array,
		new_sizes: PackedInt32Array, new_contents: Array) -> void:
	var count := new_times.size()
	if new_directions.size() != count or new_peers.size() != count or new_sizes.size() != count or new_contents.size() != count:
		return
	# A time that was too high would refuse all that follow.
	if count > 0 and times.size() > 0 and new_times[0] < times[-1] - MAX_AGE_USEC:
		clear()
	for index in count:
		if times.size() > 0 and new_times[index] < times[-1]:
			continue
		times.append(new_times[index])
		directions.append(new_directions[index])
		peers.append(new_peers[index])
		sizes.append(maxi(new_sizes[index], 0))
		var content: Variant = new_contents[index]
		contents.append(CheckedRs.bytes(content).slice(0, MAX_CONTENT))
	if times.size() > MAX_DATAGRAMS:
		# A tenth at once, because what is left moves down.
		@warning_ignore("integer_division")
		var cut := times.size() - MAX_DATAGRAMS + MAX_DATAGRAMS / 10
		times = times.slice(cut)
		directions = directions.slice(cut)
		peers = peers.slice(cut)
		sizes = sizes.slice(cut)
		contents = contents.slice(cut)
		dropped += cut
	revision += 1


## Index of the first datagram that is not before the time.
func first_at(usec: int) -> int:
	return times.bsearch(usec)


func save() -> Array:
	var encoded := []
	for content in contents:
		encoded.append(Marshalls.raw_to_base64(content))
	return [Array(times), Array(directions), Array(peers), Array(sizes), encoded]
