//! Encryption: translates Godot's options, keys and certificates for `enet_dtls`.

use enet_dtls::{
    Dtls, FailedHandshake, HandshakeError, Identity, SetupError, Trust, Verification,
    first_certificate,
};
use enet_multiplayer::FailedWarning;
use enet_multiplayer::address::endpoint;
use enet_multiplayer::{EncryptError, SharedConnection};
use godot::classes::{CryptoKey, Engine, FileAccess, ProjectSettings, TlsOptions, X509Certificate};
use godot::global::Error;
use godot::prelude::*;
use zeroize::Zeroizing;

use crate::clock;
use crate::report::Reports;

/// The encryption settings of ENetMultiplayerPeerRs, which are properties and methods of Godot 3.
pub struct Settings {
    pub is_enabled: bool,
    pub verifies: bool,
    pub hostname: GString,
    pub key: Option<Gd<CryptoKey>>,
    pub certificate: Option<Gd<X509Certificate>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            is_enabled: false,
            verifies: true,
            hostname: GString::new(),
            key: None,
            certificate: None,
        }
    }
}

impl Settings {
    /// The encryption of a new server; `None` if it is off.
    pub fn server(&self) -> Result<Option<Dtls>, Trouble> {
        if !self.is_enabled {
            return Ok(None);
        }
        server(self.key.clone(), self.certificate.clone()).map(Some)
    }

    /// The encryption of a new client; `None` if it is off. `address` is the server's, as given by the
    /// script.
    pub fn client(&self, address: &GString) -> Result<Option<Dtls>, Trouble> {
        if !self.is_enabled {
            return Ok(None);
        }
        let name = match self.hostname.is_empty() {
            true => address,
            false => &self.hostname,
        };
        let verification = match self.verifies {
            true => Verification {
                trust: Some(trust(self.certificate.clone())?),
                name: Some(name.to_string()),
            },
            false => Verification {
                trust: None,
                name: None,
            },
        };
        Ok(Some(Dtls::client(verification, clock::now())))
    }
}

/// The reason why a host was not encrypted, as text and as Godot's error.
pub struct Trouble {
    pub cause: String,
    pub error: Error,
}

impl Trouble {
    fn new(cause: impl ToString, error: Error) -> Self {
        Self {
            cause: cause.to_string(),
            error,
        }
    }
}

impl From<SetupError> for Trouble {
    fn from(error: SetupError) -> Self {
        Self::new(error, Error::ERR_INVALID_PARAMETER)
    }
}

/// The encryption of a server, from `TLSOptions.server`.
pub fn server_from_options(options: Option<Gd<TlsOptions>>) -> Result<Dtls, Trouble> {
    match options {
        Some(options) if options.is_server() => {
            server(options.get_private_key(), options.get_own_certificate())
        }
        Some(_) => Err(Trouble::new(
            "the options are a client's; a server needs TLSOptions.server",
            Error::ERR_INVALID_PARAMETER,
        )),
        None => Err(Trouble::new(
            "a server needs options with a key and a certificate",
            Error::ERR_INVALID_PARAMETER,
        )),
    }
}

/// The encryption of a client, from `TLSOptions.client` or `TLSOptions.client_unsafe`. `None` stands for
/// `TLSOptions.client()`.
pub fn client_from_options(
    hostname: &GString,
    options: Option<Gd<TlsOptions>>,
) -> Result<Dtls, Trouble> {
    let verification = match options {
        Some(options) if options.is_server() => {
            return Err(Trouble::new(
                "the options are a server's; a client needs TLSOptions.client",
                Error::ERR_INVALID_PARAMETER,
            ));
        }
        Some(options) if options.is_unsafe_client() => Verification {
            trust: match options.get_trusted_ca_chain() {
                Some(chain) => Some(trust(Some(chain))?),
                None => None,
            },
            name: None,
        },
        Some(options) => {
            let name = options.get_common_name_override();
            Verification {
                trust: Some(trust(options.get_trusted_ca_chain())?),
                name: Some(match name.is_empty() {
                    true => hostname.to_string(),
                    false => name.to_string(),
                }),
            }
        }
        None => Verification {
            trust: Some(trust(None)?),
            name: Some(hostname.to_string()),
        },
    };
    Ok(Dtls::client(verification, clock::now()))
}

/// Turns on encryption for a connection's host.
pub fn encrypt(connection: &SharedConnection, dtls: Dtls) -> Result<(), Trouble> {
    let done = connection.borrow_mut().encrypt(dtls, clock::now());
    done.map_err(|error| {
        let number = match error {
            EncryptError::Inactive => Error::ERR_UNCONFIGURED,
            _ => Error::FAILED,
        };
        Trouble::new(error, number)
    })
}

fn server(
    key: Option<Gd<CryptoKey>>,
    certificate: Option<Gd<X509Certificate>>,
) -> Result<Dtls, Trouble> {
    let (Some(mut key), Some(mut certificate)) = (key, certificate) else {
        return Err(Trouble::new(
            "a DTLS server needs a private key and a certificate",
            Error::ERR_INVALID_PARAMETER,
        ));
    };
    if key.is_public_only() {
        return Err(Trouble::new(
            "the key is a public one; a DTLS server needs the private key",
            Error::ERR_INVALID_PARAMETER,
        ));
    }
    let key = Zeroizing::new(key.save_to_string().to_string());
    let identity = Identity::from_pem(&key, &pem_of(&mut certificate)?)?;
    Ok(Dtls::server(&identity, clock::now())?)
}

/// The certificates that a client trusts: the given ones, or else those of the project's settings, or else
/// those of the system.
fn trust(certificate: Option<Gd<X509Certificate>>) -> Result<Trust, Trouble> {
    const OVERRIDE: &str = "network/tls/certificate_bundle_override";
    if let Some(mut certificate) = certificate {
        return Ok(Trust::certificates(&pem_of(&mut certificate)?)?);
    }
    let path = ProjectSettings::singleton().get_setting(OVERRIDE);
    match path.try_to::<GString>() {
        Ok(path) if !path.is_empty() => {
            let pem = FileAccess::get_file_as_string(&path).to_string();
            Trust::certificates(&pem).map_err(|error| {
                Trouble::new(
                    format!("{OVERRIDE} ({path}): {error}"),
                    Error::ERR_INVALID_PARAMETER,
                )
            })
        }
        _ => Ok(Trust::system()?),
    }
}

/// The certificates as PEM text.
///
/// From an object with several certificates, the engine writes the first one several times. The others can
/// be had only from the file from which the object was loaded.
fn pem_of(certificate: &mut Gd<X509Certificate>) -> Result<String, Trouble> {
    let pem = written(certificate);
    if pem.matches(BEGIN).count() <= 1 {
        return Ok(pem);
    }
    let path = certificate.get_path();
    let file = match path.is_empty() {
        true => String::new(),
        false => FileAccess::get_file_as_string(&path).to_string(),
    };
    // The file may have changed since it was loaded.
    match (first_certificate(&pem), first_certificate(&file)) {
        (Some(one), Some(other)) if one == other => Ok(file),
        _ => Err(Trouble::new(
            "the object holds several certificates, of which Godot gives only the first if they were loaded with \
             X509Certificate.load; load the file as a resource instead, with load(\"res://certificates.crt\"), or \
             load(\"user://certificates.crt\") for a file outside of the project",
            Error::ERR_INVALID_PARAMETER,
        )),
    }
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// The PEM text that the engine writes. The text can end with a NUL, about which the engine prints an
/// error. The error is suppressed, as users could do nothing about it.
fn written(certificate: &mut Gd<X509Certificate>) -> String {
    let mut engine = Engine::singleton();
    let prints = engine.is_printing_error_messages();
    engine.set_print_error_messages(false);
    let pem = certificate.save_to_string().to_string();
    engine.set_print_error_messages(prints);
    pem
}

/// Prints why a DTLS session failed: as an error if this side requested it, as a warning if a remote did, or if the
/// handshake is only slow. The
/// object must not be borrowed meanwhile, as scripts can listen to errors.
pub fn report<T: Reports>(this: &mut T, method: &str, warning: &FailedWarning) {
    let FailedHandshake {
        address,
        reason,
        is_client,
    } = &warning.failed;
    let left_out = warning.left_out;
    let address = endpoint(*address);
    let cause = format!("no encrypted session with {address}: {reason}{left_out}");
    match *is_client && !matches!(reason, HandshakeError::Slow(_)) {
        true => this.report(method, &cause),
        false => this.warn(method, &cause),
    }
}
