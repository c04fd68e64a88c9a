//! What the errors of sockets mean, on each system.

use std::io::{self, ErrorKind};

/// Numbers of errors after which a socket never works again. None of them follows from anything that a remote or the
/// network does. A remote that could choose one could have sockets closed.
///
/// | error | when |
/// |---|---|
/// | EBADF, ENOTSOCK | other code of the process closed the descriptor |
/// | ENOTCONN, EPIPE, ESHUTDOWN | iOS took the socket of a suspended app, or it was shut down |
/// | ECONNABORTED | Linux ended it (SOCK_DESTROY), as Android does where an app loses a network; a port that the system chose is gone |
#[cfg(unix)]
const DEAD: [i32; 6] = {
    use nix::errno::Errno;
    [
        Errno::EBADF as i32,
        Errno::ENOTSOCK as i32,
        Errno::ENOTCONN as i32,
        Errno::EPIPE as i32,
        Errno::ESHUTDOWN as i32,
        Errno::ECONNABORTED as i32,
    ]
};
/// The same for Windows, as WSAEBADF, WSAENOTSOCK, WSAENOTCONN, WSAESHUTDOWN, WSAECONNABORTED.
#[cfg(windows)]
const DEAD: [i32; 5] = [10009, 10038, 10057, 10058, 10053];
#[cfg(not(any(unix, windows)))]
const DEAD: [i32; 0] = [];

/// Of [`DEAD`], those that say that the descriptor is closed, or another file's by now.
#[cfg(unix)]
const FOREIGN: [i32; 2] = {
    use nix::errno::Errno;
    [Errno::EBADF as i32, Errno::ENOTSOCK as i32]
};
#[cfg(windows)]
const FOREIGN: [i32; 2] = [10009, 10038];
#[cfg(not(any(unix, windows)))]
const FOREIGN: [i32; 0] = [];

/// WSAEINTR and WSAENETRESET, which have no kind of their own. The second says that the lifetime of an earlier datagram
/// ended on its way.
#[cfg(windows)]
const REPORTS: [i32; 2] = [10004, 10052];
#[cfg(not(windows))]
const REPORTS: [i32; 0] = [];

#[cfg(windows)]
const OVERSIZED: Option<i32> = Some(10040);
#[cfg(not(windows))]
const OVERSIZED: Option<i32> = None;

/// Whether the socket never works again.
pub fn is_dead(error: &io::Error) -> bool {
    is_in(error, &DEAD)
}

/// Whether the descriptor does not belong to the socket any more, so that it must not be closed.
pub fn is_foreign(error: &io::Error) -> bool {
    is_in(error, &FOREIGN)
}

/// Whether an error of a call that receives reports the fate of an earlier datagram, as Windows does after an ICMP
/// message. The socket itself is fine.
pub fn is_report(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::Interrupted
    ) || is_in(error, &REPORTS)
}

/// Whether an error says that a datagram was larger than the buffer. Windows reports that; other systems
/// cut the datagram.
pub fn is_oversized(error: &io::Error) -> bool {
    OVERSIZED.is_some() && error.raw_os_error() == OVERSIZED
}

fn is_in(error: &io::Error, numbers: &[i32]) -> bool {
    error
        .raw_os_error()
        .is_some_and(|number| numbers.contains(&number))
}

/// The same error again.
pub fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => error.kind().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors that datagrams of remotes, ICMP messages, routes and full buffers cause.
    #[cfg(unix)]
    const OF_THE_NETWORK: [i32; 14] = {
        use nix::errno::Errno;
        [
            Errno::EACCES as i32,
            Errno::EAGAIN as i32,
            Errno::ECONNREFUSED as i32,
            Errno::ECONNRESET as i32,
            Errno::EHOSTDOWN as i32,
            Errno::EHOSTUNREACH as i32,
            Errno::EINTR as i32,
            Errno::EMSGSIZE as i32,
            Errno::ENETDOWN as i32,
            Errno::ENETUNREACH as i32,
            Errno::ENOBUFS as i32,
            Errno::EPERM as i32,
            Errno::EPROTO as i32,
            Errno::ETIMEDOUT as i32,
        ]
    };
    /// WSAEINTR, WSAEACCES, WSAEWOULDBLOCK, WSAEMSGSIZE, WSAEADDRNOTAVAIL, WSAENETDOWN, WSAENETUNREACH, WSAENETRESET,
    /// WSAECONNRESET, WSAENOBUFS, WSAETIMEDOUT, WSAECONNREFUSED, WSAEHOSTDOWN, WSAEHOSTUNREACH.
    #[cfg(windows)]
    const OF_THE_NETWORK: [i32; 14] = [
        10004, 10013, 10035, 10040, 10049, 10050, 10051, 10052, 10054, 10055, 10060, 10061, 10064,
        10065,
    ];

    #[test]
    fn nothing_that_the_network_does_counts_as_the_death_of_a_socket() {
        for number in OF_THE_NETWORK {
            let error = io::Error::from_raw_os_error(number);
            assert!(!is_dead(&error) && !is_foreign(&error), "{error}");
        }
        // Errors that were made without a number of the system.
        assert!(!is_dead(&ErrorKind::NotConnected.into()));
    }

    #[test]
    fn errors_are_told_apart() {
        for number in DEAD {
            let error = io::Error::from_raw_os_error(number);
            assert!(is_dead(&error), "{error}");
            assert!(!is_report(&error) && !is_oversized(&error), "{error}");
            assert!(is_dead(&copy(&error)));
        }
        for number in FOREIGN {
            assert!(is_dead(&io::Error::from_raw_os_error(number)));
        }
        for number in REPORTS {
            assert!(is_report(&io::Error::from_raw_os_error(number)));
        }
        let unreachable = io::Error::from(ErrorKind::NetworkUnreachable);
        assert!(is_report(&unreachable));
        assert_eq!(copy(&unreachable).kind(), ErrorKind::NetworkUnreachable);
        if cfg!(windows) {
            assert!(is_oversized(&io::Error::from_raw_os_error(10040)));
        }
    }
}
