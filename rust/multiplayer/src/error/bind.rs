//! What to do about a socket that could not be opened.

use std::io::{self, ErrorKind};

/// Ports below this one belong to administrators, on Unix.
const FIRST_FREE_PORT: u16 = 1024;

/// Appends the way out to the system's error, where one is known.
pub(super) fn hint(error: &io::Error, port: u16) -> &'static str {
    hint_on(std::env::consts::OS, error.kind(), port)
}

fn hint_on(system: &str, kind: ErrorKind, port: u16) -> &'static str {
    match (kind, system) {
        (ErrorKind::AddrInUse, _) => {
            "; another program, or another peer of this one, uses the port: close it or take another port"
        }
        (ErrorKind::AddrNotAvailable, _) => {
            "; no interface of this machine has the address: use \"*\" or an address that \
             IP.get_local_addresses() lists"
        }
        (ErrorKind::PermissionDenied, "android") => {
            "; the app needs the permission INTERNET: enable it in the export preset for Android"
        }
        (ErrorKind::PermissionDenied, "windows") => {
            "; Windows keeps ranges of ports for itself, which \"netsh interface ipv4 show excludedportrange udp\" \
             lists: take another port"
        }
        (ErrorKind::PermissionDenied, _) if (1..FIRST_FREE_PORT).contains(&port) => {
            "; ports below 1024 need the rights of an administrator: take another port"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_way_out() {
        let denied = ErrorKind::PermissionDenied;
        for (system, kind, port, part) in [
            ("android", denied, 7777, "INTERNET"),
            ("windows", denied, 7777, "excludedportrange"),
            ("linux", denied, 80, "below 1024"),
            ("macos", ErrorKind::AddrInUse, 7777, "another program"),
            (
                "ios",
                ErrorKind::AddrNotAvailable,
                7777,
                "no interface of this machine",
            ),
        ] {
            let hint = hint_on(system, kind, port);
            assert!(hint.starts_with("; ") && hint.contains(part), "{hint}");
        }
        for (system, kind, port) in [
            ("linux", denied, 7777),
            ("linux", denied, 0),
            ("windows", ErrorKind::Other, 7777),
        ] {
            assert_eq!(hint_on(system, kind, port), "");
        }
    }
}
