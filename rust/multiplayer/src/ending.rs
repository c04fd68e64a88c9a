//! Why connections end: this side's judgement, and what was said.

use enet_proto::{Cause, Limit, Refusal};

/// How a connection ended, or an attempt to connect failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    /// This side's judgement.
    pub reason: Reason,
    /// ENet's 32 bits, as the remote gave them, or else as this side did. A remote chooses them freely.
    pub data: u32,
}

/// Defines the reasons with their numbers and texts.
macro_rules! reasons {
    ($($(#[$help:meta])* $name:ident = $number:expr, $text:literal;)*) => {
        /// Why a connection ended, or an attempt to connect failed. A reason that travels as ENet's disconnect data has the
        /// number of that data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[repr(u32)]
        pub enum Reason {
            $($(#[$help])* $name = $number,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// A sentence for players and logs, without a full stop.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    /// The connection has not ended, or the reason is not known.
    #[default]
    None = 0, "no reason is known";
    /// The remote ended the connection.
    Remote = 1, "the other side closed the connection";
    /// The remote, to which this side had connected, ended the connection with a number of the game's.
    Kicked = 2, "the server ended the connection";
    /// This side ended the connection.
    Local = 3, "this side closed the connection";
    /// The remote does not answer.
    Timeout = 4, "the other side does not answer";
    /// The remote does not answer any more after this side's host was not serviced for long.
    Stalled = 5, "the connection was lost while this program did not respond";
    /// The remote broke the protocol.
    Protocol = 6, "the other side violated the protocol";
    /// The encrypted session was not established.
    Handshake = 7, "the encrypted session could not be established";
    /// The host name has no address.
    Unresolved = 8, "the address of the server could not be resolved";
    /// The system of the server said that nobody listens at the port.
    PortClosed = 9, "no server runs at this address and port";
    /// The socket of this side does not work any more, and no other could be opened.
    Socket = 10, "the network socket of this program stopped working";
    /// See [`Limit::Flood`].
    Flood = Limit::Flood as u32, "too much was sent for too long";
    /// See [`Limit::Unread`].
    Unread = Limit::Unread as u32, "too much was sent that was not read in time";
    /// See [`Limit::Unsent`].
    Unsent = Limit::Unsent as u32, "the connection was too slow for what was to be sent";
    /// See [`Limit::Undecodable`].
    Undecodable = Limit::Undecodable as u32, "datagrams could not be decompressed";
    /// See [`Limit::Banned`].
    Banned = Limit::Banned as u32, "the address is banned";
    /// See [`Refusal::NotWelcome`].
    Refused = Refusal::NotWelcome as u32, "the server refused the connection";
    /// See [`Refusal::Full`].
    Full = Refusal::Full as u32, "the server is full";
    /// See [`Refusal::IdInUse`].
    IdInUse = Refusal::IdInUse as u32, "the id is in use on the server";
    /// See [`Refusal::TooManyOfAddress`].
    TooManyOfAddress = Refusal::TooManyOfAddress as u32,
        "too many players of the same address are on the server";
    /// See [`Refusal::NotEncrypted`].
    NotEncrypted = Refusal::NotEncrypted as u32, "the server requires encryption";
    /// See [`Refusal::Credential`].
    Credential = Refusal::Credential as u32, "the server did not accept the credential";
}

/// The side of a connection that ends, which decides whether what the remote says is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The remote connected to this side.
    Acceptor,
    /// This side connects to the remote, and was not answered.
    Connecting,
    /// This side has connected to the remote.
    Connector,
}

impl Reason {
    /// The number that scripts see.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The reason with this number.
    pub fn of_code(code: u32) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|reason| reason.code() == code)
    }

    /// The reason that a remote states with its disconnect data. The numbers of the others mean nothing on the wire.
    fn of_data(data: u32) -> Option<Self> {
        const FIRST: u32 = Limit::Flood as u32;
        Self::of_code(data).filter(|reason| reason.code() >= FIRST)
    }

    fn of_limit(limit: Limit) -> Self {
        match limit {
            Limit::Flood => Self::Flood,
            Limit::Unread => Self::Unread,
            Limit::Unsent => Self::Unsent,
            Limit::Undecodable => Self::Undecodable,
            Limit::Banned => Self::Banned,
        }
    }
}

impl End {
    /// The end of a connection that this side ended with this data.
    pub(crate) fn local(data: u32) -> Self {
        Self {
            reason: Reason::Local,
            data,
        }
    }

    /// The end that the protocol reports. A client believes why its server ends the connection; a server would give its
    /// clients' word for its own judgement.
    pub(crate) fn of(cause: Cause, data: u32, side: Side) -> Self {
        let reason = match cause {
            Cause::Remote => match (side, Reason::of_data(data)) {
                (Side::Acceptor, _) => Reason::Remote,
                (_, Some(reason)) => reason,
                (Side::Connecting, None) => Reason::Refused,
                (Side::Connector, None) if data == 0 => Reason::Remote,
                (Side::Connector, None) => Reason::Kicked,
            },
            Cause::Local => Reason::Local,
            Cause::Timeout => Reason::Timeout,
            Cause::Stalled => Reason::Stalled,
            Cause::Limit(limit) => Reason::of_limit(limit),
            Cause::Protocol => Reason::Protocol,
            Cause::Handshake => Reason::Handshake,
            Cause::Unresolved => Reason::Unresolved,
            Cause::Socket => Reason::Socket,
        };
        Self { reason, data }
    }

    /// A sentence for players and logs, without a full stop, with what was said if that is more than the reason.
    pub fn text(self) -> String {
        let text = self.reason.text();
        match (self.data, Reason::of_data(self.data)) {
            (0, _) => text.to_owned(),
            (_, Some(said)) if said == self.reason => text.to_owned(),
            (_, Some(said)) => format!("{text} (it says: {})", said.text()),
            (data, None) => format!("{text} (code {data})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connector_believes_why_the_remote_ends() {
        let banned = Reason::Banned.code();
        let end = |data, side| End::of(Cause::Remote, data, side).reason;
        assert_eq!(end(banned, Side::Acceptor), Reason::Remote);
        assert_eq!(end(banned, Side::Connector), Reason::Banned);
        assert_eq!(end(banned, Side::Connecting), Reason::Banned);
        assert_eq!(end(77, Side::Acceptor), Reason::Remote);
        assert_eq!(end(77, Side::Connector), Reason::Kicked);
        assert_eq!(end(77, Side::Connecting), Reason::Refused);
        assert_eq!(end(0, Side::Connector), Reason::Remote);
        assert_eq!(end(0, Side::Connecting), Reason::Refused);
    }

    #[test]
    fn a_remote_cannot_state_what_only_this_side_can_know() {
        for reason in [Reason::Local, Reason::Timeout, Reason::Handshake] {
            let end = End::of(Cause::Remote, reason.code(), Side::Connector);
            assert_eq!(end.reason, Reason::Kicked);
        }
        let end = End::of(Cause::Timeout, 0, Side::Connector);
        assert_eq!(end.reason, Reason::Timeout);
    }

    #[test]
    fn numbers_are_told_apart_and_texts_name_what_was_said() {
        for (index, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(Reason::of_code(reason.code()), Some(*reason));
            assert!(
                !Reason::ALL[..index]
                    .iter()
                    .any(|it| it.text() == reason.text())
            );
        }
        assert_eq!(Reason::of_code(99), None);
        let text = |reason, data| End { reason, data }.text();
        assert_eq!(text(Reason::Full, Reason::Full.code()), Reason::Full.text());
        assert!(text(Reason::Kicked, 77).ends_with("(code 77)"));
        let said = text(Reason::Remote, Reason::Banned.code());
        assert!(said.contains("it says: the address is banned"), "{said}");
    }
}
