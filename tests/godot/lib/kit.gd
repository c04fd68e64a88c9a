extends RefCounted
## The objects of one side of the comparison, requested by their stock names.

const Threaded := preload("res://lib/threaded.gd")
const OUR_SUFFIX := "Rs"
const STOCK_CLASSES: Array[String] = ["ENetMultiplayerPeer", "ENetConnection", "ENetPacketPeer"]

var is_ours: bool


func _init(makes_ours: bool) -> void:
	is_ours = makes_ours


func class_of(stock_class: String) -> StringName:
	return StringName(stock_class + OUR_SUFFIX) if is_ours else StringName(stock_class)


## The stock name of an object's class. A stock object in our kit is marked as such.
func stock_name(object: Object) -> String:
	var own := object.get_class()
	if not is_ours or not STOCK_CLASSES.has(own.trim_suffix(OUR_SUFFIX)):
		return own
	return own.trim_suffix(OUR_SUFFIX) if own.ends_with(OUR_SUFFIX) else "stock " + own


## Instantiated by name, so that the scripts load where our classes are missing.
func peer() -> MultiplayerPeer:
	return Threaded.chosen(ClassDB.instantiate(class_of("ENetMultiplayerPeer")))


func connection() -> RefCounted:
	return Threaded.chosen(ClassDB.instantiate(class_of("ENetConnection")))


func missing_classes() -> Array[String]:
	var missing: Array[String] = []
	for stock_class in STOCK_CLASSES:
		if not ClassDB.class_exists(class_of(stock_class)):
			missing.append(String(class_of(stock_class)))
	return missing
