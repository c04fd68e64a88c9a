//! Whether a server's certificate is the right one.
//!
//! Chains are rustls's matter. Two things it does not do are done here, because Godot does them: the
//! very certificate that is trusted is accepted, also if it signed itself; and where a certificate
//! lists no alternative names, its common name counts. Whatever fails, fails: nothing is accepted
//! because it could not be checked.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Version};

use super::error::{CertificateProblem, SetupError};

/// Whose certificates are accepted.
#[derive(Debug, Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    /// Those that are accepted as they are.
    exact: Vec<CertificateDer<'static>>,
    /// In a message: "not signed by ...".
    name: &'static str,
}

impl Trust {
    /// The certificates in a text of PEM blocks: authorities, or the server's own.
    pub fn certificates(pem: &str) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        let mut exact = Vec::new();
        for certificate in read_certificates(pem).map_err(SetupError::Trusted)? {
            // What is no authority may still be the server's own. Its key vouches for nobody else.
            match X509Certificate::from_der(&certificate) {
                Ok((_, fields)) if !is_authority(&fields) => {}
                parsed => {
                    if let (Err(error), Err(_)) = (roots.add(certificate.clone()), parsed) {
                        return Err(SetupError::Trusted(error.to_string()));
                    }
                }
            }
            exact.push(certificate);
        }
        Ok(Self {
            roots: Arc::new(roots),
            exact,
            name: "the trusted certificate",
        })
    }

    /// The authorities that the system trusts; where it has none, those that Mozilla trusts. Reading
    /// them takes some milliseconds, once.
    pub fn system() -> Result<Self, SetupError> {
        static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
        let roots = ROOTS.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
            Arc::new(roots)
        });
        if roots.is_empty() {
            return Err(SetupError::NoRoots);
        }
        Ok(Self {
            roots: roots.clone(),
            exact: Vec::new(),
            name: "any authority that this system trusts",
        })
    }
}

/// Whether the certificate may sign others; those from before version 3 do not say.
fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    match certificate.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        Ok(None) => certificate.version() != X509Version::V3,
        Err(_) => false,
    }
}

/// The certificates of a text of PEM blocks, in their order; at least one.
pub(super) fn read_certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err("there is no PEM block of a certificate".to_owned())
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}

/// The first certificate of a text of PEM blocks, as DER; `None` if there is none.
pub fn first_certificate(pem: &str) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    Some(certificate.to_vec())
}

/// How a client looks at the server's certificate.
#[derive(Debug, Clone)]
pub struct Verification {
    /// `None` accepts anything.
    pub trust: Option<Trust>,
    /// The name the certificate has to be for; `None` accepts any.
    pub name: Option<String>,
}

impl Verification {
    /// Looks at the chain that the server sent, its own certificate first.
    pub fn check(&self, chain: &[Vec<u8>], now: UnixTime) -> Result<(), CertificateProblem> {
        let Some(trust) = &self.trust else {
            return Ok(());
        };
        let (own, others) = chain.split_first().ok_or(CertificateProblem::None)?;
        let unreadable = |error: String| CertificateProblem::Unreadable(error);
        let (_, own_fields) =
            X509Certificate::from_der(own).map_err(|error| unreadable(error.to_string()))?;
        check_dates(&own_fields, now)?;
        let own = CertificateDer::from(own.as_slice());
        if !trust.exact.contains(&own) {
            let others: Vec<_> = others
                .iter()
                .map(|der| CertificateDer::from(der.as_slice()))
                .collect();
            check_chain(&own, &others, trust, now)?;
        }
        match &self.name {
            Some(name) => check_name(&own, &own_fields, name),
            None => Ok(()),
        }
    }
}

fn check_dates(certificate: &X509Certificate<'_>, now: UnixTime) -> Result<(), CertificateProblem> {
    let validity = certificate.validity();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let day = |time: x509_parser::time::ASN1Time| {
        let time = time.to_datetime();
        let (hour, minute, _) = time.to_hms();
        format!("{} at {hour:02}:{minute:02} UTC", time.date())
    };
    if now > validity.not_after.timestamp() {
        return Err(CertificateProblem::Expired(day(validity.not_after)));
    }
    if now < validity.not_before.timestamp() {
        return Err(CertificateProblem::NotYetValid(day(validity.not_before)));
    }
    Ok(())
}

fn check_chain(
    own: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    trust: &Trust,
    now: UnixTime,
) -> Result<(), CertificateProblem> {
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let parsed = ParsedCertificate::try_from(own)
        .map_err(|error| CertificateProblem::Unreadable(error.to_string()))?;
    verify_server_cert_signed_by_trust_anchor(&parsed, &trust.roots, others, now, algorithms.all)
        .map_err(|error| match error {
            // Also of the same name as a trusted one, and by another key.
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => CertificateProblem::Untrusted(trust.name),
            Error::InvalidCertificate(CertificateError::Other(other)) => {
                let text = other.to_string();
                // It signed itself, and is not the trusted one.
                if text.contains("CaUsedAsEndEntity") {
                    CertificateProblem::Untrusted(trust.name)
                } else if text.contains("EndEntityUsedAsCa") {
                    CertificateProblem::Other("one of its signers is no authority".to_owned())
                } else {
                    CertificateProblem::Other(printable(&text))
                }
            }
            Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            ) => CertificateProblem::Other("one of its authorities expired".to_owned()),
            Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            ) => CertificateProblem::Other("one of its authorities is not valid yet".to_owned()),
            error => CertificateProblem::Other(printable(&error.to_string())),
        })
}

fn check_name(
    own: &CertificateDer<'_>,
    fields: &X509Certificate<'_>,
    wanted: &str,
) -> Result<(), CertificateProblem> {
    let alternatives = alternative_names(fields)?;
    let fits = if alternatives.is_empty() {
        common_names(fields).any(|name| fits_common_name(name, wanted))
    } else {
        let parsed = ParsedCertificate::try_from(own)
            .map_err(|error| CertificateProblem::Unreadable(error.to_string()))?;
        ServerName::try_from(wanted).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
    };
    if fits {
        return Ok(());
    }
    let names = if alternatives.is_empty() {
        common_names(fields).map(printable).collect()
    } else {
        alternatives
    };
    Err(CertificateProblem::Name {
        names: match names.is_empty() {
            true => "nobody".to_owned(),
            false => listed(&names),
        },
        wanted: printable(wanted),
    })
}

/// The names and addresses a certificate lists.
fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, CertificateProblem> {
    let extension = certificate
        .subject_alternative_name()
        .map_err(|error| CertificateProblem::Unreadable(error.to_string()))?;
    let names = extension.iter().flat_map(|it| &it.value.general_names);
    Ok(names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(printable(name)),
            GeneralName::IPAddress(bytes) => match bytes.len() {
                4 => <[u8; 4]>::try_from(*bytes).ok().map(IpAddr::from),
                _ => <[u8; 16]>::try_from(*bytes).ok().map(IpAddr::from),
            }
            .map(|address| address.to_string()),
            _ => None,
        })
        .collect())
}

fn common_names<'a>(certificate: &'a X509Certificate<'_>) -> impl Iterator<Item = &'a str> {
    let names = certificate.subject().iter_common_name();
    names.filter_map(|name| name.as_str().ok())
}

/// As for alternative names: case does not count, and a star stands for the first label.
fn fits_common_name(name: &str, wanted: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    if name.eq_ignore_ascii_case(wanted) {
        return true;
    }
    let is_address = wanted.parse::<IpAddr>().is_ok();
    match (name.strip_prefix("*."), wanted.split_once('.')) {
        (Some(name), Some((first, wanted))) if !is_address => {
            !first.is_empty() && name.contains('.') && name.eq_ignore_ascii_case(wanted)
        }
        _ => false,
    }
}

/// As many names as there is room for in a message.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    match names.get(..MOST) {
        Some(first) if names.len() > MOST => {
            format!("{} and {} more", first.join(", "), names.len() - MOST)
        }
        _ => names.join(", "),
    }
}

/// A stranger's text as it may stand in a log: one line, and not a long one.
fn printable(text: &str) -> String {
    const MOST: usize = 100;
    text.chars()
        .flat_map(char::escape_debug)
        .take(MOST)
        .collect()
}
