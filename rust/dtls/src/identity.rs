//! Who a server is: its private key and certificates.

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

use super::error::SetupError;
use super::verify::read_certificates;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A private key and its certificate, with those that lead to an authority.
#[derive(Clone)]
pub struct Identity {
    pub(super) certificate: Certificate,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// From PEM: a key as PKCS#8, PKCS#1 or SEC1, and certificates, the server's own first. A key is RSA
    /// of 2048 to 4096 bits, ECDSA on P-256, or Ed25519.
    pub fn from_pem(key: &str, certificates: &str) -> Result<Self, SetupError> {
        let chain = read_certificates(certificates).map_err(SetupError::Certificate)?;
        let key = read_key(key)?;
        let (_, own) = X509Certificate::from_der(&chain[0])
            .map_err(|error| SetupError::Certificate(error.to_string()))?;
        if own.public_key().subject_public_key.data.as_ref() != key.public_key().bytes {
            return Err(SetupError::KeyOfAnother);
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
    let provider = rtc_crypto::providers::RingProvider::new();
    let crypto: &dyn RTCCrypto = rtc_crypto::RTCCryptoProvider::crypto(&provider);
    let scheme = match PrivateKeyInfo::from_der(&key).map(|it| it.algorithm.oid) {
        Ok(RSA) => SignatureScheme::RsaPkcs1Sha256,
        Ok(EC) => SignatureScheme::EcdsaP256Sha256,
        Ok(_) => SignatureScheme::Ed25519,
        Err(error) => return Err(SetupError::Key(error.to_string())),
    };
    let unsupported = match scheme {
        SignatureScheme::RsaPkcs1Sha256 => "an RSA key has 2048 to 4096 bits",
        SignatureScheme::EcdsaP256Sha256 => "an ECDSA key is on curve P-256",
        _ => "it is neither RSA nor ECDSA nor Ed25519",
    };
    crypto
        .import_signing_key(scheme, &key)
        .map_err(|_| SetupError::KeyKind(unsupported))
}

/// The key as PKCS#8, the only form the library reads. mbedTLS, and so Godot, writes the two older ones.
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
