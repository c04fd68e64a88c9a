//! The check of a server's certificate.
//!
//! Rustls verifies chains. This module adds two rules that rustls lacks and Godot has: a certificate
//! that is itself trusted is accepted, even if it is self-signed; and a certificate without alternative
//! names is matched by its common name. A check that cannot be made rejects the certificate.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError as ChainError, Error, RootCertStore};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Version};

use crate::error::{CertificateError, SetupError};

/// The certificates that a client trusts.
#[derive(Debug, Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    /// Certificates that are accepted as they are.
    exact: Vec<CertificateDer<'static>>,
    /// The object of "not signed by ..." in messages.
    name: &'static str,
}

impl Trust {
    /// The certificates in a text of PEM blocks: authorities, or the server's own. Fails if there is none,
    /// or if one cannot be read.
    pub fn certificates(pem: &str) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        let mut exact = Vec::new();
        for certificate in read_certificates(pem).map_err(SetupError::TrustedCertificate)? {
            // A certificate of no authority may be the server's own, and must not sign others.
            match X509Certificate::from_der(&certificate) {
                Ok((_, fields)) if !is_authority(&fields) => {}
                parsed => {
                    if let (Err(error), Err(_)) = (roots.add(certificate.clone()), parsed) {
                        return Err(SetupError::TrustedCertificate(error.to_string()));
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

    /// The authorities that the system trusts, or those that Mozilla trusts if the system shows none: Android and iOS have
    /// lists that only their own libraries read. The first call reads them, which takes some milliseconds.
    pub fn system() -> Result<Self, SetupError> {
        static SYSTEM: OnceLock<Trust> = OnceLock::new();
        let trust = SYSTEM.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Self::of_system(roots)
        });
        if trust.roots.is_empty() {
            return Err(SetupError::NoRoots);
        }
        Ok(trust.clone())
    }

    fn of_system(mut roots: RootCertStore) -> Self {
        let name = match roots.is_empty() {
            false => "any authority that this system trusts",
            true => {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
                "any authority that Mozilla trusts (this system shows programs no list of its own); give \
                 TLSOptions.client() the certificate to trust"
            }
        };
        Self {
            roots: Arc::new(roots),
            exact: Vec::new(),
            name,
        }
    }
}

/// Whether the certificate may sign others. Certificates before version 3 do not say, and may.
fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    match certificate.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        Ok(None) => certificate.version() != X509Version::V3,
        Err(_) => false,
    }
}

/// The certificates of a text of PEM blocks, in their order. An error if there is none.
pub(crate) fn read_certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
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

/// How a client checks the server's certificate.
#[derive(Debug, Clone)]
pub struct Verification {
    /// Accepted signers; `None` accepts any certificate, whatever its name.
    pub trust: Option<Trust>,
    /// The name that the certificate has to be for; `None` accepts any name.
    pub name: Option<String>,
}

impl Verification {
    /// Checks the chain that the server sent, its own certificate first.
    pub fn check(&self, chain: &[Vec<u8>], now: UnixTime) -> Result<(), CertificateError> {
        let Some(trust) = &self.trust else {
            return Ok(());
        };
        let (own, others) = chain.split_first().ok_or(CertificateError::Missing)?;
        let unreadable = |error: String| CertificateError::Unreadable(error);
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

fn check_dates(certificate: &X509Certificate<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let validity = certificate.validity();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let day = |time: x509_parser::time::ASN1Time| {
        let time = time.to_datetime();
        let (hour, minute, _) = time.to_hms();
        format!("{} at {hour:02}:{minute:02} UTC", time.date())
    };
    if now > validity.not_after.timestamp() {
        return Err(CertificateError::Expired(day(validity.not_after)));
    }
    if now < validity.not_before.timestamp() {
        return Err(CertificateError::NotYetValid(day(validity.not_before)));
    }
    Ok(())
}

fn check_chain(
    own: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    trust: &Trust,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let parsed = ParsedCertificate::try_from(own)
        .map_err(|error| CertificateError::Unreadable(error.to_string()))?;
    verify_server_cert_signed_by_trust_anchor(&parsed, &trust.roots, others, now, algorithms.all)
        .map_err(|error| match error {
            // A bad signature: a namesake of a trusted authority signed with another key.
            Error::InvalidCertificate(ChainError::UnknownIssuer | ChainError::BadSignature) => {
                CertificateError::Untrusted(trust.name)
            }
            Error::InvalidCertificate(ChainError::Other(other)) => {
                let text = other.to_string();
                // A self-signed certificate that is not a trusted one.
                if text.contains("CaUsedAsEndEntity") {
                    CertificateError::Untrusted(trust.name)
                } else if text.contains("EndEntityUsedAsCa") {
                    CertificateError::Other("one of its signers is no authority".to_owned())
                } else {
                    CertificateError::Other(printable(&text))
                }
            }
            Error::InvalidCertificate(ChainError::Expired | ChainError::ExpiredContext { .. }) => {
                CertificateError::Other("one of its authorities expired".to_owned())
            }
            Error::InvalidCertificate(
                ChainError::NotValidYet | ChainError::NotValidYetContext { .. },
            ) => CertificateError::Other("one of its authorities is not valid yet".to_owned()),
            error => CertificateError::Other(printable(&error.to_string())),
        })
}

fn check_name(
    own: &CertificateDer<'_>,
    fields: &X509Certificate<'_>,
    wanted: &str,
) -> Result<(), CertificateError> {
    let alternatives = alternative_names(fields)?;
    let fits = if alternatives.is_empty() {
        common_names(fields).any(|name| fits_common_name(name, wanted))
    } else {
        let parsed = ParsedCertificate::try_from(own)
            .map_err(|error| CertificateError::Unreadable(error.to_string()))?;
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
    Err(CertificateError::NameMismatch {
        names: match names.is_empty() {
            true => "nobody".to_owned(),
            false => listed(&names),
        },
        wanted: printable(wanted),
    })
}

/// The alternative names and addresses of a certificate.
fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, CertificateError> {
    let extension = certificate
        .subject_alternative_name()
        .map_err(|error| CertificateError::Unreadable(error.to_string()))?;
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

/// The rules of alternative names: case is ignored, and a star stands for the first label.
fn fits_common_name(name: &str, wanted: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    if name.eq_ignore_ascii_case(wanted) {
        return true;
    }
    let address = wanted.parse::<IpAddr>();
    let is_address = address.is_ok();
    // Godot writes IPv6 addresses without "::".
    if is_address && name.parse() == address {
        return true;
    }
    match (name.strip_prefix("*."), wanted.split_once('.')) {
        (Some(name), Some((first, wanted))) if !is_address => {
            !first.is_empty() && name.contains('.') && name.eq_ignore_ascii_case(wanted)
        }
        _ => false,
    }
}

/// The first few names, for a message.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    match names.get(..MOST) {
        Some(first) if names.len() > MOST => {
            format!("{} and {} more", first.join(", "), names.len() - MOST)
        }
        _ => names.join(", "),
    }
}

/// Text of a remote made fit for a log: one short line.
fn printable(text: &str) -> String {
    const MOST: usize = 100;
    text.chars()
        .flat_map(char::escape_debug)
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_shows_no_authorities_has_those_of_mozilla_and_says_so() {
        let trust = Trust::of_system(RootCertStore::empty());
        assert!(trust.roots.len() > 50);
        assert!(trust.name.contains("Mozilla"), "{}", trust.name);
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().take(3).cloned());
        let trust = Trust::of_system(roots);
        assert_eq!(trust.roots.len(), 3);
        assert!(trust.name.contains("this system"), "{}", trust.name);
    }

    #[test]
    fn a_common_name_matches_without_case() {
        assert!(fits_common_name("game", "GAME"));
        assert!(fits_common_name("my own game", "my own game"));
        assert!(!fits_common_name("game", "game.example"));
        assert!(!fits_common_name("", ""));
    }

    #[test]
    fn a_star_stands_for_the_first_label() {
        assert!(fits_common_name("*.example.com", "a.Example.com"));
        assert!(!fits_common_name("*.example.com", "example.com"));
        assert!(!fits_common_name("*.example.com", "a.b.example.com"));
        assert!(!fits_common_name("*.example.com", ".example.com"));
        assert!(!fits_common_name("*.com", "example.com"), "a whole domain");
        assert!(!fits_common_name("*.0.0.1", "127.0.0.1"), "an address");
    }

    #[test]
    fn a_message_lists_the_first_names() {
        let names: Vec<String> = (0..7).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names[..5]), "0, 1, 2, 3, 4");
        assert_eq!(listed(&names), "0, 1, 2, 3, 4 and 2 more");
    }

    #[test]
    fn text_of_a_remote_fits_into_a_line() {
        assert_eq!(printable("a\nb"), "a\\nb");
        assert_eq!(printable(&"x".repeat(500)).len(), 100);
    }

    #[test]
    fn without_trust_any_chain_is_accepted_and_with_it_none_is_missing() {
        let anyone = Verification {
            trust: None,
            name: None,
        };
        let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        assert_eq!(anyone.check(&[], now), Ok(()));
        let made = rcgen::generate_simple_self_signed(["game".to_owned()]).expect("a certificate");
        let trusting = Verification {
            trust: Some(Trust::certificates(&made.cert.pem()).expect("readable")),
            name: None,
        };
        assert_eq!(trusting.check(&[], now), Err(CertificateError::Missing));
        let garbage = trusting.check(&[vec![1, 2, 3]], now);
        assert!(matches!(garbage, Err(CertificateError::Unreadable(_))));
    }

    #[test]
    fn the_first_of_several_certificates_is_found() {
        let pem = || {
            let made = rcgen::generate_simple_self_signed(["game".to_owned()]);
            made.expect("a certificate").cert.pem()
        };
        let (one, other) = (pem(), pem());
        let first = first_certificate(&format!("{one}{other}"));
        assert_eq!(first, first_certificate(&one));
        assert_ne!(first, first_certificate(&other));
        assert_eq!(first_certificate("no PEM"), None);
    }
}
