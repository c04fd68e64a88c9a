//! The certificates a client accepts, and its reasons for rejecting the others.

use enet_dtls::{CertificateError, HandshakeError, Identity, SetupError, Trust, Verification};
use sim::World;

use super::certificates::{Kind, Pair};
use super::{failed, host, is_connected, is_disconnected, serve_until};

/// The reason a client gives for rejecting a server; `None` if it connects.
fn outcome(server: &Identity, client: Verification) -> Option<CertificateError> {
    let mut world = World::new(50);
    let now = world.now();
    let accepting = host(&mut world, 4);
    let dtls = enet_dtls::Dtls::server(server, now).expect("a server");
    let done = accepting.borrow_mut().encrypt(dtls, now);
    done.expect("encrypted");
    let connecting = super::client(&mut world, &accepting, client);
    let events = serve_until(&mut world, &[&accepting, &connecting], 5, |events| {
        is_connected(1)(events) || is_disconnected(1)(events)
    });
    if is_connected(1)(&events) {
        return None;
    }
    assert!(is_disconnected(1)(&events), "the client ends at once");
    match failed(&world, &connecting).expect("a reason").reason {
        HandshakeError::Certificate(problem) => Some(problem),
        other => panic!("{other}"),
    }
}

fn server(pair: &Pair, chain: &[&Pair]) -> Identity {
    let mut pem = pair.pem();
    for authority in chain {
        pem.push_str(&authority.pem());
    }
    Identity::from_pem(&pair.key_pem(), &pem).expect("an identity")
}

fn client(trusted: &[&Pair], name: &str) -> Verification {
    let pem: String = trusted.iter().map(|pair| pair.pem()).collect();
    Verification {
        trust: Some(Trust::certificates(&pem).expect("readable")),
        name: Some(name.to_owned()),
    }
}

const UNTRUSTED: CertificateError = CertificateError::Untrusted("the trusted certificate");

fn wrong_name(names: &str, wanted: &str) -> Option<CertificateError> {
    Some(CertificateError::NameMismatch {
        names: names.to_owned(),
        wanted: wanted.to_owned(),
    })
}

#[test]
fn certificates_signed_by_a_trusted_authority_are_accepted() {
    let authority = Kind::authority("an authority").signed_by_itself();
    let other = Kind::authority("another").signed_by_itself();
    // Another authority of the same name is not trusted either.
    let namesake = Kind::authority("an authority").signed_by_itself();
    let good = Kind::named("game")
        .also("game.example")
        .signed_by(&authority);
    let served = server(&good, &[]);
    assert_eq!(
        outcome(&served, client(&[&authority], "game.example")),
        None
    );
    assert_eq!(
        outcome(&served, client(&[&other, &authority], "game.example")),
        None
    );
    assert_eq!(
        outcome(&served, client(&[&other], "game.example")),
        Some(UNTRUSTED)
    );
    assert_eq!(
        outcome(&served, client(&[&namesake], "game.example")),
        Some(UNTRUSTED)
    );
    // The common name does not count if there are alternative names.
    assert_eq!(
        outcome(&served, client(&[&authority], "game")),
        wrong_name("game.example", "game")
    );
    // An authority's certificate in the server's chain does not make it trusted.
    let served = server(&good, &[&authority]);
    assert_eq!(
        outcome(&served, client(&[&other], "game.example")),
        Some(UNTRUSTED)
    );
}

#[test]
fn certificate_chains_must_be_complete_and_of_authorities() {
    let root = Kind::authority("root").signed_by_itself();
    let middle = Kind::authority("middle").signed_by(&root);
    let game = Kind::named("game").signed_by(&middle);
    let complete = server(&game, &[&middle]);
    assert_eq!(outcome(&complete, client(&[&root], "game")), None);
    assert_eq!(
        outcome(&server(&game, &[&middle, &root]), client(&[&root], "game")),
        None
    );
    assert_eq!(outcome(&complete, client(&[&middle], "game")), None);
    // The intermediate certificate is missing.
    assert_eq!(
        outcome(&server(&game, &[]), client(&[&root], "game")),
        Some(UNTRUSTED)
    );
    // A certificate that is no authority cannot sign others.
    let impostor = Kind::named("impostor").signed_by(&root);
    let game = Kind::named("game").signed_by(&impostor);
    let result = outcome(&server(&game, &[&impostor]), client(&[&root], "game"));
    let text = result.expect("refused").to_string();
    assert!(
        text.ends_with("one of its signers is no authority"),
        "{text}"
    );
    let expired = Kind::authority("middle").valid(-20, -10).signed_by(&root);
    let game = Kind::named("game").signed_by(&expired);
    let result = outcome(&server(&game, &[&expired]), client(&[&root], "game"));
    let text = result.expect("refused").to_string();
    assert!(text.contains("authorities expired"), "{text}");
}

#[test]
fn expired_and_future_certificates_are_rejected() {
    let authority = Kind::authority("an authority").signed_by_itself();
    for signed in [true, false] {
        let sign = |kind: Kind| match signed {
            true => kind.signed_by(&authority),
            false => kind.signed_by_itself(),
        };
        let over = sign(Kind::named("game").valid(-20, -10));
        let trusted = if signed { &authority } else { &over };
        let text = outcome(&server(&over, &[]), client(&[trusted], "game"));
        let text = text.expect("refused").to_string();
        assert!(text.starts_with("the certificate expired on 20"), "{text}");
        let early = sign(Kind::named("game").valid(10, 20));
        let trusted = if signed { &authority } else { &early };
        let text = outcome(&server(&early, &[]), client(&[trusted], "game"));
        let text = text.expect("refused").to_string();
        assert!(
            text.starts_with("the certificate is not valid before 20"),
            "{text}"
        );
    }
}

#[test]
fn self_signed_certificates_must_be_trusted_themselves() {
    for kind in [Kind::named("game"), Kind::authority("game")] {
        let own = kind.clone().signed_by_itself();
        let other = kind.signed_by_itself();
        let served = server(&own, &[]);
        assert_eq!(outcome(&served, client(&[&own], "game")), None);
        assert_eq!(outcome(&served, client(&[&own], "GAME")), None);
        assert_eq!(
            outcome(&served, client(&[&own], "other")),
            wrong_name("game", "other")
        );
        assert_eq!(
            outcome(&served, client(&[&own], "")),
            wrong_name("game", "")
        );
        let result = outcome(&served, client(&[&other], "game"));
        assert_eq!(result, Some(UNTRUSTED), "a certificate of the same name");
    }
}

/// A trusted server certificate vouches for that server only.
#[test]
fn only_authorities_sign_others() {
    for (kind, expected) in [
        (Kind::named("game"), Some(UNTRUSTED)),
        (Kind::authority("game"), None),
    ] {
        let trusted = kind.signed_by_itself();
        let signed = Kind::named("game").signed_by(&trusted);
        let result = outcome(&server(&signed, &[]), client(&[&trusted], "game"));
        assert_eq!(result, expected);
    }
}

/// A log line has room for fewer names than a certificate.
#[test]
fn a_long_list_of_names_is_abbreviated() {
    let many = (0..500).fold(Kind::named("game"), |kind, number| {
        kind.also(&format!("{number}.example.com"))
    });
    let own = many.signed_by_itself();
    let names =
        "0.example.com, 1.example.com, 2.example.com, 3.example.com, 4.example.com and 495 more";
    assert_eq!(
        outcome(&server(&own, &[]), client(&[&own], "other")),
        wrong_name(names, "other")
    );
}

#[test]
fn the_name_must_match_the_certificate() {
    let wildcard = Kind::named("*.example.com").signed_by_itself();
    let listed = Kind::named("ignored")
        .also("*.example.com")
        .also("10.1.2.3")
        .also("fd00::1")
        .signed_by_itself();
    let common = Kind::named("fd00::1").signed_by_itself();
    let names = "*.example.com, 10.1.2.3, fd00::1";
    for (pair, name, expected) in [
        (&wildcard, "a.example.com", None),
        (
            &wildcard,
            "example.com",
            wrong_name("*.example.com", "example.com"),
        ),
        (
            &wildcard,
            "a.b.example.com",
            wrong_name("*.example.com", "a.b.example.com"),
        ),
        (&listed, "a.example.com", None),
        (&listed, "A.Example.COM", None),
        (
            &listed,
            "a.b.example.com",
            wrong_name(names, "a.b.example.com"),
        ),
        (&listed, "10.1.2.3", None),
        (&listed, "fd00::1", None),
        (&listed, "fd00:0::1", None),
        (&listed, "fd00:0:0:0:0:0:0:1", None),
        (&common, "fd00:0:0:0:0:0:0:1", None),
        (&common, "fd00::2", wrong_name("fd00::1", "fd00::2")),
        (&listed, "10.1.2.4", wrong_name(names, "10.1.2.4")),
        (&listed, "ignored", wrong_name(names, "ignored")),
        (
            &listed,
            "no name at all",
            wrong_name(names, "no name at all"),
        ),
    ] {
        let result = outcome(&server(pair, &[]), client(&[pair], name));
        assert_eq!(result, expected, "{name}");
    }
    // Godot's own example uses a name with spaces like this for a person's computer.
    let spaced = Kind::named("my own game").signed_by_itself();
    assert_eq!(
        outcome(&server(&spaced, &[]), client(&[&spaced], "my own game")),
        None
    );
    // A star does not match a whole top-level domain, nor a part of an IP address.
    let top = Kind::named("*.com").signed_by_itself();
    assert!(outcome(&server(&top, &[]), client(&[&top], "example.com")).is_some());
    let numbers = Kind::named("*.0.0.1").signed_by_itself();
    assert!(outcome(&server(&numbers, &[]), client(&[&numbers], "127.0.0.1")).is_some());
}

#[test]
fn unsafe_clients_check_only_what_they_are_told_to() {
    let own = Kind::named("game").valid(-20, -10).signed_by_itself();
    let anybody = Verification {
        trust: None,
        name: None,
    };
    assert_eq!(outcome(&server(&own, &[]), anybody), None);
    // A client with an authority but no name checks the signature alone.
    let authority = Kind::authority("an authority").signed_by_itself();
    let good = Kind::named("game").signed_by(&authority);
    let any_name = |trusted: &[&Pair]| Verification {
        name: None,
        ..client(trusted, "")
    };
    assert_eq!(outcome(&server(&good, &[]), any_name(&[&authority])), None);
    assert_eq!(
        outcome(&server(&good, &[]), any_name(&[&own])),
        Some(UNTRUSTED)
    );
}

/// The system's authorities have not signed our certificate.
#[test]
fn the_systems_authorities_do_not_accept_our_certificate() {
    let own = Kind::named("game").signed_by_itself();
    let verification = Verification {
        trust: Some(Trust::system().expect("some")),
        name: Some("game".to_owned()),
    };
    let text = outcome(&server(&own, &[]), verification)
        .expect("refused")
        .to_string();
    assert_eq!(
        text,
        "the certificate is not signed by any authority that this system trusts"
    );
}

#[test]
fn unreadable_keys_and_certificates_are_reported() {
    let own = Kind::named("game").signed_by_itself();
    let other = Kind::named("game").signed_by_itself();
    let identity = |key: &str, certificate: &str| {
        Identity::from_pem(key, certificate).expect_err("no identity")
    };
    assert!(matches!(identity("", &own.pem()), SetupError::Key(_)));
    assert!(matches!(
        identity(&own.key_pem(), ""),
        SetupError::Certificate(_)
    ));
    assert!(matches!(
        identity(&own.key_pem(), &own.key_pem()),
        SetupError::Certificate(_)
    ));
    assert_eq!(
        identity(&other.key_pem(), &own.pem()),
        SetupError::KeyMismatch
    );
    let cut = &own.pem()[..200];
    assert!(matches!(
        identity(&own.key_pem(), cut),
        SetupError::Certificate(_)
    ));
    let trusted = Trust::certificates("nothing").expect_err("no certificate");
    assert!(matches!(trusted, SetupError::TrustedCertificate(_)));
}
