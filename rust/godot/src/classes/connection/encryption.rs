//! Encryption of ENetConnectionRs.

use enet_dtls::Dtls;
use godot::classes::TlsOptions;
use godot::global::Error;
use godot::prelude::*;

use super::{ENetConnectionRs, INACTIVE};
use crate::arguments::NullableTlsOptions;
use crate::dtls;
use crate::report::Reports;

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Encrypts the host with DTLS 1.2, which is TLS for UDP. From then on the host accepts only encrypted
    /// connections, as Godot's built-in class does in builds that have DTLS. Call the method right after
    /// [method create_host_bound]. Encryption cannot be changed or removed afterwards.
    ///
    /// Make `server_options` with [method TLSOptions.server] from a private key (RSA of 2048 to 4096 bits, or on
    /// curve P-256 or P-384) and a certificate, followed by those of the chain up to a certificate authority.
    /// Load several certificates as a resource, with [code]load("res://certificates.crt")[/code]: after
    /// [method X509Certificate.load] Godot gives only the first one.
    ///
    /// A client that does not encrypt is refused with [constant ENetMultiplayerPeerRs.REASON_NOT_ENCRYPTED], and the
    /// next [method service] prints a warning, at most one in ten seconds.
    ///
    /// An encrypted datagram carries 37 bytes less than a plain one, so that both have the same size on the
    /// network.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] if there is no host,
    /// [constant ERR_INVALID_PARAMETER] for other options or a key and a certificate that do not belong together,
    /// or [constant FAILED] if the host is encrypted already. Errors are printed with their cause.
    #[func(gd_self)]
    fn dtls_server_setup(this: Gd<Self>, server_options: Option<Gd<TlsOptions>>) -> Error {
        Self::encrypt(&this, "dtls_server_setup", || {
            dtls::server_from_options(server_options)
        })
    }

    /// Encrypts the host with DTLS 1.2, which is TLS for UDP, for the connections that it starts. Call the method
    /// right after [method create_host] or [method connect_to_host]. Encryption cannot be changed or removed
    /// afterwards.
    ///
    /// `hostname` is the name that the certificate of the server must be issued for. Make `client_options` with
    /// [method TLSOptions.client] or [method TLSOptions.client_unsafe]. [code]null[/code], the default, verifies
    /// with the certificates of the project setting
    /// [member ProjectSettings.network/tls/certificate_bundle_override], or with those of the system.
    ///
    /// A certificate that is trusted itself is accepted from the server even if no authority signed it. If a
    /// certificate lists no alternative names, its common name is compared. A certificate that is refused ends
    /// the connection, and the reason is printed as an error.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] if there is no host,
    /// [constant ERR_INVALID_PARAMETER] for a server's options or certificates that cannot be read, or
    /// [constant FAILED] if the host is encrypted already. Errors are printed with their cause.
    #[func(gd_self)]
    fn dtls_client_setup(
        this: Gd<Self>,
        hostname: GString,
        #[opt(default = NullableTlsOptions(None))] client_options: NullableTlsOptions,
    ) -> Error {
        Self::encrypt(&this, "dtls_client_setup", || {
            dtls::client_from_options(&hostname, client_options.0)
        })
    }
}

impl ENetConnectionRs {
    fn encrypt(
        this: &Gd<Self>,
        method: &str,
        dtls: impl FnOnce() -> Result<Dtls, dtls::Trouble>,
    ) -> Error {
        let handle = this.bind().handle.clone();
        if !handle.connection().borrow().is_active() {
            Self::report_unborrowed(this, method, &INACTIVE);
            return Error::ERR_UNCONFIGURED;
        }
        let done = dtls().and_then(|dtls| dtls::encrypt(handle.connection(), dtls));
        match done {
            Ok(()) => Error::OK,
            Err(trouble) => {
                Self::report_unborrowed(this, method, &trouble.cause);
                trouble.error
            }
        }
    }
}
