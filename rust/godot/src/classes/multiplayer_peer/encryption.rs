//! The members that encrypt a new server or client.

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
    /// The private key of a server, for [member use_dtls]: RSA of 2048 to 4096 bits, or on curve P-256.
    ///
    /// Cannot be changed while the peer is active.
    #[func]
    fn set_dtls_key(&mut self, key: Option<Gd<CryptoKey>>) {
        if self.can_change_dtls("set_dtls_key") {
            self.dtls.key = key;
        }
    }

    /// For [member use_dtls]: a server's certificate, with those that lead to an authority behind it; or
    /// the certificates that a client trusts, instead of the system's.
    ///
    /// Cannot be changed while the peer is active.
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

    /// Encrypts the host that was just made, or closes it again.
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
