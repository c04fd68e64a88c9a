@tool
extends HBoxContainer
## Recording, pausing, going back in time, files.

const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const UnitsRs := preload("units.gd")

signal record_changed
signal cleared
signal save_asked
signal load_asked
signal csv_asked

enum FileRs { SAVE, LOAD, CSV }

var _selection: SelectionRs
var _record := CheckButton.new()
var _background := CheckBox.new()
var _pause := Button.new()
var _live := Button.new()
var _scrub := HSlider.new()
var _time := Label.new()
var _files := MenuButton.new()
var _title := Label.new()
var _is_moving := false


func _init(selection: SelectionRs) -> void:
	_selection = selection
	_record.text = "Record"
	_record.button_pressed = true
	_record.tooltip_text = "If on, games send their figures while a tab \"ENet\" is visible. If off, they send none."
	_record.toggled.connect(func(_on: bool) -> void: record_changed.emit())
	_background.text = "Always"
	_background.tooltip_text = "Records even while no tab \"ENet\" is visible"
	_background.toggled.connect(func(_on: bool) -> void: record_changed.emit())
	_pause.text = "Pause"
	_pause.toggle_mode = true
	_pause.tooltip_text = "Freezes the views; recording continues"
	_pause.toggled.connect(_pause_or_go_on)
	_live.text = "Live"
	_live.pressed.connect(func() -> void: _pause_or_go_on(false))
	_scrub.size_flags_horizontal = SIZE_EXPAND_FILL
	_scrub.size_flags_vertical = SIZE_SHRINK_CENTER
	_scrub.custom_minimum_size.x = 120.0 * PaletteRs.scale()
	_scrub.tooltip_text = "Shows an earlier time; ten minutes are kept"
	_scrub.step = 1.0
	_scrub.value_changed.connect(_scrubbed)
	_time.custom_minimum_size.x = 96.0 * PaletteRs.scale()
	_time.horizontal_alignment = HORIZONTAL_ALIGNMENT_RIGHT
	_title.clip_text = true
	_title.custom_minimum_size.x = 150.0 * PaletteRs.scale()
	_title.text_overrun_behavior = TextServer.OVERRUN_TRIM_ELLIPSIS
	var clear := Button.new()
	clear.text = "Clear"
	clear.pressed.connect(func() -> void: cleared.emit())
	_files.text = "File"
	_files.flat = false
	_files.get_popup().add_item("Save session...", FileRs.SAVE)
	_files.get_popup().add_item("Load session...", FileRs.LOAD)
	_files.get_popup().add_item("Export CSV...", FileRs.CSV)
	_files.get_popup().id_pressed.connect(_choose)
	for control: Control in [_record, _background, _pause, _live, _scrub, _time, clear, _files, _title]:
		add_child(control)


func is_recording() -> bool:
	return _record.button_pressed


func is_always() -> bool:
	return _background.button_pressed


func refresh(state: String) -> void:
	var instance := _selection.instance
	_is_moving = true
	_scrub.editable = instance.last_time > instance.first_time
	_scrub.min_value = maxf(instance.first_time, 0.0)
	_scrub.max_value = maxf(instance.last_time, _scrub.min_value + 1.0)
	_scrub.value = maxf(_selection.time(), 0.0)
	_is_moving = false
	_pause.set_pressed_no_signal(not _selection.is_live())
	_live.disabled = _selection.is_live()
	var start := maxf(instance.first_time, 0.0)
	_time.text = "%s / %s" % [UnitsRs.clock(_selection.time() - start), UnitsRs.clock(instance.last_time - start)]
	_title.text = "%s %s" % [instance.title(), state]
	_title.tooltip_text = _title.text


func _pause_or_go_on(is_paused: bool) -> void:
	_selection.cursor = maxf(_selection.instance.last_time, 0.0) if is_paused else -1.0


func _scrubbed(value: float) -> void:
	if not _is_moving:
		_selection.cursor = value


func _choose(id: int) -> void:
	match id:
		FileRs.SAVE:
			save_asked.emit()
		FileRs.LOAD:
			load_asked.emit()
		FileRs.CSV:
			csv_asked.emit()
