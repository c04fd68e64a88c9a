//! Counts of joins and ends over all sessions of an object.

use crate::Reason;

use super::{Multiplayer, Signal};

/// How many peers joined, and how many left for which reason. The numbers only grow, also when the object begins another
/// session. Who has joined and not left is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Peers that joined.
    pub joins: u64,
    /// Peers that left, by the place of the reason in [`Reason::ALL`].
    leaves: Vec<u64>,
    /// Attempts of a client to connect that failed, likewise.
    failures: Vec<u64>,
    /// The peer whose end the handlers of a signal hear of: it counts as gone, and the session still has it.
    leaving: Option<i32>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            joins: 0,
            leaves: vec![0; Reason::ALL.len()],
            failures: vec![0; Reason::ALL.len()],
            leaving: None,
        }
    }
}

impl Tally {
    /// Counts what a signal tells of, whose handlers run next.
    pub(super) fn count(&mut self, signal: Signal, reason: Reason) {
        match signal {
            Signal::PeerConnected(_) => self.joins += 1,
            Signal::PeerDisconnected(id) => {
                self.leaves[place(reason)] += 1;
                self.leaving = Some(id);
            }
            Signal::ConnectionFailed => self.failures[place(reason)] += 1,
            Signal::ConnectionSucceeded | Signal::ServerDisconnected => {}
        }
    }

    /// The handlers of the last signal have returned.
    pub(super) fn told(&mut self) {
        self.leaving = None;
    }

    /// Counts a peer that is removed without a signal.
    pub(super) fn count_removed(&mut self, id: i32, reason: Reason) {
        if self.leaving != Some(id) {
            self.leaves[place(reason)] += 1;
        }
    }

    /// The session ends, and with it all connections, without signals.
    pub(super) fn end_session(&mut self) {
        let left: u64 = self.leaves.iter().sum();
        self.leaves[place(Reason::Local)] += self.joins.saturating_sub(left);
    }

    /// Each reason with the number of peers that left for it.
    pub fn leaves(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.iter().copied().zip(self.leaves.iter().copied())
    }

    /// Each reason with the number of attempts that failed for it.
    pub fn failures(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL
            .iter()
            .copied()
            .zip(self.failures.iter().copied())
    }

    /// Changes whenever a peer joins or leaves.
    pub fn changes(&self) -> u64 {
        self.joins + self.leaves.iter().sum::<u64>()
    }
}

/// The place of a reason in [`Reason::ALL`].
fn place(reason: Reason) -> usize {
    let place = Reason::ALL.iter().position(|it| *it == reason);
    place.unwrap_or_default()
}

impl Multiplayer {
    /// How many peers joined and left so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}
