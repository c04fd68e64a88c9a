@tool
extends VBoxContainer
## The tab "ENet" of one instance: shows a model, and asks for what it needs.

const CsvRs := preload("../model/csv.gd")
const EventsViewRs := preload("events_view.gd")
const GraphsRs := preload("graphs.gd")
const InstanceRs := preload("../model/instance.gd")
const PaletteRs := preload("palette.gd")
const PeerListRs := preload("peer_list.gd")
const SelectionRs := preload("selection.gd")
const SessionFileRs := preload("../model/session_file.gd")
const SimulatorViewRs := preload("simulator_view.gd")
const SizesViewRs := preload("sizes_view.gd")
const TalkersViewRs := preload("talkers_view.gd")
const TimelineViewRs := preload("timeline_view.gd")
const TopBarRs := preload("top_bar.gd")

## A message for the game of this tab, or for all games.
signal asked(message: String, data: Array, is_for_all: bool)
## Whether figures are wanted may have changed.
signal wish_changed
signal opened(name: String, file: String)

const REFRESH_SECONDS := 0.1
## The list of peers is read, not watched: half a second, and never in the frame of a page.
const LIST_SECONDS := 0.5

var instance: InstanceRs
var selection: SelectionRs
## Shown beside the title: whether the game runs.
var state := ""

var _bar: TopBarRs
var _peers: PeerListRs
var _pages := TabContainer.new()
var _trouble := Label.new()
var _dialog: FileDialog
var _since_refresh := 0.0
var _since_list := 0.0
var _was_list := false
var _recorded_object := 0


func _init(shown: InstanceRs) -> void:
	name = "ENet"
	instance = shown
	selection = SelectionRs.new(shown)
	_bar = TopBarRs.new(selection)
	add_child(_bar)
	_trouble.visible = false
	_trouble.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	add_child(_trouble)
	var split := HSplitContainer.new()
	split.size_flags_vertical = SIZE_EXPAND_FILL
	add_child(split)
	_peers = PeerListRs.new(selection)
	_peers.size_flags_stretch_ratio = 0.85
	_peers.chosen.connect(_refresh)
	split.add_child(_peers)
	_pages.size_flags_horizontal = SIZE_EXPAND_FILL
	# The panel keeps its height from page to page.
	_pages.use_hidden_tabs_for_min_size = true
	_pages.tab_changed.connect(func(_page: int) -> void: _page_changed())
	split.add_child(_pages)
	_add_pages()
	_bar.record_changed.connect(func() -> void: wish_changed.emit())
	_bar.cleared.connect(_clear)
	_bar.save_asked.connect(_choose_file.bind(FileDialog.FILE_MODE_SAVE_FILE, "*.json", _save))
	_bar.load_asked.connect(_choose_file.bind(FileDialog.FILE_MODE_OPEN_FILE, "*.json", _load))
	_bar.csv_asked.connect(_choose_file.bind(FileDialog.FILE_MODE_SAVE_FILE, "*.csv", _export))
	visibility_changed.connect(_visibility_changed)


func _notification(what: int) -> void:
	if what == NOTIFICATION_THEME_CHANGED:
		PaletteRs.fit_theme(get_theme_color(&"font_color", &"Label"))


func is_recording() -> bool:
	return _bar.is_recording()


func is_always() -> bool:
	return _bar.is_always()


## The game greeted: what it was asked before is void.
func forget_requests() -> void:
	_recorded_object = 0


func show_page(title: String) -> void:
	for index in _pages.get_tab_count():
		if _pages.get_tab_title(index) == title:
			_pages.current_tab = index


func _add_pages() -> void:
	_pages.add_child(GraphsRs.new(selection))
	var talkers := TalkersViewRs.new(selection)
	talkers.opened.connect(func(talker: String, file: String) -> void: opened.emit(talker, file))
	_pages.add_child(talkers)
	_pages.add_child(SizesViewRs.new(selection))
	_pages.add_child(EventsViewRs.new(selection))
	_pages.add_child(TimelineViewRs.new(selection))
	var simulator := SimulatorViewRs.new(selection)
	simulator.asked.connect(func(message: String, data: Array, is_for_all: bool) -> void: asked.emit(message, data, is_for_all))
	_pages.add_child(simulator)


func _process(delta: float) -> void:
	_since_refresh += delta
	_since_list += delta
	# In turns: in an editor with less than ten frames a second both are due in each frame.
	if _since_list >= LIST_SECONDS and not _was_list:
		_since_list = 0.0
		_was_list = true
		_peers.refresh()
	elif _since_refresh >= REFRESH_SECONDS:
		_since_refresh = 0.0
		_was_list = false
		_refresh_page()


func _visibility_changed() -> void:
	var is_shown := is_visible_in_tree()
	set_process(is_shown)
	_page_changed()
	wish_changed.emit()
	if is_shown:
		_refresh()


func _refresh() -> void:
	_peers.refresh()
	_refresh_page()


func _refresh_page() -> void:
	_trouble.text = instance.trouble
	_trouble.visible = not instance.trouble.is_empty()
	_bar.refresh(state)
	_page_changed()
	var page := _pages.get_current_tab_control()
	if page is GraphsRs:
		(page as GraphsRs).refresh()
	elif page is TalkersViewRs:
		(page as TalkersViewRs).refresh()
	elif page is SizesViewRs:
		(page as SizesViewRs).refresh()
	elif page is EventsViewRs:
		(page as EventsViewRs).refresh()
	elif page is TimelineViewRs:
		(page as TimelineViewRs).refresh()
	elif page is SimulatorViewRs:
		(page as SimulatorViewRs).refresh()


## Datagrams are recorded only while somebody looks at them.
func _page_changed() -> void:
	var host := selection.host()
	var is_wanted := is_visible_in_tree() and _pages.get_current_tab_control() is TimelineViewRs and host != null and not host.is_closed
	var object := host.object if is_wanted else 0
	if object == _recorded_object:
		return
	if _recorded_object != 0:
		asked.emit("enet_rs:record", [_recorded_object, false], false)
	if object != 0:
		asked.emit("enet_rs:record", [object, true], false)
	_recorded_object = object


func _clear() -> void:
	instance.clear_history()
	selection.cursor = -1.0
	_refresh()


func _choose_file(mode: FileDialog.FileMode, filter: String, action: Callable) -> void:
	if _dialog != null:
		_dialog.queue_free()
	_dialog = FileDialog.new()
	_dialog.access = FileDialog.ACCESS_FILESYSTEM
	_dialog.file_mode = mode
	_dialog.add_filter(filter)
	_dialog.use_native_dialog = true
	_dialog.file_selected.connect(action)
	add_child(_dialog)
	_dialog.popup_centered_ratio(0.6)


func _save(path: String) -> void:
	_write(path, SessionFileRs.to_text(instance))


func _export(path: String) -> void:
	_write(path, CsvRs.to_text(instance))


func _write(path: String, text: String) -> void:
	var file := FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		push_error("Cannot write %s: %s" % [path, error_string(FileAccess.get_open_error())])
		return
	file.store_string(text)


func _load(path: String) -> void:
	var file := FileAccess.open(path, FileAccess.READ)
	if file == null:
		push_error("Cannot read %s: %s" % [path, error_string(FileAccess.get_open_error())])
		return
	var mistake := SessionFileRs.from_text(file.get_as_text(), instance)
	if not mistake.is_empty():
		push_error("%s: %s" % [path, mistake])
		return
	state = "loaded: %s" % path.get_file()
	selection.cursor = -1.0
	_refresh()
