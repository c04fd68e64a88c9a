//! Why DTLS cannot be set up, and why a handshake failed.

use std::net::SocketAddr;

/// Why DTLS cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// There is no PEM block with a private key, or it cannot be read.
    #[error("the private key cannot be read: {0}")]
    Key(String),
    /// The key is neither RSA of 2048 to 4096 bits, nor ECDSA on P-256 or P-384, nor Ed25519.
    #[error("the private key is of a kind that is not supported: {0}")]
    KeyKind(&'static str),
    /// There is no PEM block with a certificate, or it cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The key belongs to another certificate.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// A trusted certificate cannot be read.
    #[error("the trusted certificate cannot be read: {0}")]
    TrustedCertificate(String),
    /// The system has no root certificates.
    #[error("there are no root certificates to verify the server with")]
    NoRoots,
    /// The DTLS library refused the settings.
    #[error("DTLS cannot be set up: {0}")]
    Library(String),
}

/// Why a client rejects a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The server sent no certificate.
    #[error("the server sent no certificate")]
    Missing,
    /// The certificate cannot be parsed.
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
    /// The certificate expired at this time, in UTC.
    #[error("the certificate expired on {0}")]
    Expired(String),
    /// The certificate becomes valid at this time, in UTC.
    #[error("the certificate is not valid before {0}")]
    NotYetValid(String),
    /// The certificate is for other names.
    #[error("the certificate is issued for {names}, connecting to {wanted}")]
    NameMismatch {
        /// Names in the certificate.
        names: String,
        /// The name that the client expects.
        wanted: String,
    },
    /// No chain leads to a trusted certificate.
    #[error("the certificate is not signed by {0}")]
    Untrusted(&'static str),
    /// The chain has any other defect.
    #[error("the certificate is not acceptable: {0}")]
    Other(String),
}

/// Why an encrypted session ended without having been closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The client rejected the server's certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The remote ended the handshake with an alert of this name and number.
    #[error("the remote refused: {0}")]
    Refused(String),
    /// The handshake was not done after so many seconds.
    #[error("the remote did not complete the handshake within {0} s; it may be no DTLS server")]
    TimedOut(u64),
    /// A client's handshake was not done after so many seconds. It goes on as long as the connection's own limits permit.
    #[error(
        "the remote has not completed the handshake for {0} s, and is asked on; it may be no DTLS server, or busy"
    )]
    Slow(u64),
    /// The remote sent more than a handshake needs.
    #[error("the remote sent too much before the handshake was done")]
    LimitExceeded,
    /// The remote violated the protocol.
    #[error("{0}")]
    Protocol(String),
}

/// A handshake that failed, or is [slow](HandshakeError::Slow).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedHandshake {
    /// The remote.
    pub address: SocketAddr,
    /// Why the handshake failed.
    pub reason: HandshakeError,
    /// Whether this side started the handshake. A server's remotes may be anyone.
    pub is_client: bool,
}
