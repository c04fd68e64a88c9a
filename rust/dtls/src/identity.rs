//! The identity of a server: its private key and certificates.

use std::sync::Arc;

use pkcs8::der::asn1::AnyRef;
use pkcs8::der::{Decode, Encode};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{ObjectIdentifier, PrivateKeyInfo};
use rtc_crypto::{RTCCrypto, SignatureScheme, SigningKey};
use rtc_dtls::crypto::Certificate;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use sec1::EcParameters;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::error::SetupError;
use crate::p384::P384Key;
use crate::verify::read_certificates;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// A private key and its certificate, with the certificates that lead to an authority.
#[derive(Clone)]
pub struct Identity {
    pub(crate) certificate: Certificate,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads PEM: a key as PKCS#8, PKCS#1 or SEC1, and certificates, the server's own first. The key must
    /// be RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, or Ed25519.
    ///
    /// Fails if either cannot be read, if the key is of another kind, or if it does not belong to the
    /// first certificate.
    pub fn from_pem(key: &str, certificates: &str) -> Result<Self, SetupError> {
        let chain = read_certificates(certificates).map_err(SetupError::Certificate)?;
        let key = read_key(key)?;
        let (_, own) = X509Certificate::from_der(&chain[0])
            .map_err(|error| SetupError::Certificate(error.to_string()))?;
        if own.public_key().subject_public_key.data.as_ref() != key.public_key().bytes {
            return Err(SetupError::KeyMismatch);
        }
        Ok(Self {
            certificate: Certificate::from_signing_key(chain, key),
        })
    }
}

fn read_key(pem: &str) -> Result<Arc<dyn SigningKey>, SetupError> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| SetupError::Key(error.to_string()))?;
    let key = to_pkcs8(&key)?;
    let algorithm = match PrivateKeyInfo::from_der(&key) {
        Ok(info) => info.algorithm,
        Err(error) => return Err(SetupError::Key(error.to_string())),
    };
    const CURVES: &str = "an ECDSA key is on curve P-256 or P-384";
    let scheme = match algorithm.oid {
        RSA => SignatureScheme::RsaPkcs1Sha256,
        EC if algorithm.parameters_oid() == Ok(P384) => {
            return match P384Key::from_pkcs8(&key) {
                Some(key) => Ok(Arc::new(key)),
                None => Err(SetupError::KeyKind(CURVES)),
            };
        }
        EC => SignatureScheme::EcdsaP256Sha256,
        _ => SignatureScheme::Ed25519,
    };
    let provider = rtc_crypto::providers::RingProvider::new();
    let crypto: &dyn RTCCrypto = rtc_crypto::RTCCryptoProvider::crypto(&provider);
    let unsupported = match scheme {
        SignatureScheme::RsaPkcs1Sha256 => "an RSA key has 2048 to 4096 bits",
        SignatureScheme::EcdsaP256Sha256 => CURVES,
        _ => "it is neither RSA nor ECDSA nor Ed25519",
    };
    crypto
        .import_signing_key(scheme, &key)
        .map_err(|_| SetupError::KeyKind(unsupported))
}

/// The key as PKCS#8, the only form that the library reads. mbedTLS, and with it Godot, writes the two
/// older forms.
fn to_pkcs8(key: &PrivateKeyDer<'_>) -> Result<Zeroizing<Vec<u8>>, SetupError> {
    let unreadable = |error: pkcs8::der::Error| SetupError::Key(error.to_string());
    let (oid, curve, bytes) = match key {
        PrivateKeyDer::Pkcs8(key) => {
            return Ok(Zeroizing::new(key.secret_pkcs8_der().to_vec()));
        }
        PrivateKeyDer::Pkcs1(key) => (RSA, None, key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) => {
            let bytes = key.secret_sec1_der();
            let fields = sec1::EcPrivateKey::from_der(bytes).map_err(unreadable)?;
            let Some(EcParameters::NamedCurve(curve)) = fields.parameters else {
                return Err(SetupError::Key("it does not name its curve".to_owned()));
            };
            (EC, Some(curve), bytes)
        }
        _ => return Err(SetupError::Key("its form is unknown".to_owned())),
    };
    let parameters = curve.as_ref().map_or(AnyRef::NULL, AnyRef::from);
    let algorithm = AlgorithmIdentifierRef {
        oid,
        parameters: Some(parameters),
    };
    let info = PrivateKeyInfo::new(algorithm, bytes);
    info.to_der().map(Zeroizing::new).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
    use rustls::pki_types::PrivatePkcs8KeyDer;

    fn made(kind: &'static SignatureAlgorithm) -> (String, String) {
        let key = KeyPair::generate_for(kind).expect("a key");
        let params = rcgen::CertificateParams::new(["game".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        (key.serialize_pem(), certificate.pem())
    }

    fn p256() -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["game".to_owned()]).expect("a certificate");
        (signing_key.serialize_pem(), cert.pem())
    }

    /// Made with `openssl ecparam -name secp521r1`.
    const P521_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAszQu2E++zML8Qi3Q
XF1uXzEGtTF1M7W9h9kmbaNJwiFyJx58XoPMg3UDIY6XDW17eAkx4YrerY+MA3D2
CX5NztehgYkDgYYABABkTowYl5kv6OxY35nGeSrChpYNxRxr694ZgnEYmLMd7N6t
Z/Bi7vmRbm/9+leMkC8xOgQs8TS0JereEhAzDpMefgBYgUXiYG5WNxnMzfK89qhf
3qW/rMPYyh3zojbEFkAMuwYKHxXLjPTFy1bFkpDKTKduSXrOWMFqUrkr/IvJV7pA
bQ==
-----END PRIVATE KEY-----
";

    fn error(key: &str, certificates: &str) -> SetupError {
        Identity::from_pem(key, certificates).expect_err("no identity")
    }

    #[test]
    fn keys_of_p256_p384_and_ed25519_are_read() {
        for (key, certificate) in [p256(), made(&PKCS_ECDSA_P384_SHA384), made(&PKCS_ED25519)] {
            Identity::from_pem(&key, &certificate).expect("an identity");
        }
    }

    #[test]
    fn a_key_on_another_curve_is_refused() {
        let expected = SetupError::KeyKind("an ECDSA key is on curve P-256 or P-384");
        assert_eq!(error(P521_KEY, &p256().1), expected);
    }

    #[test]
    fn text_without_a_key_or_a_certificate_is_refused() {
        let (key, certificate) = p256();
        for text in ["", "no PEM", &certificate, &key[..100]] {
            let seen = error(text, &certificate);
            assert!(matches!(seen, SetupError::Key(_)), "{text}: {seen}");
        }
        for text in ["", "no PEM", &key, &certificate[..100]] {
            let seen = error(&key, text);
            assert!(matches!(seen, SetupError::Certificate(_)), "{text}: {seen}");
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let ((key, certificate), (other_key, other)) = (p256(), p256());
        assert_eq!(error(&key, &other), SetupError::KeyMismatch);
        assert_eq!(error(&other_key, &certificate), SetupError::KeyMismatch);
        // Only the first certificate is the server's own.
        let chain = format!("{certificate}{other}");
        Identity::from_pem(&key, &chain).expect("an identity");
        assert_eq!(error(&other_key, &chain), SetupError::KeyMismatch);
    }

    /// SEC1 names the curve inside of the key; PKCS#8 outside of it.
    #[test]
    fn a_sec1_key_becomes_pkcs8() {
        let pem = p256().0;
        let PrivateKeyDer::Pkcs8(pkcs8) =
            PrivateKeyDer::from_pem_slice(pem.as_bytes()).expect("a key")
        else {
            panic!("another form");
        };
        let info = PrivateKeyInfo::from_der(pkcs8.secret_pkcs8_der()).expect("a key");
        let inner = sec1::EcPrivateKey::from_der(info.private_key).expect("a key");
        let curve = info.algorithm.parameters_oid().expect("a curve");
        let with_curve = sec1::EcPrivateKey {
            parameters: Some(EcParameters::NamedCurve(curve)),
            ..inner
        };
        let sec1 = PrivateKeyDer::Sec1(with_curve.to_der().expect("DER").into());
        let converted = to_pkcs8(&sec1).expect("PKCS#8");
        let converted = PrivateKeyInfo::from_der(&converted).expect("a key");
        assert_eq!(converted.algorithm, info.algorithm);
        assert_eq!(converted.private_key, with_curve.to_der().expect("DER"));

        let without_curve = sec1::EcPrivateKey {
            parameters: None,
            ..inner
        };
        let sec1 = PrivateKeyDer::Sec1(without_curve.to_der().expect("DER").into());
        let expected = SetupError::Key("it does not name its curve".to_owned());
        assert_eq!(to_pkcs8(&sec1), Err(expected));
    }

    #[test]
    fn a_pkcs8_key_stays_as_it_is() {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(vec![1, 2, 3]));
        assert_eq!(to_pkcs8(&key).as_deref(), Ok(&vec![1, 2, 3]));
    }

    #[test]
    fn debug_output_holds_no_key() {
        let (key, certificate) = p256();
        let identity = Identity::from_pem(&key, &certificate).expect("an identity");
        assert_eq!(format!("{identity:?}"), "Identity { .. }");
    }
}
