//! Methods that set up the encryption of a new server or client.

use enet_dtls::Dtls;
use enet_multiplayer::Status;
use godot::classes::{CryptoKey, X509Certificate};
use godot::global::Error;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::dtls;
use crate::report::Reports;
use crate::session::HasSession;

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Sets the private key of a server for [member use_dtls]: an RSA key of 2048 to 4096 bits, or a key on
    /// curve P-256 or P-384.
    ///
    /// ```gdscript
    /// # The key belongs to the server alone: keep it out of the exported game.
    /// var key := CryptoKey.new()
    /// var certificate := X509Certificate.new()
    /// if key.load("user://server.key") == OK and certificate.load("user://server.crt") == OK:
    ///     peer.use_dtls = true
    ///     peer.set_dtls_key(key)
    ///     peer.set_dtls_certificate(certificate)
    ///     peer.create_server(24565)
    /// ```
    ///
    /// Godot's built-in class has [method ENetConnection.dtls_server_setup] and
    /// [method ENetConnection.dtls_client_setup] instead; [member host] has methods of the same names, which
    /// work here, too.
    ///
    /// While the peer is active, the method prints an error and changes nothing.
    #[func]
    fn set_dtls_key(&mut self, key: Option<Gd<CryptoKey>>) {
        if self.can_change_dtls("set_dtls_key") {
            self.dtls.key = key;
        }
    }

    /// Sets the certificates for [member use_dtls]. For a server: its own certificate, followed by those of the
    /// chain up to a certificate authority. For a client: the certificates to trust; [code]null[/code] (the
    /// default) stands for those of the project setting
    /// [member ProjectSettings.network/tls/certificate_bundle_override], or of the system.
    ///
    /// Godot's built-in class has [method ENetConnection.dtls_server_setup] and
    /// [method ENetConnection.dtls_client_setup] instead; [member host] has methods of the same names, which
    /// work here, too.
    ///
    /// While the peer is active, the method prints an error and changes nothing.
    #[func]
    fn set_dtls_certificate(&mut self, certificate: Option<Gd<X509Certificate>>) {
        if self.can_change_dtls("set_dtls_certificate") {
            self.dtls.certificate = certificate;
        }
    }
}

impl ENetMultiplayerPeerRs {
    pub(super) fn can_change_dtls(&mut self, method: &str) -> bool {
        let is_inactive = self.session.core.status() == Status::Disconnected;
        if !is_inactive {
            self.report(method, &"the peer is active; close it first");
        }
        is_inactive
    }

    /// Encrypts the host that was just made. A failure closes the host again.
    pub(super) fn encrypt_new(
        &mut self,
        created: Error,
        dtls: Result<Option<Dtls>, dtls::Trouble>,
        method: &str,
    ) -> Error {
        if created != Error::OK {
            return created;
        }
        let host = self.session.core.host();
        let done = dtls.and_then(|dtls| match (dtls, host) {
            (Some(dtls), Some(host)) => {
                let is_checked = !dtls.is_client() || self.dtls.verifies;
                dtls::encrypt(host, dtls).map(|()| is_checked)
            }
            _ => Ok(true),
        });
        match done {
            Ok(true) => {}
            Ok(false) => {
                let cause = "dtls_verify is off; whoever answers is taken for the server";
                self.warn(method, &cause);
            }
            Err(trouble) => {
                self.close_host();
                self.report(method, &trouble.cause);
                return trouble.error;
            }
        }
        Error::OK
    }
}
