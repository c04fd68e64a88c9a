//! IP addresses as text, in Godot's form: scripts compare them with those that `IP` and other classes give.

use std::net::{IpAddr, SocketAddr};

/// The address as Godot writes it: IPv6 in eight groups without `::`, like `0:0:0:0:0:0:0:1`. IPv4 in IPv6 is written
/// as IPv4. A scope is left out, as Godot has none.
pub fn text(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let groups = address.segments().map(|group| format!("{group:x}"));
            groups.join(":")
        }
    }
}

/// The address with its port, for messages.
pub fn endpoint(address: SocketAddr) -> String {
    let (ip, port) = (text(address.ip()), address.port());
    match ip.contains(':') {
        true => format!("[{ip}]:{port}"),
        false => format!("{ip}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_godots_form_and_are_read_in_it() {
        for (address, expected) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::", "0:0:0:0:0:0:0:0"),
            ("::1", "0:0:0:0:0:0:0:1"),
            ("::ffff:10.0.0.7", "10.0.0.7"),
            ("2001:0DB8::00a0:ffff:0:3", "2001:db8:0:0:a0:ffff:0:3"),
            ("fe80::1", "fe80:0:0:0:0:0:0:1"),
        ] {
            let address: IpAddr = address.parse().expect(address);
            assert_eq!(text(address), expected);
            assert_eq!(expected.parse(), Ok(address.to_canonical()));
        }
    }

    #[test]
    fn a_port_stands_behind_brackets_where_colons_do() {
        assert_eq!(endpoint(([10, 0, 0, 7], 9).into()), "10.0.0.7:9");
        let linked = "[fe80::1%3]:9".parse().expect("an address");
        assert_eq!(endpoint(linked), "[fe80:0:0:0:0:0:0:1]:9");
    }
}
