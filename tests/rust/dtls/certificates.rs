//! Certificates for the tests, on curve P-256.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A private key and its certificate.
pub struct Pair {
    params: CertificateParams,
    certificate: Certificate,
    key: KeyPair,
}

/// The properties of a certificate to create.
#[derive(Clone)]
pub struct Kind {
    pub common_name: &'static str,
    pub names: Vec<SanType>,
    pub is_authority: bool,
    /// Validity in days from now.
    pub from: i64,
    pub until: i64,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            common_name: "game",
            names: Vec::new(),
            is_authority: false,
            from: -1,
            until: 10,
        }
    }
}

impl Kind {
    pub fn named(name: &'static str) -> Self {
        Self {
            common_name: name,
            ..Self::default()
        }
    }

    pub fn authority(name: &'static str) -> Self {
        Self {
            is_authority: true,
            ..Self::named(name)
        }
    }

    /// Adds an alternative name: a DNS name or an IP address.
    pub fn also(mut self, name: &str) -> Self {
        self.names.push(match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.try_into().expect("a name")),
        });
        self
    }

    pub fn valid(mut self, from: i64, until: i64) -> Self {
        (self.from, self.until) = (from, until);
        self
    }

    fn params(self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, self.common_name);
        params.subject_alt_names = self.names;
        if self.is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }
        params.not_before = day(self.from).into();
        params.not_after = day(self.until).into();
        params
    }

    pub fn signed_by_itself(self) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let params = self.params();
        let certificate = params.self_signed(&key).expect("a certificate");
        Pair {
            params,
            certificate,
            key,
        }
    }

    pub fn signed_by(self, authority: &Pair) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let params = self.params();
        let issuer = Issuer::from_params(&authority.params, &authority.key);
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        Pair {
            params,
            certificate,
            key,
        }
    }
}

fn day(days: i64) -> SystemTime {
    let distance = DAY * u32::try_from(days.unsigned_abs()).expect("some days");
    match days < 0 {
        true => SystemTime::now() - distance,
        false => SystemTime::now() + distance,
    }
}

impl Pair {
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}
