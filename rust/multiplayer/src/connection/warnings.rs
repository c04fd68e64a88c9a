//! Lines of the log that remotes can cause: about datagrams and handshakes that do not fit the settings of this side,
//! about peers that were dropped, and about packets that a peer cannot be sent.

use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;

use super::Connection;
use super::members::Member;
use crate::{LeftOut, LineLimit, PacketError};
#[cfg(feature = "dtls")]
use enet_dtls::FailedHandshake;
use enet_net::Host;
use enet_proto::{Limit, PeerId, Refusal, Time};

/// Datagrams that were compressed, but not with the codec of this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndecodedWarning {
    /// Name of this side's compression mode.
    pub mode: &'static str,
    /// Number of such datagrams since the last warning.
    pub count: u64,
}

impl Display for UndecodedWarning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { mode, count } = self;
        let (dropped, they_are, they) = match count {
            1 => ("datagram was dropped", "it is", "it"),
            _ => ("datagrams were dropped", "they are", "they"),
        };
        write!(f, "{count} ")?;
        match *mode {
            "COMPRESS_NONE" => write!(
                f,
                "{dropped}: {they_are} compressed, and no mode is set on this side"
            ),
            _ => write!(
                f,
                "{dropped}: {they} cannot be decoded with {mode}, the mode of this side; the other side \
                 must have the same mode, and dictionary if there is one"
            ),
        }
    }
}

/// Clients that do not encrypt, at a server that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnencryptedWarning {
    /// Sender of the last request to connect.
    pub address: SocketAddr,
    /// Number of such requests since the last warning.
    pub count: u64,
}

impl Display for UnencryptedWarning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { address, count } = self;
        let (requests, last) = match count {
            1 => ("request to connect was refused", ""),
            _ => ("requests to connect were refused", "the last one "),
        };
        write!(
            f,
            "{count} {requests} ({last}from {}): this server is encrypted, and the client is not; the client must call \
             dtls_client_setup of its host, or set use_dtls",
            crate::address::endpoint(*address)
        )
    }
}

/// The error of a client that does not encrypt, and was refused by a server that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the server is encrypted, and refused this client, which is not (REASON_NOT_ENCRYPTED); call dtls_client_setup of \
     the host right after it is created, or set use_dtls before"
)]
pub struct ServerIsEncrypted;

/// A peer that the host dropped because of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverLimitWarning {
    /// The id with which a session knows the peer.
    pub id: Option<u32>,
    /// The peer's address, if it connected to this side.
    pub address: Option<SocketAddr>,
    /// The limit.
    pub limit: Limit,
    /// Other peers that were dropped since the last warning.
    pub left_out: LeftOut,
}

impl Display for OverLimitWarning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "peer {id}")?,
            None => f.write_str("a peer")?,
        }
        if let Some(address) = self.address {
            write!(f, " ({})", crate::address::endpoint(address))?;
        }
        let left_out = self.left_out;
        write!(f, " was dropped: {}{left_out}", reason(self.limit))
    }
}

fn reason(limit: Limit) -> &'static str {
    match limit {
        Limit::Flood => {
            "it sent more than max_bytes_per_second or max_packets_per_second of the limits (REASON_FLOOD)"
        }
        Limit::Unread => {
            "more of its packets waited to be read than max_unread_bytes or max_unread_packets of the \
             limits (REASON_UNREAD)"
        }
        Limit::Unsent => {
            "more packets waited to be sent to it than max_unsent_bytes of the limits (REASON_UNSENT)"
        }
        Limit::Undecodable => {
            "it sent more undecodable datagrams than max_undecodable_datagrams of the limits \
             (REASON_UNDECODABLE)"
        }
        Limit::Banned => "its address was banned (REASON_BANNED)",
    }
}

/// A socket that stopped working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketWarning {
    /// Another one was opened.
    Reopened {
        /// The error of the socket.
        error: String,
        /// The local port.
        port: u16,
        /// How often since the last warning.
        count: u64,
    },
    /// No other could be opened, and the connections were given up.
    Lost {
        /// Why.
        error: String,
        /// The local port.
        port: u16,
    },
}

impl SocketWarning {
    /// Whether the connections ended.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }
}

impl Display for SocketWarning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reopened { error, port, count } => {
                write!(
                    f,
                    "the system ended the socket of UDP port {port} ({error}), as it does when it suspends an app; another \
                     one was opened at the same port, and the connections go on"
                )?;
                match count {
                    1 => Ok(()),
                    _ => write!(f, " ({count} times)"),
                }
            }
            Self::Lost { error, port } => write!(
                f,
                "the socket of UDP port {port} stopped working, and no other can be opened: {error}. All connections of \
                 this host ended (REASON_SOCKET_LOST). The host goes on trying; close it and create it again for another \
                 port"
            ),
        }
    }
}

/// An encrypted session that failed.
#[cfg(feature = "dtls")]
#[derive(Debug)]
pub struct FailedWarning {
    /// The session.
    pub failed: FailedHandshake,
    /// Other sessions of remotes that failed since the last warning.
    pub left_out: LeftOut,
}

/// When a host's warnings were given.
#[derive(Default)]
pub(super) struct Warned {
    undecoded: Counted,
    unencrypted: Counted,
    reopened: Counted,
    lost: Counted,
    /// An encrypted server refused this side, and the error was not taken.
    server_is_encrypted: bool,
    /// Of a remote's handshake that failed.
    #[cfg(feature = "dtls")]
    failed: LineLimit,
    over_limit: LineLimit,
    /// A warning that is due.
    dropped: Option<OverLimitWarning>,
    /// Of packets for a peer that lacks the channel, or cannot take more.
    no_channel: LineLimit,
    full: LineLimit,
}

/// Warnings of things that the host counts.
#[derive(Default)]
struct Counted {
    lines: LineLimit,
    /// The host's count at the last warning.
    known: u64,
}

impl Counted {
    /// How many of `total` to warn of now, if a warning is due.
    fn pass(&mut self, now: Time, total: u64) -> Option<u64> {
        if total == self.known || !self.lines.is_due(now) {
            return None;
        }
        self.lines.pass(now);
        Some(total - std::mem::replace(&mut self.known, total))
    }
}

impl Connection {
    /// Whether anything below, or a name or a capture, may have something to tell. Callers ask for the rest only then.
    pub(crate) fn has_reports(&self) -> bool {
        self.host.as_ref().is_some_and(Host::has_trouble)
            || self.warned.dropped.is_some()
            || self.names.has_failed()
            || self.captures.has_report()
    }

    /// A warning, if the host has received datagrams that it cannot decode. There are 10 seconds between
    /// two warnings.
    pub fn undecoded(&mut self, now: Time) -> Option<UndecodedWarning> {
        let host = self.host.as_mut().filter(|host| host.has_trouble())?;
        let count = self.warned.undecoded.pass(now, host.undecoded())?;
        Some(UndecodedWarning {
            mode: host.compression().name(),
            count,
        })
    }

    /// A warning, if an encrypted host has refused clients that do not encrypt. There are 10 seconds between two
    /// warnings.
    pub fn unencrypted(&mut self, now: Time) -> Option<UnencryptedWarning> {
        let host = self.host.as_mut().filter(|host| host.has_trouble())?;
        let (total, last) = host.unencrypted();
        let address = last?;
        let count = self.warned.unencrypted.pass(now, total)?;
        Some(UnencryptedWarning { address, count })
    }

    /// A warning, if the host's socket stopped working. There are 10 seconds between two of a kind.
    pub fn take_socket_warning(&mut self, now: Time) -> Option<SocketWarning> {
        let host = self.host.as_mut().filter(|host| host.has_trouble())?;
        let port = host.local_port();
        let trouble = host.socket_trouble();
        if self.warned.lost.pass(now, trouble.lost).is_some() {
            let error = trouble.cause.unwrap_or_default();
            return Some(SocketWarning::Lost { error, port });
        }
        let count = self.warned.reopened.pass(now, trouble.reopened)?;
        let error = trouble.death.unwrap_or_default();
        Some(SocketWarning::Reopened { error, port, count })
    }

    /// The error, if an encrypted server has refused this side since the last call.
    pub fn take_server_is_encrypted(&mut self) -> Option<ServerIsEncrypted> {
        std::mem::take(&mut self.warned.server_is_encrypted).then_some(ServerIsEncrypted)
    }

    /// Looks whether the connection that ends was refused by an encrypted server.
    pub(super) fn note_refusal(&mut self, peer: PeerId, data: u32) {
        let is_attempt = |member: &Member| member.is_outgoing && !member.is_up;
        if data == Refusal::NotEncrypted.code() && self.members.get(peer).is_some_and(is_attempt) {
            self.warned.server_is_encrypted = true;
        }
    }

    /// The next encrypted session that failed, oldest first. Of sessions that remotes began, there is at
    /// most one in 10 seconds; of those that this side began, none is left out.
    #[cfg(feature = "dtls")]
    pub fn next_failed(&mut self, now: Time) -> Option<FailedWarning> {
        loop {
            let host = self.host.as_mut().filter(|host| host.has_trouble())?;
            let failed = host.next_failed()?;
            let left_out = match failed.is_client {
                true => Some(LeftOut::default()),
                false => self.warned.failed.pass(now),
            };
            if let Some(left_out) = left_out {
                return Some(FailedWarning { failed, left_out });
            }
        }
    }

    /// A warning, if the host has dropped a peer because of a limit. There are 10 seconds between two warnings.
    pub fn take_over_limit(&mut self) -> Option<OverLimitWarning> {
        self.warned.dropped.take()
    }

    pub(super) fn note_over_limit(&mut self, now: Time, peer: PeerId, limit: Limit) {
        let Some(left_out) = self.warned.over_limit.pass(now) else {
            return;
        };
        let member = self.members.get(peer);
        let incoming = member.filter(|member| !member.is_outgoing && self.session.is_some());
        self.warned.dropped = Some(OverLimitWarning {
            id: incoming.map(|member| member.data),
            address: member.and_then(|member| member.address),
            limit,
            left_out,
        });
    }

    /// Whether the error of a packet for a peer is due to be printed, and what to append to it. An error that a
    /// remote can cause for each packet is due once in 10 seconds.
    pub fn print_due(&mut self, error: PacketError, now: Time) -> Option<LeftOut> {
        match error {
            PacketError::QueueFull => self.warned.full.pass(now),
            // The remote chose fewer channels than this side has.
            PacketError::Channel { channel, .. } | PacketError::NoSuchChannel { channel, .. }
                if usize::try_from(channel).is_ok_and(|it| it < self.channel_limit) =>
            {
                self.warned.no_channel.pass(now)
            }
            _ => Some(LeftOut::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_counts_what_came_since_the_last_one() {
        let mut counted = Counted::default();
        let start = Time::from_secs(5);
        assert_eq!(counted.pass(start, 0), None);
        assert_eq!(counted.pass(start, 3), Some(3));
        let too_early = start + Time::from_millis(9_999);
        assert_eq!(counted.pass(too_early, 7), None);
        let later = start + Time::from_secs(10);
        assert_eq!(counted.pass(later, 8), Some(5));
        assert_eq!(counted.pass(later * 3, 8), None);
    }

    #[test]
    fn a_socket_that_stopped_is_named_by_its_port_and_error() {
        let error = "Broken pipe".to_owned();
        let reopened = |count| SocketWarning::Reopened {
            error: error.clone(),
            port: 7777,
            count,
        };
        let once = reopened(1).to_string();
        assert!(
            once.contains("7777") && once.contains("(Broken pipe)"),
            "{once}"
        );
        assert!(once.ends_with("go on"), "{once}");
        assert!(reopened(3).to_string().ends_with("(3 times)"));
        let lost = SocketWarning::Lost {
            error: error.clone(),
            port: 7777,
        };
        assert!(lost.is_lost() && !reopened(1).is_lost());
        let lost = lost.to_string();
        assert!(
            lost.contains("7777") && lost.contains("REASON_SOCKET_LOST"),
            "{lost}"
        );
    }

    #[test]
    fn one_datagram_is_singular() {
        let warning = |mode, count| UndecodedWarning { mode, count }.to_string();
        let none = warning("COMPRESS_NONE", 1);
        assert!(
            none.starts_with("1 datagram was dropped: it is compressed"),
            "{none}"
        );
        let zstd = warning("COMPRESS_ZSTD", 2);
        assert!(
            zstd.starts_with("2 datagrams were dropped: they cannot"),
            "{zstd}"
        );
    }
}
