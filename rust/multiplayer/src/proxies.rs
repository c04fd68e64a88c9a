//! Proxies that are measured before a client connects: how scripts name them, and which one is the best.

use std::net::Ipv6Addr;
use std::time::Duration;

use enet_net::{PingPlan, PingResult};

use crate::MeasureError;
use crate::config::remote_port;
use crate::entropy::random_bytes;

/// The port of Quilkin's QCMP.
pub const QCMP_PORT: u16 = 7600;
/// Most proxies of a measurement.
pub const MAX_PROXIES: usize = 64;
const MAX_PINGS: i64 = 20;
const MIN_TIMEOUT: f64 = 0.05;
const MAX_TIMEOUT: f64 = 10.0;

/// A plan from a script's arguments: proxies as `host`, `host:port`, an IPv6 address, or one in brackets with a port.
pub fn plan(proxies: &[String], pings: i64, timeout: f64) -> Result<PingPlan, MeasureError> {
    if !(1..=MAX_PROXIES).contains(&proxies.len()) {
        return Err(MeasureError::Count(proxies.len()));
    }
    if !(1..=MAX_PINGS).contains(&pings) {
        return Err(MeasureError::Pings(pings));
    }
    if !(MIN_TIMEOUT..=MAX_TIMEOUT).contains(&timeout) {
        return Err(MeasureError::Timeout(timeout));
    }
    let targets = proxies.iter().map(|text| {
        let target = target(text.trim());
        target.ok_or_else(|| MeasureError::NotAProxy(text.clone()))
    });
    Ok(PingPlan {
        targets: targets.collect::<Result<_, _>>()?,
        pings: pings as u32,
        timeout: Duration::from_secs_f64(timeout),
        random: || u64::from_ne_bytes(random_bytes()),
    })
}

fn target(text: &str) -> Option<(String, u16)> {
    let of = |host: &str, port: u16| (!host.is_empty()).then(|| (host.to_owned(), port));
    let port = |text: &str| remote_port(text.parse().ok()?);
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(number) => of(host, port(number)?),
            None => of(host, QCMP_PORT).filter(|_| rest.is_empty()),
        };
    }
    let (ip, _) = text.split_once('%').unwrap_or((text, ""));
    match text.split_once(':') {
        None => of(text, QCMP_PORT),
        Some(_) if ip.parse::<Ipv6Addr>().is_ok() => of(text, QCMP_PORT),
        Some((host, number)) => of(host, port(number)?),
    }
}

/// The number of the proxy with the shortest median round trip, among those that answered at least half of their pings, or
/// else among all that answered. The first of several.
pub fn best(results: &[PingResult]) -> Option<usize> {
    let reliable = |result: &PingResult| 2 * result.answers >= result.pings;
    let answered = results.iter().enumerate();
    answered
        .filter_map(|(number, result)| Some((!reliable(result), result.round_trip?, number)))
        .min()
        .map(|(.., number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_names_or_addresses_with_a_port_or_without() {
        for (text, expected) in [
            ("proxy.example", Some(("proxy.example", 7600))),
            ("proxy.example:7601", Some(("proxy.example", 7601))),
            ("10.0.0.1:1", Some(("10.0.0.1", 1))),
            ("fe80::1", Some(("fe80::1", 7600))),
            ("fe80::1%3", Some(("fe80::1%3", 7600))),
            ("[::1]", Some(("::1", 7600))),
            ("[::1]:65535", Some(("::1", 65535))),
            ("", None),
            (":7600", None),
            ("a:", None),
            ("a:0", None),
            ("a:65536", None),
            ("a:b:c", None),
            ("a:-1", None),
            ("[::1", None),
            ("[::1]7600", None),
            ("[]:7600", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(target(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_checked() {
        let proxies = |count: usize| vec!["a".to_owned(); count];
        for (count, pings, timeout, fits) in [
            (1, 1, 0.05, true),
            (64, 20, 10.0, true),
            (0, 5, 1.0, false),
            (65, 5, 1.0, false),
            (1, 0, 1.0, false),
            (1, 21, 1.0, false),
            (1, 5, 0.0, false),
            (1, 5, f64::NAN, false),
            (1, 5, 10.1, false),
        ] {
            assert_eq!(plan(&proxies(count), pings, timeout).is_ok(), fits);
        }
        let wrong = plan(&["a:b".to_owned()], 5, 1.0);
        assert!(matches!(wrong, Err(MeasureError::NotAProxy(text)) if text == "a:b"));
    }

    #[test]
    fn the_best_is_near_and_answers() {
        let of = |millis: Option<u64>, answers| PingResult {
            round_trip: millis.map(Duration::from_millis),
            pings: 4,
            answers,
            ..PingResult::default()
        };
        assert_eq!(best(&[]), None);
        assert_eq!(best(&[of(None, 0)]), None);
        assert_eq!(best(&[of(None, 0), of(Some(9), 1)]), Some(1));
        assert_eq!(
            best(&[of(Some(9), 4), of(Some(8), 2), of(Some(8), 4)]),
            Some(1)
        );
        assert_eq!(best(&[of(Some(9), 4), of(Some(1), 1)]), Some(0));
    }
}
