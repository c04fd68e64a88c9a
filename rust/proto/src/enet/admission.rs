//! Who is let in, and what the others are told.
//!
//! In C a CONNECT that finds no slot is ignored, and its sender goes on asking for half a minute. Here
//! it may be answered, if the config says so: with a DISCONNECT for the slot that the CONNECT names,
//! which any ENet that is connecting believes. It waits for no acknowledgement, so nothing is kept,
//! and it is repeated only when the CONNECT is. It is shorter than an honest CONNECT, and where a
//! codec made that one shorter still, there is no answer: no stranger gets more than came in his name.
//!
//! Asking in another's name gives a forger less than a DISCONNECT in ours would: whoever is connected
//! checks the session, which is always 3, and ours the number, which is always 1.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use super::Enet;
use super::output::SHORT_HEADER_SIZE;
use super::peer::Peer;
use super::wire::{CONTROL_CHANNEL, Command, Framed, NO_SLOT, Terms};
use crate::engine::{Admission, PeerState};

/// Connect data that can be a unique id: 1 is the server's own.
const UNIQUE_IDS: RangeInclusive<u32> = 2..=i32::MAX as u32;

impl Enet {
    /// Whether a connection from there with this data may begin, if there is a slot.
    pub(super) fn admits(&self, from: SocketAddr, data: u32) -> bool {
        let is_welcome = match self.admission {
            Admission::Everybody => true,
            Admission::Nobody => false,
            Admission::UniqueIds => UNIQUE_IDS.contains(&data) && !self.by_data.contains_key(&data),
        };
        let known = self.by_ip.get(&from.ip()).copied().unwrap_or(0);
        is_welcome && known < self.config.max_peers_per_address
    }

    /// Tells a connector, whose CONNECT came in a datagram of so many bytes, that it is turned away.
    pub(super) fn refuse(&mut self, now: u64, from: SocketAddr, size: usize, terms: &Terms) {
        let goodbye = Command::Disconnect { data: 0 };
        let longest = SHORT_HEADER_SIZE + self.output.checksum_size() + goodbye.size();
        if !self.config.answers_refused || size < longest {
            return;
        }
        // Nobody in particular, for as long as it takes to write to him.
        let mut peer = Peer::new(NO_SLOT, 0, from, PeerState::Disconnected);
        peer.remote_slot = terms.slot;
        peer.token = terms.token;
        let framed = Framed {
            channel: CONTROL_CHANNEL,
            sequence: 1,
            wants_ack: false,
            unsequenced: true,
            command: goodbye,
        };
        self.output.write(&mut peer, &framed, &[], now);
        self.output.finish(&mut peer, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineConfig, Time};

    #[test]
    fn what_is_shorter_than_a_refusal_gets_none() {
        let mut host = Enet::new(&EngineConfig {
            answers_refused: true,
            ..EngineConfig::new(1, 1, Time::ZERO)
        });
        host.set_admission(Admission::Nobody);
        // A CONNECT, which a codec made very short.
        let mut datagram = [0; 50];
        datagram[..4].copy_from_slice(&[0x0F, 0xFF, 2, 0]);
        datagram[21] = 1;
        let mut answer = Vec::new();
        for (size, answers) in [(9, false), (10, true)] {
            let from = ([10, 0, 0, 1], 9).into();
            host.receive_decompressed(Time::ZERO, from, &datagram, size);
            let answered = host.next_datagram(&mut answer).is_some();
            assert_eq!(answered, answers, "{size}");
        }
        assert_eq!(answer.len(), 10);
    }
}
