extends RefCounted
## Encrypts with Godot's own DTLS on behalf of an ENet host that cannot: each datagram becomes one record. In front of
## a server the relay is the DTLS server; behind clients it is their DTLS client.

const LOCAL := "127.0.0.1"
## A host's datagrams wait until the handshake is done. Those beyond this number are lost, as on a network.
const MOST_HELD := 64

## Sessions in handshake or connected.
var sessions: Array[Session] = []
var ended: Array[Session] = []
## Number of sessions that ended with a cookie request (HelloVerifyRequest).
var cookies_asked_for := 0

var _listener := UDPServer.new()
## Port of the ENet server, or of the encrypted server.
var _far_port: int
## Used in front of a server.
var _server: DTLSServer = null
## Used behind clients.
var _hostname: String
var _options: TLSOptions


class Session:
	var dtls: PacketPeerDTLS
	## The socket towards the ENet host.
	var plain: PacketPeerUDP
	var held: Array[PackedByteArray] = []
	## The error with which the session failed to start.
	var error := OK
	var was_connected := false


## Listens at `port` for encrypted clients. The ENet server listens at `server_port`.
func guard_server(port: int, server_port: int, options: TLSOptions) -> Error:
	_far_port = server_port
	_server = DTLSServer.new()
	var error := _server.setup(options)
	return error if error != OK else _listener.listen(port, LOCAL)


## Listens at `port` for ENet clients. The encrypted server listens at `server_port`.
func guard_clients(port: int, server_port: int, hostname: String, options: TLSOptions) -> Error:
	_far_port = server_port
	_hostname = hostname
	_options = options
	return _listener.listen(port, LOCAL)


func pass_on() -> void:
	_listener.poll()
	while _listener.is_connection_available():
		_begin(_listener.take_connection())
	for session: Session in sessions.duplicate():
		_serve(session)


## Ends all sessions with close_notify.
func close() -> void:
	for session in sessions:
		session.dtls.disconnect_from_peer()
	ended.append_array(sessions)
	sessions.clear()
	_listener.stop()


func _begin(arrived: PacketPeerUDP) -> void:
	var session := Session.new()
	var far := PacketPeerUDP.new()
	session.error = far.connect_to_host(LOCAL, _far_port)
	if _server != null:
		session.plain = far
		session.dtls = _server.take_connection(arrived)
		if session.dtls.get_status() != PacketPeerDTLS.STATUS_HANDSHAKING:
			cookies_asked_for += 1
			return
	else:
		session.plain = arrived
		session.dtls = PacketPeerDTLS.new()
		if session.error == OK:
			var error := session.dtls.connect_to_peer(far, _hostname, _options)
			# A server with a network thread may already have refused the session within that call.
			var has_begun := session.dtls.get_status() != PacketPeerDTLS.STATUS_DISCONNECTED
			session.error = OK if has_begun else error
	sessions.append(session)


func _serve(session: Session) -> void:
	var dtls := session.dtls
	if session.error == OK:
		dtls.poll()
	match dtls.get_status():
		PacketPeerDTLS.STATUS_HANDSHAKING:
			while session.plain.get_available_packet_count() > 0:
				var datagram := session.plain.get_packet()
				if session.held.size() < MOST_HELD:
					session.held.append(datagram)
		PacketPeerDTLS.STATUS_CONNECTED:
			session.was_connected = true
			for datagram in session.held:
				dtls.put_packet(datagram)
			session.held.clear()
			while session.plain.get_available_packet_count() > 0:
				dtls.put_packet(session.plain.get_packet())
			# A poll reads one record only.
			while dtls.get_status() == PacketPeerDTLS.STATUS_CONNECTED and dtls.get_available_packet_count() > 0:
				session.plain.put_packet(dtls.get_packet())
				dtls.poll()
		_:
			sessions.erase(session)
			ended.append(session)
