@tool
extends RefCounted
## A peer of a host, with its figures over time.

const Series := preload("series.gd")
const Figures := preload("figures.gd")

var id: int
var address := ""
var state := ""
## Whether the host has it no more.
var is_gone := false
var series: Series = Series.new(Figures.COUNT)
var meter: Figures


func _init(peer_id: int, columns: PackedInt32Array) -> void:
	id = peer_id
	meter = Figures.new(columns)
