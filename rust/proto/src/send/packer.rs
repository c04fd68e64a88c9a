//! Packs one peer's commands into datagrams.

use std::net::SocketAddr;

use super::acks::Ack;
use super::datagram_builder::DatagramBuilder;
use super::output::Output;
use crate::PeerId;
use crate::peer::{Counts, LossEstimator, Tally};
use crate::wire::{Command, Framed, NO_SLOT, SESSION_SHIFT};

/// Where a peer's datagrams go, and what their header says.
#[derive(Debug)]
pub struct Route {
    address: SocketAddr,
    token: u32,
    /// The remote's slot for us.
    slot: u16,
    session: u8,
}

impl Route {
    /// A route to a remote that has no slot for us yet.
    pub fn new(address: SocketAddr, session: u8) -> Self {
        Self {
            address,
            token: 0,
            slot: NO_SLOT,
            session,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// The connection token, which seeds the checksum.
    pub fn token(&self) -> u32 {
        self.token
    }

    pub fn set_token(&mut self, token: u32) {
        self.token = token;
    }

    pub fn session(&self) -> u8 {
        self.session
    }

    /// Sets the slot that the remote has for us, and the session towards it.
    pub fn set_remote(&mut self, slot: u16, session: u8) {
        self.slot = slot;
        self.session = session;
    }

    /// Whether the remote has a slot for us.
    pub fn has_slot(&self) -> bool {
        self.slot != NO_SLOT
    }

    /// The header's slot and session bits.
    #[inline]
    pub fn header(&self) -> u16 {
        match self.has_slot() {
            true => self.slot | u16::from(self.session & 3) << SESSION_SHIFT,
            false => NO_SLOT,
        }
    }

    /// The value in the checksum's place while it is computed.
    pub fn checksum_seed(&self) -> u32 {
        if self.has_slot() { self.token } else { 0 }
    }
}

/// The open datagram of a peer, and the acknowledgements that wait for the next one.
#[derive(Debug)]
#[repr(C)]
pub struct Packer {
    route: Route,
    mtu: u32,
    builder: Option<DatagramBuilder>,
    acks: Vec<Ack>,
    loss: LossEstimator,
    /// [`LossEstimator::sent`] without the packets and fragments in the open datagram.
    sent_before: u32,
    /// Whose datagrams these are.
    peer: PeerId,
    pub tally: Tally,
    /// What else is counted of a connection for its figures, once it is up.
    counts: Option<Box<Counts>>,
}

impl Packer {
    pub fn new(peer: PeerId, address: SocketAddr, session: u8, mtu: u32) -> Self {
        Self {
            route: Route::new(address, session),
            mtu,
            builder: None,
            acks: Vec::new(),
            loss: LossEstimator::default(),
            sent_before: 0,
            peer,
            tally: Tally::default(),
            counts: None,
        }
    }

    pub fn route(&self) -> &Route {
        &self.route
    }

    pub fn route_mut(&mut self) -> &mut Route {
        &mut self.route
    }

    /// Largest datagram for this peer, in bytes.
    pub fn mtu(&self) -> u32 {
        self.mtu
    }

    pub fn set_mtu(&mut self, mtu: u32) {
        self.mtu = mtu;
    }

    /// Counts for the connection's figures from now on.
    pub fn begin_counting(&mut self, now: u64) {
        if self.counts.is_none() {
            self.counts = Some(Box::new(Counts::new(now)));
            // The beginning does not count.
            self.tally = Tally::default();
            self.loss.forget_recent();
        }
    }

    pub fn counts(&self) -> Option<&Counts> {
        self.counts.as_deref()
    }

    /// Counts a packet that the throttle dropped.
    #[cold]
    pub fn on_throttled(&mut self) {
        if let Some(counts) = &mut self.counts {
            counts.on_throttled();
        }
    }

    /// Counts what a received datagram was smaller by that was compressed.
    #[cold]
    pub fn on_unpacked(&mut self, plain: usize, packed: usize) {
        if let Some(counts) = &mut self.counts {
            counts.on_unpacked(plain.saturating_sub(packed));
        }
    }

    pub fn counts_mut(&mut self) -> Option<&mut Counts> {
        self.counts.as_deref_mut()
    }

    pub fn loss(&self) -> &LossEstimator {
        &self.loss
    }

    /// Counts the transmission of a reliable command.
    #[inline]
    pub fn on_transmit(&mut self) {
        self.loss.on_transmit();
    }

    /// Counts reliable commands that are considered lost.
    pub fn on_lost(&mut self, commands: usize) {
        self.loss.on_lost(commands);
    }

    /// Forgets the commands sent so far, for an attempt to connect that begins anew.
    pub fn forget_sent(&mut self) {
        self.loss.forget_sent();
    }

    /// Whether a command waits in the open datagram.
    pub fn has_commands(&self) -> bool {
        (self.builder.as_ref()).is_some_and(DatagramBuilder::has_commands)
    }

    pub fn acks(&self) -> &[Ack] {
        &self.acks
    }

    pub fn push_ack(&mut self, ack: Ack) {
        self.acks.push(ack);
    }

    /// Drops the open datagram.
    pub fn drop_datagram(&mut self) {
        self.builder = None;
    }

    /// Drops the open datagram and the acknowledgements.
    pub fn clear(&mut self) {
        self.drop_datagram();
        self.acks.clear();
    }

    /// Writes a command and its payload into the open datagram, or into a new one if they do not fit.
    /// A new datagram begins with the acknowledgements.
    pub fn write(&mut self, output: &mut Output, now: u64, framed: &Framed, payload: &[u8]) {
        let size = framed.command.size() + payload.len();
        self.make_room(output, now, size);
        if self.builder.is_none() && !self.acks.is_empty() {
            self.write_acks(output, now);
            self.make_room(output, now, size);
        }
        let builder = self.builder.get_or_insert_with(|| {
            self.sent_before = self.loss.sent();
            let buffer = output.datagrams.empty(self.mtu as usize);
            DatagramBuilder::new(buffer, self.mtu, framed.wants_ack, output.has_checksum())
        });
        builder.push(framed, payload);
        if !matches!(
            framed.command,
            Command::Acknowledge { .. } | Command::Proof(_)
        ) {
            self.loss.on_sent();
        }
    }

    /// Writes a command that is no packet.
    pub fn write_control(&mut self, output: &mut Output, now: u64, framed: &Framed) {
        self.write(output, now, framed, &[]);
        self.sent_before = self.sent_before.wrapping_add(1);
    }

    /// Writes the acknowledgements that are due.
    pub fn write_acks(&mut self, output: &mut Output, now: u64) {
        if self.acks.iter().any(Ack::goes_first) {
            self.finish(output, now);
        }
        let mut acks = std::mem::take(&mut self.acks);
        for ack in acks.drain(..) {
            self.write(output, now, &ack.framed(), &[]);
        }
        // The list keeps its memory.
        self.acks = acks;
    }

    #[inline]
    fn make_room(&mut self, output: &mut Output, now: u64, size: usize) {
        let mtu = self.mtu;
        if (self.builder.as_ref()).is_some_and(|builder| !builder.has_room(size, mtu)) {
            self.finish(output, now);
        }
    }

    /// Finishes the open datagram: it leaves with the next ones.
    pub fn finish(&mut self, output: &mut Output, now: u64) {
        let Some(builder) = self.builder.take() else {
            return;
        };
        let packets = self.loss.sent().saturating_sub(self.sent_before);
        self.loss.update(now);
        let bytes = builder.finish(&self.route, now, output.has_checksum());
        self.tally.on_finished(bytes.len(), packets);
        output.push(self.peer, self.route.address, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send::output::NOBODY;
    use crate::wire::CONTROL_CHANNEL;

    fn framed(sequence: u16, command: Command) -> Framed {
        Framed {
            channel: CONTROL_CHANNEL,
            sequence,
            wants_ack: true,
            unsequenced: false,
            command,
        }
    }

    fn datagrams(output: &mut Output) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut buffer = Vec::new();
        while output.next(&mut buffer).is_some() {
            all.push(std::mem::take(&mut buffer));
        }
        all
    }

    #[test]
    fn acknowledgements_stand_in_front_of_the_next_datagram() {
        let mut output = Output::new(false);
        let mut packer = Packer::new(NOBODY, ([10, 0, 0, 1], 1).into(), 0xFF, 576);
        packer.push_ack(Ack::new(&framed(9, Command::Ping), 7));
        packer.write(&mut output, 0, &framed(1, Command::Ping), &[]);
        assert!(packer.acks().is_empty());
        packer.finish(&mut output, 0);
        let sent = datagrams(&mut output);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0][4..], [1, 0xFF, 0, 9, 0, 9, 0, 7, 0x85, 0xFF, 0, 1]);
    }

    #[test]
    fn a_command_that_does_not_fit_begins_a_new_datagram() {
        let mut output = Output::new(false);
        let mut packer = Packer::new(NOBODY, ([10, 0, 0, 1], 1).into(), 0xFF, 576);
        let command = Command::Reliable { length: 300 };
        for sequence in 1..=2 {
            packer.write(&mut output, 0, &framed(sequence, command), &[0; 300]);
        }
        assert_eq!(datagrams(&mut output).len(), 1);
        assert!(packer.has_commands());
    }
}
