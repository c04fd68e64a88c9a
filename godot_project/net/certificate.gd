class_name Certificate
## A certificate that the demo makes for itself, once, in `user://`.

const NAME := "enet-rs-demo"
const KEY_FILE := "user://demo.key"
const CERTIFICATE_FILE := "user://demo.crt"
const LOOPBACK: PackedStringArray = ["127.0.0.1", "::1", "localhost"]


static func server_options() -> TLSOptions:
	var key := CryptoKey.new()
	var certificate := X509Certificate.new()
	_make_once()
	if key.load(KEY_FILE) != OK or certificate.load(CERTIFICATE_FILE) != OK:
		push_error("The demo's certificate in %s cannot be read." % OS.get_user_data_dir())
	return TLSOptions.server(key, certificate)


## On this machine the server is verified. Another machine's certificate is unknown here, so the connection is
## encrypted, but the server could be anyone. A real game ships its server's certificate.
static func client_options(address: String) -> TLSOptions:
	var certificate := X509Certificate.new()
	if LOOPBACK.has(address) and FileAccess.file_exists(CERTIFICATE_FILE) and certificate.load(CERTIFICATE_FILE) == OK:
		return TLSOptions.client(certificate)
	return TLSOptions.client_unsafe()


static func _make_once() -> void:
	if FileAccess.file_exists(KEY_FILE) and FileAccess.file_exists(CERTIFICATE_FILE):
		return
	var crypto := Crypto.new()
	var key := crypto.generate_rsa(2048)
	var certificate := crypto.generate_self_signed_certificate(
		key, "CN=%s,O=enet-rs,C=XX" % NAME, "20240101000000", "20440101000000")
	key.save(KEY_FILE)
	certificate.save(CERTIFICATE_FILE)
