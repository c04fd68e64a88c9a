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
    use crate::compress::Codec;
    use crate::{Engine, EngineConfig, Time};

    /// Makes a CONNECT of anything. No codec we have packs one into less than a refusal.
    struct Dream;

    impl Codec for Dream {
        fn compress(&mut self, _: &[u8], _: &mut [u8]) -> Option<usize> {
            None
        }

        fn decompress(&mut self, _: &[u8], output: &mut [u8]) -> Option<usize> {
            output[..48].fill(0);
            output[0] = 2;
            output[19] = 1;
            Some(48)
        }
    }

    #[test]
    fn what_is_shorter_than_a_refusal_gets_none() {
        let mut host = Enet::new(&EngineConfig {
            answers_refused: true,
            ..EngineConfig::new(1, 1, Time::ZERO)
        });
        host.output.codec = Some(Box::new(Dream));
        host.set_admission(Admission::Nobody);
        let datagram = [0x4F, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut answer = Vec::new();
        for (size, answers) in [(9, false), (10, true)] {
            host.receive(Time::ZERO, ([10, 0, 0, 1], 9).into(), &datagram[..size]);
            let answered = host.next_datagram(&mut answer).is_some();
            assert_eq!(answered, answers, "{size}");
        }
        assert_eq!(answer.len(), datagram.len());
    }
}
