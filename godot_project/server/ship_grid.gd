class_name ShipGrid
## Finds ships near a place without looking at all of them.

const CELL := 80.0
const ROW := 64
## What is in reach of a ship: a crystal, at the most.
const REACH := Field.SHIP_RADIUS + Field.CRYSTAL_RADIUS

var _cells: Dictionary[int, Array] = {}


func fill(ships: Array) -> void:
	_cells.clear()
	for ship: ServerShip in ships:
		if not ship.is_alive:
			continue
		# A ship is in each cell that it reaches, so that a look-up needs one cell only.
		var from := ((ship.place - Vector2.ONE * REACH) / CELL).floor()
		var to := ((ship.place + Vector2.ONE * REACH) / CELL).floor()
		for y in range(int(from.y), int(to.y) + 1):
			for x in range(int(from.x), int(to.x) + 1):
				var key := y * ROW + x
				if not _cells.has(key):
					_cells[key] = []
				_cells[key].append(ship)


## The ships whose cells contain this place.
func at(place: Vector2) -> Array:
	return _cells.get(floori(place.y / CELL) * ROW + floori(place.x / CELL), [])


func cells() -> Array[Array]:
	var all: Array[Array] = []
	all.assign(_cells.values())
	return all
