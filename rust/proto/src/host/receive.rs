//! Datagrams that arrive: which connection a datagram belongs to, and whether it is intact.
//!
//! A datagram names a slot. It belongs to the slot's connection only if address and session agree;
//! before that, the datagram is not decompressed. A datagram without a slot can hold a CONNECT and
//! nothing else. (C decompresses first, so a stranger's random bytes cost it a hundred times more.)

use std::net::SocketAddr;

use super::Host;
use super::handshake::Request;
use crate::lifecycle;
use crate::peer::Peer;
use crate::recv::{self, Arrival};
use crate::wire::{CHECKSUM_SIZE, CONNECT_SIZE, Command, Framed, Header, NO_SLOT};
use crate::{Limit, MAX_DATAGRAM_SIZE, datagram};

impl Host {
    /// `packed` and `sealed` are the bytes that came before decompression, and before decryption.
    pub(super) fn take_datagram(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        packed: usize,
        sealed: usize,
    ) {
        let mut rest = datagram;
        let drops = &mut self.context.drops;
        let Some(header) = Header::read(&mut rest) else {
            drops.malformed += 1;
            return;
        };
        if datagram.len() > MAX_DATAGRAM_SIZE {
            drops.malformed += 1;
            return;
        }
        if header.slot != NO_SLOT && self.owner(&header, from).is_none() {
            self.context.drops.strangers += 1;
            return;
        }
        let plain = &datagram[..datagram.len() - rest.len()];
        let Some(rest) = self.behind_checksum(header.slot, plain, rest) else {
            return self.count_malformed(header.slot);
        };
        // A compressed datagram was decompressed before, or could not be.
        if header.is_compressed {
            return self.on_undecodable(&header, from);
        }
        if header.slot == NO_SLOT {
            self.take_connect(from, packed, rest);
        } else {
            self.with_slot(header.slot, |peer, context| {
                peer.packer.tally.on_received(sealed);
                if packed != datagram.len() {
                    peer.packer.on_unpacked(datagram.len(), packed);
                }
                let arrival = Arrival {
                    from,
                    sent_time: header.sent_time,
                    commands: rest,
                    packed_size: (packed != datagram.len()).then_some(packed),
                };
                recv::carry_out(peer, context, &arrival);
            });
        }
    }

    /// Counts a datagram, of whose sender is only known that it claims to be a slot's peer.
    fn count_malformed(&mut self, slot: u16) {
        let count = |drops: &mut crate::Drops| drops.malformed += 1;
        match self.slots.at_mut(slot) {
            Some(peer) => peer.count_drop(&mut self.context, count),
            None => count(&mut self.context.drops),
        }
    }

    /// Counts a datagram that could not be decompressed.
    pub(super) fn on_undecodable(&mut self, header: &Header, from: SocketAddr) {
        if self.owner(header, from).is_none() {
            self.context.drops.strangers += 1;
            return;
        }
        self.with_slot(header.slot, |peer, context| {
            peer.count_drop(context, |drops| drops.undecodable += 1);
            let limit = context.config.limits.undecodable;
            if peer.undecodable.is_too_many(context.now, limit) {
                lifecycle::drop_over_limit(peer, context, Limit::Undecodable);
            }
        });
    }

    /// Most bytes that a compressed datagram's payload may become. `None` for datagrams that belong to
    /// no connection and cannot be a CONNECT.
    pub(super) fn decompression_limit(&self, from: SocketAddr, datagram: &[u8]) -> Option<usize> {
        let start = datagram::payload_start(datagram, self.context.output.has_checksum())?;
        let header = Header::read(&mut &*datagram)?;
        if header.slot == NO_SLOT {
            return Some(CONNECT_SIZE);
        }
        self.owner(&header, from).map(|_| MAX_DATAGRAM_SIZE - start)
    }

    /// The peer that a datagram belongs to.
    fn owner(&self, header: &Header, from: SocketAddr) -> Option<&Peer> {
        let peer = self.slots.at(header.slot)?;
        peer.accepts_from(from, header.session).then_some(peer)
    }

    /// The commands behind a datagram's header; `None` if they lack the checksum that this host's datagrams have, or it
    /// is wrong.
    fn behind_checksum<'a>(&self, slot: u16, header: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
        if !self.context.output.has_checksum() {
            return Some(rest);
        }
        let (checksum, commands) = rest.split_first_chunk()?;
        (self.is_intact(slot, header, *checksum, commands)).then_some(commands)
    }

    /// Checks a CRC-32 over header and plain commands, with the connection's token in its place. So
    /// the token is a key of 32 bits against forgery, the only one the protocol has.
    fn is_intact(
        &self,
        slot: u16,
        header: &[u8],
        checksum: [u8; CHECKSUM_SIZE],
        commands: &[u8],
    ) -> bool {
        let peer = self.slots.at(slot);
        let token = peer.map_or(0, |peer| peer.packer.route().token());
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(header);
        hasher.update(&token.to_be_bytes());
        hasher.update(commands);
        hasher.finalize().to_be_bytes() == checksum
    }

    fn take_connect(&mut self, from: SocketAddr, size: usize, mut commands: &[u8]) {
        if let Some(mut request) = read_connect(from, size, &mut commands) {
            let proof = match Framed::read(&mut commands).map(|framed| framed.command) {
                Some(Command::Proof(proof)) => Some(proof),
                _ => None,
            };
            request.is_proven = self.is_proven(from, &request.terms, proof.as_ref());
            self.on_connect(request, proof.is_some());
        } else {
            self.context.drops.strangers += 1;
        }
    }

    /// A datagram without a slot that came past the encryption of this host; false if it can be no CONNECT.
    pub(super) fn take_unencrypted(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        wire_size: usize,
    ) -> bool {
        let mut rest = datagram;
        let Some(header) = Header::read(&mut rest).filter(|it| it.slot == NO_SLOT) else {
            self.context.drops.strangers += 1;
            return false;
        };
        let plain = &datagram[..datagram.len() - rest.len()];
        if header.is_compressed {
            self.context.drops.undecodable += 1;
            return true;
        }
        let Some(mut rest) = self.behind_checksum(header.slot, plain, rest) else {
            self.count_malformed(header.slot);
            return false;
        };
        let Some(request) = read_connect(from, wire_size, &mut rest) else {
            self.context.drops.strangers += 1;
            return false;
        };
        self.refuse_unencrypted_request(&request);
        true
    }
}

/// Takes a CONNECT off the commands of a datagram of `size` bytes. Its proof is not looked at.
fn read_connect(from: SocketAddr, size: usize, commands: &mut &[u8]) -> Option<Request> {
    let framed = Framed::read(commands)?;
    let Command::Connect { terms, data } = framed.command else {
        return None;
    };
    Some(Request {
        from,
        size,
        number: framed.sequence,
        terms,
        data,
        is_proven: false,
    })
}
