//! The headers of IP and UDP that a datagram had on its way. A socket does not show them, so they are made from what is
//! known: addresses and sizes.

use std::net::{IpAddr, SocketAddr};

/// Size of the largest headers.
pub const MAX_SIZE: usize = IPV6 + UDP;

const IPV4: usize = 20;
const IPV6: usize = 40;
const UDP: usize = 8;
const PROTOCOL_UDP: u8 = 17;
const HOPS: u8 = 64;

/// Appends the headers and the payload, and returns the size of the headers. `size` is the whole size of the payload. If
/// not all of it is there, the checksum is left out.
pub fn packet(
    out: &mut Vec<u8>,
    from: SocketAddr,
    to: SocketAddr,
    payload: &[u8],
    size: usize,
) -> usize {
    let start = out.len();
    let length = (UDP + size).min(u16::MAX.into()) as u16;
    let (IpAddr::V4(source), IpAddr::V4(target)) = (from.ip(), to.ip()) else {
        let ipv6 = |ip| match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        out.extend([0x60, 0, 0, 0]);
        out.extend(length.to_be_bytes());
        out.extend([PROTOCOL_UDP, HOPS]);
        out.extend(ipv6(from.ip()).octets());
        out.extend(ipv6(to.ip()).octets());
        let addresses = start + 8..out.len();
        return udp(out, (from, to), length, addresses, payload, size) - start;
    };
    let total = (IPV4 + UDP + size).min(u16::MAX.into()) as u16;
    out.extend([0x45, 0]);
    out.extend(total.to_be_bytes());
    // No number, and not to be fragmented.
    out.extend([0, 0, 0x40, 0, HOPS, PROTOCOL_UDP, 0, 0]);
    out.extend(source.octets());
    out.extend(target.octets());
    let checksum = !folded(sum(&out[start..]));
    out[start + 10..start + 12].copy_from_slice(&checksum.to_be_bytes());
    let addresses = start + 12..out.len();
    udp(out, (from, to), length, addresses, payload, size) - start
}

/// Appends the header of UDP and the payload; returns where the payload begins.
fn udp(
    out: &mut Vec<u8>,
    (from, to): (SocketAddr, SocketAddr),
    length: u16,
    addresses: std::ops::Range<usize>,
    payload: &[u8],
    size: usize,
) -> usize {
    let header = out.len();
    out.extend(from.port().to_be_bytes());
    out.extend(to.port().to_be_bytes());
    out.extend(length.to_be_bytes());
    out.extend([0, 0]);
    let begin = out.len();
    out.extend_from_slice(payload);
    if payload.len() == size {
        let pseudo = u32::from(PROTOCOL_UDP) + u32::from(length);
        let sum = sum(&out[addresses]) + pseudo + sum(&out[header..]);
        // Zero would mean that there is no checksum.
        let checksum = match !folded(sum) {
            0 => u16::MAX,
            checksum => checksum,
        };
        out[header + 6..begin].copy_from_slice(&checksum.to_be_bytes());
    }
    begin
}

/// The sum of the words of 16 bits. A payload is far too small for it to overflow.
fn sum(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|word| {
        let low = word.get(1).copied().unwrap_or(0);
        u32::from(u16::from_be_bytes([word[0], low]))
    });
    words.sum()
}

fn folded(mut sum: u32) -> u16 {
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn checksums_are_those_of_the_standards() {
        for (from, to) in [
            ("10.0.0.1:7000", "192.168.7.3:40001"),
            ("[2001:db8::1]:7000", "[fe80::2]:40001"),
        ] {
            for payload in [&b""[..], b"a", b"ab", b"abc"] {
                let mut out = vec![9];
                let (from, to) = (address(from), address(to));
                let headers = packet(&mut out, from, to, payload, payload.len());
                let whole = &out[1..];
                assert_eq!(&whole[headers..], payload);
                let ip = headers - UDP;
                let addresses = if ip == IPV4 { 12 } else { 8 };
                if ip == IPV4 {
                    assert_eq!(folded(sum(&whole[..IPV4])), 0xFFFF);
                }
                let length = whole.len() - ip;
                let total = sum(&whole[addresses..ip]) + 17 + length as u32 + sum(&whole[ip..]);
                assert_eq!(folded(total), 0xFFFF, "{payload:?}");
                assert!(headers <= MAX_SIZE);
            }
        }
    }

    #[test]
    fn sizes_are_those_of_the_whole_payload() {
        let mut out = Vec::new();
        let (from, to) = (address("127.0.0.1:1"), address("127.0.0.1:2"));
        let headers = packet(&mut out, from, to, b"abc", 100);
        assert_eq!(out.len(), headers + 3);
        assert_eq!(out[2..4], 128_u16.to_be_bytes());
        assert_eq!(out[24..26], 108_u16.to_be_bytes());
        assert_eq!(out[26..28], [0, 0], "no checksum of what is not there");
        // Too large for the fields.
        packet(&mut out, from, to, b"abc", 1 << 20);
    }
}
