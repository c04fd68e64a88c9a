//! Certificates of every kind that a client has to judge, on keys of curve P-256 if not said otherwise.
//!
//! Each leaf is named after what is special about it. All but the obvious are issued for [`NAME`], which
//! nobody can own, by the authority `ca`, and are valid now.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, SanType, date_time_ymd,
};

/// Whom the certificates are for.
pub const NAME: &str = "game.example";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An authority, and the certificate that it shows.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// PEM.
    pub certificate: String,
}

impl Authority {
    /// One that signs itself.
    pub fn root(name: &str) -> Result<Self> {
        let key = KeyPair::generate()?;
        let params = authority(name);
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
        })
    }

    /// One below this one.
    pub fn intermediate(&self, params: CertificateParams) -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
        })
    }

    /// A server's certificate.
    pub fn issue(&self, params: &CertificateParams) -> Result<Leaf> {
        let key = KeyPair::generate()?;
        Ok(Leaf {
            certificate: params.signed_by(&key, &self.issuer)?.pem(),
            key: key.serialize_pem(),
        })
    }
}

/// A server's key and certificate, both PEM.
pub struct Leaf {
    /// PKCS#8.
    pub key: String,
    /// With all that are sent after it.
    pub certificate: String,
}

impl Leaf {
    /// One that signed itself.
    pub fn self_signed(params: &CertificateParams) -> Result<Self> {
        Self::signed_by(params, &KeyPair::generate()?)
    }

    /// One that signed itself with a key on curve P-384.
    pub fn of_p384(params: &CertificateParams) -> Result<Self> {
        Self::signed_by(params, &KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?)
    }

    fn signed_by(params: &CertificateParams, key: &KeyPair) -> Result<Self> {
        Ok(Self {
            certificate: params.self_signed(key)?.pem(),
            key: key.serialize_pem(),
        })
    }

    /// Sends that certificate too.
    pub fn followed_by(mut self, certificate: &str) -> Self {
        self.certificate += certificate;
        self
    }
}

/// The content of a certificate for these names, both common and alternative.
pub fn named(common_name: &str, alternatives: &[&str]) -> Result<CertificateParams> {
    let alternatives: Vec<String> = alternatives.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(alternatives)?;
    params.distinguished_name = DistinguishedName::new();
    if !common_name.is_empty() {
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
    }
    Ok(params)
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn in_years(mut params: CertificateParams, first: i32, last: i32) -> CertificateParams {
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    params
}

/// Writes all of them to a folder: `NAME.crt`, and for leaves `NAME.key`.
pub fn write_all(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let ca = Authority::root("Test Authority")?;
    let other_ca = Authority::root("Other Authority")?;
    // Only the signatures tell it from the real one.
    let impostor = Authority::root("Test Authority")?;
    let intermediate = ca.intermediate(authority("Test Department"))?;
    let expired_intermediate =
        ca.intermediate(in_years(authority("Old Department"), 2020, 2021))?;
    // A server that takes itself for an authority.
    let pretender = ca.intermediate(named(NAME, &[NAME])?)?;
    for (name, authority) in [
        ("ca", &ca),
        ("other_ca", &other_ca),
        ("intermediate", &intermediate),
    ] {
        fs::write(folder.join(format!("{name}.crt")), &authority.certificate)?;
    }
    let both = format!("{}{}", other_ca.certificate, ca.certificate);
    fs::write(folder.join("authorities.crt"), both)?;

    let good = named(NAME, &[NAME])?;
    let mut address = named("", &[])?;
    address.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    let mut for_clients = good.clone();
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let of_intermediate = intermediate.issue(&good)?;

    let leaves: [(&str, Leaf); 23] = [
        ("good", ca.issue(&good)?),
        (
            "other_name",
            ca.issue(&named("other.example", &["other.example"])?)?,
        ),
        ("expired", ca.issue(&in_years(good.clone(), 2020, 2021))?),
        (
            "not_yet_valid",
            ca.issue(&in_years(good.clone(), 2090, 2091))?,
        ),
        ("by_impostor", impostor.issue(&good)?),
        ("cn_only", ca.issue(&named(NAME, &[])?)?),
        ("san_only", ca.issue(&named("", &[NAME])?)?),
        // Where there are alternative names, the common one must not count.
        (
            "cn_but_other_san",
            ca.issue(&named(NAME, &["other.example"])?)?,
        ),
        (
            "two_names",
            ca.issue(&named("", &["other.example", NAME])?)?,
        ),
        ("address", ca.issue(&address)?),
        ("address_as_cn", ca.issue(&named("127.0.0.1", &[])?)?),
        ("wildcard", ca.issue(&named("", &["*.game.example"])?)?),
        ("wildcard_as_cn", ca.issue(&named("*.game.example", &[])?)?),
        ("for_clients", ca.issue(&for_clients)?),
        (
            "chain",
            intermediate
                .issue(&good)?
                .followed_by(&intermediate.certificate),
        ),
        ("chain_broken", of_intermediate),
        (
            "chain_expired",
            expired_intermediate
                .issue(&good)?
                .followed_by(&expired_intermediate.certificate),
        ),
        (
            "chain_of_pretender",
            pretender.issue(&good)?.followed_by(&pretender.certificate),
        ),
        ("self_signed", Leaf::self_signed(&good)?),
        (
            "self_signed_cn_only",
            Leaf::self_signed(&named(NAME, &[])?)?,
        ),
        (
            "self_signed_expired",
            Leaf::self_signed(&in_years(good.clone(), 2020, 2021))?,
        ),
        (
            "localhost",
            Leaf::self_signed(&named("localhost", &["localhost"])?)?,
        ),
        (
            "localhost_p384",
            Leaf::of_p384(&named("localhost", &["localhost"])?)?,
        ),
    ];
    for (name, leaf) in &leaves {
        write(folder, name, leaf)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, leaf: &Leaf) -> io::Result<()> {
    fs::write(folder.join(format!("{name}.crt")), &leaf.certificate)?;
    fs::write(folder.join(format!("{name}.key")), &leaf.key)
}
