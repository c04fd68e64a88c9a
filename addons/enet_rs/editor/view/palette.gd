@tool
extends RefCounted
## Colours of the tab, as the editor's dark themes need them. Whoever draws with one takes it from `shown`.

const INCOMING := Color("58a6ff")
const OUTGOING := Color("ffa657")
const ROUND_TRIP := Color("7ee787")
const LOSS := Color("ff7b72")
const QUEUED := Color("d2a8ff")
const IN_FLIGHT := Color("79c0ff")
const UNREAD := Color("f2cc60")
const POLL := Color("56d4dd")
const SEND := Color("ffa198")
const CURSOR := Color(1, 1, 1, 0.45)
const GOOD := Color("7ee787")
const FAIR := Color("f2cc60")
const BAD := Color("ff7b72")
const DIM := Color(0.6, 0.6, 0.62)
const PANEL := Color(0, 0, 0, 0.22)
const LIGHT_PANEL := Color(1, 1, 1, 0.6)
const GRID := Color(0.6, 0.6, 0.65, 0.16)


const DENSE_FONT := 12
## The lightness that a colour gets on a light theme.
const LIGHTNESS_ON_LIGHT := 0.45

## Whether the editor's theme is a light one. The tab finds out, whenever the theme changes.
static var is_light := false


## The editor's scale on screens with small pixels. Below 1 the tab's small texts could not be read.
static func scale() -> float:
	return maxf(EditorInterface.get_editor_scale(), 1.0) if Engine.is_editor_hint() else 1.0


static func scaled(pixels: float) -> int:
	return roundi(pixels * scale())


## Makes the rows of a tree low: the debugger's panel is.
static func make_dense(tree: Tree) -> void:
	tree.add_theme_constant_override(&"v_separation", 0)
	tree.add_theme_constant_override(&"inner_item_margin_top", 0)
	tree.add_theme_constant_override(&"inner_item_margin_bottom", 0)
	tree.add_theme_constant_override(&"inner_item_margin_left", scaled(2))
	tree.add_theme_constant_override(&"inner_item_margin_right", scaled(2))
	tree.add_theme_constant_override(&"h_separation", scaled(2))
	tree.add_theme_constant_override(&"item_margin", scaled(8))
	tree.add_theme_font_size_override(&"font_size", scaled(DENSE_FONT))
	tree.add_theme_font_size_override(&"title_button_font_size", scaled(DENSE_FONT - 1))


## The theme is light if its text is dark.
static func fit_theme(text: Color) -> void:
	is_light = text.get_luminance() < 0.5


## The colour as it is to be drawn: darker on a light theme.
static func shown(color: Color) -> Color:
	return Color.from_ok_hsl(color.ok_hsl_h, color.ok_hsl_s, LIGHTNESS_ON_LIGHT, color.a) if is_light else color


## What graphs are drawn on.
static func panel() -> Color:
	return LIGHT_PANEL if is_light else PANEL


## The payload's colour beside the one of what was on the wire.
static func paler(color: Color) -> Color:
	return Color(color, 0.45)


static func of_round_trip(milliseconds: float) -> Color:
	return DIM if milliseconds < 0.0 else GOOD if milliseconds < 80.0 else FAIR if milliseconds < 180.0 else BAD


static func of_loss(share: float) -> Color:
	return DIM if share < 0.0005 else FAIR if share < 0.03 else BAD


static func of_event(kind: String) -> Color:
	match kind:
		"join", "host":
			return GOOD
		"leave", "closed":
			return INCOMING
		"refused", "warning":
			return BAD
		"spike":
			return FAIR
	return DIM
