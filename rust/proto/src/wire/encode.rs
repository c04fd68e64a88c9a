//! Writing commands.

use super::{ACKNOWLEDGE_BIT, Command, Framed, Terms, UNSEQUENCED_BIT};

impl Framed {
    /// Appends the command, without payload.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut first = self.command.number();
        if self.wants_ack {
            first |= ACKNOWLEDGE_BIT;
        }
        if self.unsequenced {
            first |= UNSEQUENCED_BIT;
        }
        let mut fields = Fields::default();
        fields.bytes([first, self.channel]);
        fields.short(self.sequence);
        match self.command {
            Command::Acknowledge {
                sequence,
                sent_time,
            } => fields.shorts([sequence, sent_time]),
            Command::Connect { terms, data } => {
                fields.terms(&terms);
                fields.word(data);
            }
            Command::VerifyConnect(terms) => fields.terms(&terms),
            Command::Proof(proof) => fields.bytes(proof),
            Command::Disconnect { data } => fields.word(data),
            Command::Ping => {}
            Command::Reliable { length } => fields.short(length),
            Command::Unreliable { sequence, length } => fields.shorts([sequence, length]),
            Command::Unsequenced { group, length } => fields.shorts([group, length]),
            Command::Fragment { fragment, length }
            | Command::UnreliableFragment { fragment, length } => {
                fields.shorts([fragment.start, length]);
                fields.words([
                    fragment.count,
                    fragment.number,
                    fragment.total,
                    fragment.offset,
                ]);
            }
            Command::BandwidthLimit { incoming, outgoing } => fields.words([incoming, outgoing]),
            Command::ThrottleConfigure(throttle) => fields.words([
                throttle.interval,
                throttle.acceleration,
                throttle.deceleration,
            ]),
        }
        out.extend_from_slice(&fields.buffer[..fields.size]);
    }
}

/// A command's fields, collected before they are appended to the datagram in one piece.
struct Fields {
    buffer: [u8; 48],
    size: usize,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            buffer: [0; 48],
            size: 0,
        }
    }
}

impl Fields {
    fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.buffer[self.size..self.size + N].copy_from_slice(&bytes);
        self.size += N;
    }

    fn short(&mut self, field: u16) {
        self.bytes(field.to_be_bytes());
    }

    fn word(&mut self, field: u32) {
        self.bytes(field.to_be_bytes());
    }

    fn shorts(&mut self, fields: [u16; 2]) {
        fields.into_iter().for_each(|field| self.short(field));
    }

    fn words<const N: usize>(&mut self, fields: [u32; N]) {
        fields.into_iter().for_each(|field| self.word(field));
    }

    fn terms(&mut self, terms: &Terms) {
        self.short(terms.slot);
        self.bytes([terms.incoming_session, terms.outgoing_session]);
        self.words([
            terms.mtu,
            terms.window,
            terms.channels,
            terms.in_bandwidth,
            terms.out_bandwidth,
            terms.throttle.interval,
            terms.throttle.acceleration,
            terms.throttle.deceleration,
            terms.token,
        ]);
    }
}
