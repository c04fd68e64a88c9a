//! Handing packets to the application.

use super::budget::{ReceiveBudget, Room};
use super::intake::Intake;
use super::reorder::Waiting;
use crate::host::Events;
use crate::send::BufferPool;
use crate::{Event, PacketFlags, PeerId};

/// Where a channel's packets go, and what those that wait may occupy.
pub struct Delivery<'a> {
    pub now: u64,
    pub peer: PeerId,
    pub channel: u8,
    pub events: &'a mut Events,
    pub buffers: &'a mut BufferPool,
    pub budget: &'a mut ReceiveBudget,
    pub room: Room,
    pub intake: &'a mut Intake,
    /// Broken packets.
    pub malformed: &'a mut u64,
}

impl Delivery<'_> {
    /// Reports a packet to the application.
    pub fn deliver(&mut self, data: Vec<u8>, flags: PacketFlags) {
        self.events.push(Event::Received {
            peer: self.peer,
            channel: self.channel,
            flags,
            data,
        });
    }

    /// Counts a packet whose fragments contradict each other.
    pub fn note_malformed(&mut self) {
        *self.malformed += 1;
    }

    /// Delivers a packet that waited.
    pub fn release(&mut self, packet: Waiting, flags: PacketFlags) {
        self.budget.remove(packet.cost());
        // Fragments that make no whole packet are dropped; its numbers are used up all the same.
        if let Some(data) = packet.into_data() {
            self.deliver(data, flags);
        }
    }

    /// Drops a packet that waited.
    pub fn discard(&mut self, packet: Waiting) {
        self.budget.remove(packet.cost());
        if let Waiting::Whole(data) = packet {
            self.buffers.put_back(data);
        }
    }
}
