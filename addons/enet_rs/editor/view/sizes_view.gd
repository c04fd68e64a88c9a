@tool
extends Control
## Histogram of the sizes of datagrams.

const PaletteRs := preload("palette.gd")
const SelectionRs := preload("selection.gd")
const SizesRs := preload("../model/sizes.gd")


var _selection: SelectionRs
var _font_size := PaletteRs.scaled(12)
var _head := 24.0 * PaletteRs.scale()
var _foot := 34.0 * PaletteRs.scale()
var _sums := PackedInt64Array()


func _init(selection: SelectionRs) -> void:
	name = "Sizes"
	_selection = selection
	clip_contents = true


func refresh() -> void:
	var host := _selection.host()
	_sums = host.sizes.sums(_selection.time() - _selection.window, _selection.time()) if host != null else PackedInt64Array()
	queue_redraw()


func _draw() -> void:
	var font := get_theme_font(&"font", &"Label")
	var text_color := get_theme_color(&"font_color", &"Label")
	draw_rect(Rect2(Vector2.ZERO, size), PaletteRs.panel())
	if _sums.size() != SizesRs.WIDTH:
		return
	var count := SizesRs.BUCKETS.size()
	var highest := 1
	var total := PackedInt64Array([0, 0])
	for index in SizesRs.WIDTH:
		highest = maxi(highest, _sums[index])
		@warning_ignore("integer_division")
		total[index / count] += _sums[index]
	draw_string(font, Vector2(8, _head - 7), "Datagrams by size, last %d s:" % roundi(_selection.window / 1000.0), HORIZONTAL_ALIGNMENT_LEFT, -1,
		_font_size, text_color)
	draw_string(font, Vector2(220 * PaletteRs.scale(), _head - 7), "%d out" % total[0], HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size,
		PaletteRs.shown(PaletteRs.OUTGOING))
	draw_string(font, Vector2(310 * PaletteRs.scale(), _head - 7), "%d in" % total[1], HORIZONTAL_ALIGNMENT_LEFT, -1, _font_size,
		PaletteRs.shown(PaletteRs.INCOMING))
	var width := (size.x - 16.0) / count
	var height := size.y - _head - _foot - _font_size - 2.0
	for bucket in count:
		var left := 8.0 + bucket * width
		for way in 2:
			var number := _sums[way * count + bucket]
			var bar := height * number / highest
			var area := Rect2(left + width * (0.1 + 0.4 * way), _head + _font_size + 2.0 + height - bar, width * 0.38, bar)
			var color := PaletteRs.shown(PaletteRs.OUTGOING if way == 0 else PaletteRs.INCOMING)
			draw_rect(area, Color(color, 0.8))
			if number > 0:
				draw_string(font, area.position + Vector2(-6, -3), "%.0f%%" % (100.0 * number / total[way]), HORIZONTAL_ALIGNMENT_CENTER,
					area.size.x + 12, _font_size - 2, color)
		draw_string(font, Vector2(left, size.y - _foot + 16.0 * PaletteRs.scale()), SizesRs.BUCKETS[bucket], HORIZONTAL_ALIGNMENT_CENTER, width, _font_size, text_color)
	draw_string(font, Vector2(8, size.y - 5), "bytes of UDP payload", HORIZONTAL_ALIGNMENT_CENTER, size.x - 16.0, _font_size - 2,
		PaletteRs.shown(PaletteRs.DIM))
