@tool
extends HSplitContainer
## The datagrams of the selected host over time, and what is in one of them.

const DatagramRs := preload("../decode/datagram.gd")
const LineRs := preload("../decode/line.gd")
const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const StripRs := preload("timeline_strip.gd")
const UnitsRs := preload("units.gd")

var strip: StripRs = StripRs.new()
var tree := Tree.new()

var _selection: SelectionRs
var _status := Label.new()
var _follow := CheckButton.new()
## Whether an earlier time was shown.
var _was_past := false


func _init(selection: SelectionRs) -> void:
	name = "Timeline"
	_selection = selection
	var left := VBoxContainer.new()
	left.size_flags_horizontal = SIZE_EXPAND_FILL
	left.size_flags_stretch_ratio = 1.4
	var head := HBoxContainer.new()
	_status.size_flags_horizontal = SIZE_EXPAND_FILL
	_status.clip_text = true
	_status.text_overrun_behavior = TextServer.OVERRUN_TRIM_ELLIPSIS
	head.add_child(_status)
	_follow.text = "Follow"
	_follow.button_pressed = true
	_follow.toggled.connect(func(on: bool) -> void: strip.follows = on)
	head.add_child(_follow)
	left.add_child(head)
	left.add_child(strip)
	add_child(left)
	tree.columns = 2
	tree.hide_root = true
	tree.custom_minimum_size = Vector2(180, 0) * PaletteRs.scale()
	tree.size_flags_horizontal = SIZE_EXPAND_FILL
	PaletteRs.make_dense(tree)
	tree.set_column_expand_ratio(0, 3)
	tree.set_column_expand_ratio(1, 4)
	tree.set_column_clip_content(0, true)
	tree.set_column_clip_content(1, true)
	add_child(tree)
	strip.picked.connect(_show)


func refresh() -> void:
	var host := _selection.host()
	strip.only_peer = _selection.peer_id if _selection.peer() != null else -1
	if not _selection.is_live():
		strip.follows = false
		strip.end = _selection.cursor * 1000.0
	elif _was_past:
		strip.follows = true
	_was_past = not _selection.is_live()
	_follow.set_pressed_no_signal(strip.follows)
	strip.refresh(host.timeline if host != null else null)
	if host != null:
		_status.text = "%d datagrams recorded, span %s" % [host.timeline.size(), UnitsRs.milliseconds(strip.span / 1000.0)]


func _show(index: int) -> void:
	var timeline := strip.timeline
	tree.clear()
	var root := tree.create_item()
	var decoded := DatagramRs.decode(timeline.contents[index], timeline.sizes[index])
	var is_sent := timeline.directions[index] != 0
	var head := tree.create_item(root)
	head.set_text(0, "sent to" if is_sent else "received from")
	head.set_text(1, "peer %d, %d bytes, at %s" % [timeline.peers[index], timeline.sizes[index],
		UnitsRs.clock(timeline.times[index] / 1000.0 - maxf(_selection.instance.first_time, 0.0))])
	head.set_custom_color(0, PaletteRs.shown(PaletteRs.OUTGOING if is_sent else PaletteRs.INCOMING))
	_append(root, decoded, 0)


func _append(parent: TreeItem, line: LineRs, depth: int) -> void:
	for below in line.below:
		var item := tree.create_item(parent)
		item.set_text(0, below.label)
		item.set_text(1, below.value)
		item.set_tooltip_text(1, below.value)
		if not below.below.is_empty():
			item.set_custom_color(0, PaletteRs.shown(PaletteRs.FAIR))
		_append(item, below, depth + 1)
		# The fields of a command are of interest to few; its packet is to many.
		item.collapsed = depth == 0 and not below.below.any(func(each: LineRs) -> bool: return each.label == "packet")
