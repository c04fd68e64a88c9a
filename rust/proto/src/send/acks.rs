//! Acknowledgements to send.
//!
//! Acknowledgements wait for the next datagram and stand in front of it; the flush sends those that
//! found none. (C mostly sends them on their own.) Their place is in front because C stops reading a datagram where it
//! takes no data: before a handshake's last acknowledgement, and in fragments while it is leaving.

use crate::wire::{Command, Framed};

/// A received command to acknowledge.
#[derive(Debug, Clone, Copy)]
pub struct Ack {
    channel: u8,
    is_disconnect: bool,
    /// Acknowledges a VERIFY_CONNECT: before C has this one, it reads nothing else of a datagram.
    goes_first: bool,
    sequence: u16,
    sent_time: u16,
}

impl Ack {
    /// Bytes of an acknowledgement on the wire.
    pub const SIZE: usize = 8;

    /// The acknowledgement of a command that came in a datagram with this sending time.
    pub fn new(received: &Framed, sent_time: u16) -> Self {
        Self {
            channel: received.channel,
            is_disconnect: matches!(received.command, Command::Disconnect { .. }),
            goes_first: matches!(received.command, Command::VerifyConnect(_)),
            sequence: received.sequence,
            sent_time,
        }
    }

    pub fn is_of_disconnect(&self) -> bool {
        self.is_disconnect
    }

    pub fn goes_first(&self) -> bool {
        self.goes_first
    }

    pub fn framed(self) -> Framed {
        Framed {
            channel: self.channel,
            sequence: self.sequence,
            wants_ack: false,
            unsequenced: false,
            command: Command::Acknowledge {
                sequence: self.sequence,
                sent_time: self.sent_time,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_names_the_command_and_its_time() {
        let received = Framed {
            channel: 3,
            sequence: 77,
            wants_ack: true,
            unsequenced: false,
            command: Command::Disconnect { data: 1 },
        };
        let ack = Ack::new(&received, 1234);
        assert!(ack.is_of_disconnect() && !ack.goes_first());
        let mut bytes = Vec::new();
        ack.framed().write(&mut bytes);
        assert_eq!(bytes.len(), Ack::SIZE);
        assert_eq!(bytes, [1, 3, 0, 77, 0, 77, 4, 210]);
    }
}
