//! Signing keys of curve P-384, which the DTLS library's provider does not read.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rtc_crypto::{
    CryptoAlgorithm, CryptoError, PublicKey, PublicKeyEncoding, SignatureScheme, SigningKey,
};

/// Signs with SHA-384, as TLS 1.2 clients expect of the curve.
pub struct P384Key {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl P384Key {
    /// Reads PKCS#8; `None` if it is no key of the curve.
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, der, &random).ok()?;
        Some(Self { pair, random })
    }
}

impl SigningKey for P384Key {
    fn supports(&self, scheme: SignatureScheme) -> bool {
        scheme == SignatureScheme::EcdsaP384Sha384
    }

    fn public_key(&self) -> PublicKey<'_> {
        PublicKey {
            encoding: PublicKeyEncoding::EcUncompressedPoint,
            bytes: self.pair.public_key().as_ref(),
        }
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if !self.supports(scheme) {
            let asked = CryptoAlgorithm::Signature(scheme);
            return Err(CryptoError::UnsupportedAlgorithm(asked));
        }
        let signature = self.pair.sign(&self.random, message);
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| CryptoError::RandomnessFailed)
    }
}
