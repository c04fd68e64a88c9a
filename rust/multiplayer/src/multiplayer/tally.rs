//! Counts of joins and ends over all sessions of an object.

use crate::Reason;

use super::{Multiplayer, Signal};

/// How many peers joined, and how many left for which reason. The numbers only grow, also when the object begins another
/// session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Peers that joined.
    pub joins: u64,
    /// Peers that left, by the place of the reason in [`Reason::ALL`].
    leaves: Vec<u64>,
    /// Attempts of a client to connect that failed, likewise.
    failures: Vec<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            joins: 0,
            leaves: vec![0; Reason::ALL.len()],
            failures: vec![0; Reason::ALL.len()],
        }
    }
}

impl Tally {
    /// Counts what a signal tells of.
    pub(super) fn count(&mut self, signal: Signal, reason: Reason) {
        let place = Reason::ALL.iter().position(|it| *it == reason);
        let place = place.unwrap_or_default();
        match signal {
            Signal::PeerConnected(_) => self.joins += 1,
            Signal::PeerDisconnected(_) => self.leaves[place] += 1,
            Signal::ConnectionFailed => self.failures[place] += 1,
            Signal::ConnectionSucceeded | Signal::ServerDisconnected => {}
        }
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

impl Multiplayer {
    /// How many peers joined and left so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}
