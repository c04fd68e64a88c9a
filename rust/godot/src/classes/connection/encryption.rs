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
    /// Encrypts the host with DTLS 1.2 and lets it accept encrypted connections only, as Godot's built-in
    /// class does where it has DTLS. `server_options` are made by [method TLSOptions.server]: an RSA key
    /// (2048 to 4096 bits) or one on curve P-256, and a certificate, with those that lead to an authority
    /// behind it. Call it right after [method create_host_bound]; once, and for good.
    ///
    /// The datagrams carry 37 bytes less, so that with encryption they are as large as before.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] without a host,
    /// [constant ERR_INVALID_PARAMETER] for other options, or a key and a certificate that do not belong
    /// together, [constant FAILED] if the host is encrypted already. Errors are printed with their cause.
    #[func(gd_self)]
    fn dtls_server_setup(this: Gd<Self>, server_options: Option<Gd<TlsOptions>>) -> Error {
        Self::encrypt(&this, "dtls_server_setup", || {
            dtls::server_from_options(server_options)
        })
    }

    /// Encrypts the host with DTLS 1.2, for connections that it begins. `hostname` is whom the server's
    /// certificate must be for. `client_options` are made by [method TLSOptions.client] or
    /// [method TLSOptions.client_unsafe]; [code]null[/code] verifies with the certificates of the
    /// project's settings or of the system. Call it right after [method create_host] or
    /// [method connect_to_host]; once, and for good.
    ///
    /// A certificate given as trusted is accepted from the server itself, also if nobody signed it.
    /// Where a certificate lists no alternative names its common name counts. What is wrong with one is
    /// printed as an error, and the connection ends.
    ///
    /// Returns [constant OK], [constant ERR_UNCONFIGURED] without a host,
    /// [constant ERR_INVALID_PARAMETER] for a server's options or certificates that cannot be read,
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
            Self::report_unborrowed(method, &INACTIVE);
            return Error::ERR_UNCONFIGURED;
        }
        let done = dtls().and_then(|dtls| dtls::encrypt(handle.connection(), dtls));
        match done {
            Ok(()) => Error::OK,
            Err(trouble) => {
                Self::report_unborrowed(method, &trouble.cause);
                trouble.error
            }
        }
    }
}
