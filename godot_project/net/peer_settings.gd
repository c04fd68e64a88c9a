class_name PeerSettings
## How a connection is made: peer class, compression and encryption. Both ends must agree on the last two.

const OURS := "ENetMultiplayerPeerRs"
const STOCK := "ENetMultiplayerPeer"
const MAX_CLIENTS := 80
## By the value of `ENetConnection.CompressionMode`.
const COMPRESSIONS: PackedStringArray = ["None", "Range coder", "FastLZ", "zlib", "Zstandard"]

var peer_class := OURS
var compression := 0
var is_encrypted := false
## A client's routing token for a proxy.
var token: PackedByteArray


## The available classes, ours first.
static func classes() -> PackedStringArray:
	var found := PackedStringArray([STOCK])
	if ClassDB.class_exists(OURS):
		found.insert(0, OURS)
	return found


## The reason why a class cannot be used, or an empty text.
static func class_mistake(chosen_class: String) -> String:
	if classes().has(chosen_class):
		return ""
	if chosen_class == OURS:
		return "Class %s is missing, because the extension is not loaded. Build it with `cargo xtask build`." % OURS
	return "There is no peer class \"%s\", only %s." % [chosen_class, " and ".join(classes())]


## The reason why a compression cannot be used, or an empty text.
static func compression_mistake(chosen: String) -> String:
	if chosen.is_empty() or COMPRESSIONS.has(chosen):
		return ""
	return "There is no compression \"%s\", only %s." % [chosen, ", ".join(COMPRESSIONS)]


func summary() -> String:
	var parts := PackedStringArray([peer_class])
	if compression > 0:
		parts.append(COMPRESSIONS[compression])
	if is_encrypted:
		parts.append("DTLS")
	return " · ".join(parts)


## A listening peer, or an error text.
func make_server(port: int) -> Variant:
	return _make(
		func(peer: MultiplayerPeer) -> Error: return peer.call(&"create_server", port, MAX_CLIENTS),
		func(host: Object) -> Error: return host.call(&"dtls_server_setup", Certificate.server_options()),
		"Cannot host on port %d" % port)


## A connecting peer, or an error text.
func make_client(address: String, port: int) -> Variant:
	return _make(
		func(peer: MultiplayerPeer) -> Error:
			if not token.is_empty():
				peer.set(&"datagram_suffix", token)
			return peer.call(&"create_client", address, port),
		func(host: Object) -> Error:
			return host.call(&"dtls_client_setup", Certificate.NAME, Certificate.client_options(address)),
		"Cannot connect to %s, port %d" % [address, port])


func _make(create: Callable, encrypt: Callable, what: String) -> Variant:
	var mistake := class_mistake(peer_class)
	if not mistake.is_empty():
		return mistake
	var peer: MultiplayerPeer = ClassDB.instantiate(peer_class)
	var error: Error = create.call(peer)
	if error != OK:
		return "%s: %s." % [what, error_string(error)]
	var host: Object = peer.get(&"host")
	host.call(&"compress", compression)
	if is_encrypted:
		error = encrypt.call(host)
	if error != OK:
		peer.close()
		return "%s with encryption: %s. Some builds of Godot have no DTLS for %s." % [what, error_string(error), STOCK]
	return peer
