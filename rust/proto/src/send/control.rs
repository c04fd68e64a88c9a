//! Commands that belong to no channel: they are sent at once, and numbered on their own.

use std::collections::VecDeque;

use super::queue::Key;
use super::reliable::send_pending;
use crate::host::Context;
use crate::peer::{Peer, Transmission};
use crate::wire::{CONTROL_CHANNEL, Command, Framed};

/// How far ahead of the last one a control command's number may be to be believed. Remotes number
/// them one by one and have few in flight: mostly one.
const RECEIVE_WINDOW: u16 = 32;
/// How far behind the last one the number of a repeated control command may be.
const REPEAT_WINDOW: u16 = 1024;

/// A reliable control command that is not acknowledged.
#[derive(Debug)]
struct Control {
    sequence: u16,
    command: Command,
    transmission: Transmission,
}

/// The control commands of a peer, in both directions.
#[derive(Debug, Default)]
pub struct ControlQueue {
    unacknowledged: VecDeque<Control>,
    last_sent: u16,
    /// The number before our first one.
    start: u16,
    /// The highest number received.
    last_received: u16,
}

impl ControlQueue {
    fn next_number(&mut self) -> u16 {
        self.last_sent = self.last_sent.wrapping_add(1);
        self.last_sent
    }

    /// The transmissions of a command that is not acknowledged.
    pub fn transmission(&mut self, sequence: u16) -> Option<&mut Transmission> {
        let mut controls = self.unacknowledged.iter_mut();
        let control = controls.find(|control| control.sequence == sequence)?;
        Some(&mut control.transmission)
    }

    fn command(&self, sequence: u16) -> Option<Command> {
        let mut controls = self.unacknowledged.iter();
        let control = controls.find(|control| control.sequence == sequence)?;
        Some(control.command)
    }

    /// Commands that are not acknowledged.
    pub fn len(&self) -> usize {
        self.unacknowledged.len()
    }

    /// Number of the oldest command that is not acknowledged.
    pub fn oldest(&self) -> Option<u16> {
        self.unacknowledged.front().map(|control| control.sequence)
    }

    /// Removes an acknowledged command.
    pub fn acknowledge(&mut self, sequence: u16) -> Option<Command> {
        let mut controls = self.unacknowledged.iter();
        let at = controls.position(|control| control.sequence == sequence)?;
        let control = self.unacknowledged.remove(at)?;
        Some(control.command)
    }

    /// The highest number received.
    pub fn last_received(&self) -> u16 {
        self.last_received
    }

    /// Whether a received command's number follows on `last`, the highest one before its datagram.
    pub fn is_next(sequence: u16, last: u16) -> bool {
        (1..=RECEIVE_WINDOW).contains(&sequence.wrapping_sub(last))
    }

    /// Records a received command's number; `last` is the highest one before its datagram. False if no remote
    /// that counts sends this number. Such a command must end its datagram: many of them in one could climb to
    /// the right number.
    pub fn on_received(&mut self, sequence: u16, last: u16) -> bool {
        let is_next = Self::is_next(sequence, last);
        if is_next && sequence.wrapping_sub(last) > self.last_received.wrapping_sub(last) {
            self.last_received = sequence;
        }
        is_next || last.wrapping_sub(sequence) < REPEAT_WINDOW
    }

    /// Sets the number from which the remote counts on.
    pub fn set_last_received(&mut self, sequence: u16) {
        self.last_received = sequence;
    }

    /// Numbers our commands from the one after `number`.
    pub fn start_after(&mut self, number: u16) {
        self.start = number;
        self.last_sent = number;
    }

    /// Numbers our commands from the beginning.
    pub fn restart(&mut self) {
        self.last_sent = self.start;
    }

    pub fn clear(&mut self) {
        self.unacknowledged.clear();
    }

    pub fn release_memory(&mut self) {
        self.unacknowledged = VecDeque::new();
    }
}

/// Sends a command and keeps it until it is acknowledged.
pub fn queue_control(peer: &mut Peer, context: &mut Context, command: Command) {
    let sequence = prepare(peer, context, command);
    let transmission = Transmission::new(peer.queue.next_turn(), 0);
    peer.controls.unacknowledged.push_back(Control {
        sequence,
        command,
        transmission,
    });
    peer.queue.on_queued();
    transmit_control(peer, context, sequence);
}

/// Sends a command once.
pub fn queue_unacknowledged_control(peer: &mut Peer, context: &mut Context, command: Command) {
    let framed = Framed {
        channel: CONTROL_CHANNEL,
        sequence: prepare(peer, context, command),
        wants_ack: false,
        unsequenced: true,
        command,
    };
    (peer.packer).write_control(&mut context.output, context.now, &framed);
}

fn prepare(peer: &mut Peer, context: &mut Context, command: Command) -> u16 {
    // Packets that waited longer, and may be sent by now, go first.
    send_pending(peer, context);
    peer.bandwidth.add_queued(command.size());
    peer.mark_dirty(context);
    peer.controls.next_number()
}

/// Sends a kept command, for the first time or once more.
pub fn transmit_control(peer: &mut Peer, context: &mut Context, sequence: u16) {
    let key = Key {
        channel: CONTROL_CHANNEL,
        number: sequence.into(),
    };
    let Some(command) = peer.controls.command(sequence) else {
        return;
    };
    if peer.on_transmit(key, context.now) {
        let framed = Framed {
            channel: CONTROL_CHANNEL,
            sequence,
            wants_ack: true,
            unsequenced: false,
            command,
        };
        (peer.packer).write_control(&mut context.output, context.now, &framed);
        if context.config.offers_proof && matches!(command, Command::Connect { .. }) {
            let proof = Framed::proof(peer.handshake.proof());
            (peer.packer).write(&mut context.output, context.now, &proof, &[]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_and_only_the_next_ones_are_believed() {
        let mut controls = ControlQueue::default();
        controls.set_last_received(u16::MAX - 1);
        let last = controls.last_received();
        assert!(ControlQueue::is_next(u16::MAX, last) && ControlQueue::is_next(30, last));
        assert!(!ControlQueue::is_next(31, last) && !ControlQueue::is_next(last, last));
        assert!(!controls.on_received(1000, last));
        assert_eq!(
            controls.last_received(),
            last,
            "an unlikely number is ignored"
        );
        assert!(controls.on_received(5, last) && controls.on_received(4, last));
        assert_eq!(controls.last_received(), 5, "it may come out of order");
        assert!(
            !controls.on_received(35, last),
            "it is too far from the last datagram's"
        );
        assert!(controls.on_received(last, 5), "it is repeated");
        assert!(!controls.on_received(5u16.wrapping_sub(REPEAT_WINDOW), 5));
        assert_eq!(controls.last_received(), 5);
    }

    #[test]
    fn numbers_begin_anew_where_they_began() {
        let mut controls = ControlQueue::default();
        controls.start_after(u16::MAX);
        assert_eq!((controls.next_number(), controls.next_number()), (0, 1));
        controls.restart();
        assert_eq!(controls.next_number(), 0);
    }
}
