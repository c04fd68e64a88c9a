//! Counts of what a host dropped, by cause.

/// What a host dropped, by cause. Datagrams count once, for the first cause that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drops {
    /// Datagrams, or the rest of datagrams, that no ENet sends: a bad size, header, checksum or command.
    pub malformed: u64,
    /// Datagrams that could not be decompressed.
    pub undecodable: u64,
    /// Datagrams of addresses without a connection, and with the wrong session.
    pub strangers: u64,
    /// Packets, fragments and attempts to connect that exceeded one of the [`crate::Limits`].
    pub over_limit: u64,
    /// Datagrams of banned addresses.
    pub banned: u64,
    /// Attempts to connect that found no free slot.
    pub full: u64,
    /// Attempts to connect that were refused: by the [`crate::Admission`] rule or by the application.
    pub refused: u64,
    /// Encrypted handshakes that failed or were not begun.
    pub handshakes: u64,
}

impl Drops {
    /// Adds the counts of another part of the host.
    pub fn add(&mut self, other: &Self) {
        self.malformed += other.malformed;
        self.undecodable += other.undecodable;
        self.strangers += other.strangers;
        self.over_limit += other.over_limit;
        self.banned += other.banned;
        self.full += other.full;
        self.refused += other.refused;
        self.handshakes += other.handshakes;
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.malformed
            + self.undecodable
            + self.strangers
            + self.over_limit
            + self.banned
            + self.full
            + self.refused
            + self.handshakes
    }
}
