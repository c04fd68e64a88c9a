@tool
extends Tree
## A table whose rows are replaced by newer ones many times a second, and that a click on a title sorts.

const PaletteRs := preload("palette.gd")


class RowRs:
	var key := ""
	var cells := PackedStringArray()
	## What is compared, by column.
	var values: Array = []
	var colors: Dictionary[int, Color] = {}
	var tooltip := ""
	var below: Array[RowRs] = []
	## What a double click on the row is for.
	var subject: Variant = null

signal row_selected(key: String)
signal row_activated(row: RowRs)

const MAX_ROWS := 1000

var sort_column := 0
var is_descending := false

var _titles := PackedStringArray()
var _items: Dictionary[String, TreeItem] = {}
var _rows: Dictionary[String, RowRs] = {}
var _is_first_kept := false


## Columns from `numbers` up to `texts` are set to the right. `keep_order` leaves the outermost rows as they are.
func set_up(titles: PackedStringArray, widths: PackedInt32Array, numbers: int, keep_order: bool = false, texts: int = 1000) -> void:
	_titles = titles
	_is_first_kept = keep_order
	columns = titles.size()
	column_titles_visible = true
	hide_root = true
	select_mode = Tree.SELECT_ROW
	size_flags_vertical = Control.SIZE_EXPAND_FILL
	size_flags_horizontal = Control.SIZE_EXPAND_FILL
	PaletteRs.make_dense(self)
	for column in titles.size():
		set_column_expand(column, widths[column] < 0)
		set_column_custom_minimum_width(column, PaletteRs.scaled(absi(widths[column])))
		set_column_clip_content(column, true)
		var is_number := column >= numbers and column < texts
		set_column_title_alignment(column, HORIZONTAL_ALIGNMENT_RIGHT if is_number else HORIZONTAL_ALIGNMENT_LEFT)
	create_item()
	_show_titles()
	column_title_clicked.connect(_sort_by)
	item_selected.connect(func() -> void: row_selected.emit(_key(get_selected())))
	item_activated.connect(func() -> void:
		if _rows.has(_key(get_selected())):
			row_activated.emit(_rows[_key(get_selected())]))


func sort_by(column: int, descending: bool) -> void:
	sort_column = column
	is_descending = descending
	_show_titles()


func show_rows(rows: Array[RowRs]) -> void:
	var kept: Dictionary[String, bool] = {}
	_rows.clear()
	_sync(get_root(), rows, kept, true)
	for key: String in _items.keys():
		if not kept.has(key):
			var item := _items[key]
			_items.erase(key)
			# Freeing an item frees those below it.
			if is_instance_valid(item):
				item.free()


## The keys of the outermost rows in their order, for tests.
func shown_keys() -> PackedStringArray:
	var keys := PackedStringArray()
	for item in get_root().get_children():
		keys.append(_key(item))
	return keys


func _sync(parent: TreeItem, rows: Array[RowRs], kept: Dictionary[String, bool], is_outermost: bool) -> void:
	if not (is_outermost and _is_first_kept):
		rows.sort_custom(_is_before)
	for index in mini(rows.size(), MAX_ROWS):
		var row := rows[index]
		var item: TreeItem = _items.get(row.key)
		if not is_instance_valid(item):
			item = create_item(parent)
			_items[row.key] = item
			item.set_metadata(0, row.key)
			for column in columns:
				item.set_text_alignment(column,
					get_column_title_alignment(column) if not row.cells.is_empty() else HORIZONTAL_ALIGNMENT_LEFT)
		if parent.get_child(index) != item:
			item.move_before(parent.get_child(index))
		kept[row.key] = true
		_rows[row.key] = row
		_fill(item, row)
		_sync(item, row.below, kept, false)


func _fill(item: TreeItem, row: RowRs) -> void:
	for column in mini(columns, row.cells.size()):
		if item.get_text(column) != row.cells[column]:
			item.set_text(column, row.cells[column])
		if row.colors.has(column):
			var color := PaletteRs.shown(row.colors[column])
			if item.get_custom_color(column) != color:
				item.set_custom_color(column, color)
	if item.get_tooltip_text(0) != row.tooltip:
		for column in columns:
			item.set_tooltip_text(column, row.tooltip)


func _is_before(a: RowRs, b: RowRs) -> bool:
	var left: Variant = a.values[sort_column] if sort_column < a.values.size() else 0
	var right: Variant = b.values[sort_column] if sort_column < b.values.size() else 0
	if left == right:
		return a.key.naturalnocasecmp_to(b.key) < 0
	if left is String and right is String:
		var text: String = left
		var other: String = right
		var order := text.naturalnocasecmp_to(other)
		return order > 0 if is_descending else order < 0
	return left > right if is_descending else left < right


func _sort_by(column: int, _button: int) -> void:
	# Numbers are of interest from the largest on.
	var is_number := get_column_title_alignment(column) == HORIZONTAL_ALIGNMENT_RIGHT
	sort_by(column, not is_descending if column == sort_column else is_number)


func _show_titles() -> void:
	for column in _titles.size():
		set_column_title(column, _titles[column] + ((" ▾" if is_descending else " ▴") if column == sort_column else ""))


func _key(item: TreeItem) -> String:
	return item.get_metadata(0) if item != null and item.get_metadata(0) is String else ""
