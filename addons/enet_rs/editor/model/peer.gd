@tool
extends RefCounted
## A peer of a host, with its figures over time.

const SeriesRs := preload("series.gd")
const FiguresRs := preload("figures.gd")

var id: int
var address := ""
var state := ""
## Whether the host has it no more.
var is_gone := false
var series: SeriesRs = SeriesRs.new(FiguresRs.COUNT)
var meter: FiguresRs


func _init(peer_id: int, columns: PackedInt32Array) -> void:
	id = peer_id
	meter = FiguresRs.new(columns)
