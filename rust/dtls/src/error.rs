//! Why encryption cannot be set up, and why a handshake failed.

use std::net::SocketAddr;

/// Why DTLS cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// There is no PEM block that holds a private key, or it cannot be read.
    #[error("the private key cannot be read: {0}")]
    Key(String),
    /// The key is neither RSA of 2048 bits or more, nor ECDSA P-256, nor Ed25519.
    #[error("the private key is of a kind that is not supported: {0}")]
    KeyKind(&'static str),
    /// There is no certificate, or it cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The key belongs to another certificate.
    #[error("the private key does not belong to the certificate")]
    KeyOfAnother,
    /// A certificate that is to be trusted cannot be read.
    #[error("the trusted certificate cannot be read: {0}")]
    Trusted(String),
    /// Neither the system nor the caller has certificates to trust.
    #[error("there are no root certificates to verify the server with")]
    NoRoots,
    /// The DTLS library refused the settings.
    #[error("DTLS cannot be set up: {0}")]
    Library(String),
}

/// Why a certificate is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// The server sent none.
    #[error("the server sent no certificate")]
    None,
    /// It is no certificate.
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
    /// Its time is over. UTC.
    #[error("the certificate expired on {0}")]
    Expired(String),
    /// Its time has not come. UTC.
    #[error("the certificate is not valid before {0}")]
    NotYetValid(String),
    /// It is for other names.
    #[error("the certificate is issued for {names}, connecting to {wanted}")]
    Name {
        /// Whom it is for.
        names: String,
        /// The name that was asked for.
        wanted: String,
    },
    /// No chain leads to a trusted certificate.
    #[error("the certificate is not signed by {0}")]
    Untrusted(&'static str),
    /// Anything else that is wrong with the chain.
    #[error("the certificate is not acceptable: {0}")]
    Other(String),
}

/// Why an encrypted session ended without having been closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server's certificate was not accepted.
    #[error(transparent)]
    Certificate(#[from] CertificateProblem),
    /// The remote ended the handshake with an alert. Its name and number.
    #[error("the remote refused: {0}")]
    Refused(String),
    /// No answer that leads on.
    #[error("the remote did not complete the handshake within {0} s; it may be no DTLS server")]
    TimedOut(u64),
    /// The remote sends more than a handshake needs.
    #[error("the remote sent too much before the handshake was done")]
    TooMuch,
    /// What came does not follow the protocol.
    #[error("{0}")]
    Protocol(String),
}

/// An encrypted session that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The remote.
    pub address: SocketAddr,
    /// What went wrong.
    pub reason: Failure,
    /// Whether this side began: a server meets all kinds of strangers.
    pub is_client: bool,
}
