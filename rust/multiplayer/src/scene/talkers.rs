//! Counts of packets by what they are for.

use std::collections::HashMap;

use super::message::{Kind, Piece, Subject, pieces, relayed};

/// Most entries until they are taken; what exceeds them counts as [`Whom::Other`].
const MOST: usize = 512;
/// Longer paths count as [`Whom::Other`].
const LONGEST: usize = 255;

/// The way of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
}

/// The node that packets are for. The numbers are the sender's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whom {
    /// None.
    Nobody,
    /// The number of a path.
    Node(u32),
    /// The path itself.
    Path(Box<str>),
    /// A network id.
    Spawned(u32),
    /// One of many that have no entry of their own.
    Other,
}

/// What packets are for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Their way.
    pub direction: Direction,
    /// Their kind.
    pub kind: Kind,
    /// Whose numbers they contain; 0 for the own ones.
    pub sender: i32,
    /// The node.
    pub whom: Whom,
    /// The called method.
    pub method: Option<u16>,
}

/// How many packets and how many bytes there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Talk {
    /// Packets, or states within packets.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Talk {
    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}

/// Counts of packets by what they are for, since they were taken last.
#[derive(Debug, Default)]
pub struct Talkers {
    talks: HashMap<Key, Talk>,
}

impl Talkers {
    /// Counts a packet that was received from a peer.
    pub fn receive(&mut self, is_server: bool, from: i32, packet: &[u8]) {
        match relayed(packet) {
            Some((id, message)) => {
                let sender = if is_server { from } else { id };
                self.relay(Direction::In, sender, packet.len(), message, 1);
            }
            None => self.count(Direction::In, from, packet, 1),
        }
    }

    /// Counts a packet that was sent to a number of peers, each of which gets its bytes.
    pub fn send(&mut self, is_server: bool, packet: &[u8], recipients: u64) {
        match relayed(packet) {
            Some((id, message)) => {
                let sender = if is_server { id } else { 0 };
                self.relay(Direction::Out, sender, packet.len(), message, recipients);
            }
            None => self.count(Direction::Out, 0, packet, recipients),
        }
    }

    /// Counts a packet of a protocol that is not SceneMultiplayer's.
    pub fn raw(&mut self, direction: Direction, bytes: usize, times: u64) {
        let piece = Piece {
            kind: Kind::Raw,
            subject: Subject::None,
            method: None,
            bytes,
        };
        self.add(direction, 0, &piece, times);
    }

    /// The counts since the last call.
    pub fn take(&mut self) -> impl Iterator<Item = (Key, Talk)> {
        let most = self.talks.len();
        std::mem::replace(&mut self.talks, HashMap::with_capacity(most)).into_iter()
    }

    fn count(&mut self, direction: Direction, sender: i32, message: &[u8], times: u64) {
        pieces(message, |piece| self.add(direction, sender, &piece, times));
    }

    /// A relayed packet counts whole, by its first piece.
    fn relay(
        &mut self,
        direction: Direction,
        sender: i32,
        bytes: usize,
        message: &[u8],
        times: u64,
    ) {
        let mut first = None;
        pieces(message, |piece| {
            first.get_or_insert(piece);
        });
        if let Some(first) = first {
            let whole = Piece {
                kind: Kind::Relay,
                bytes,
                ..first
            };
            self.add(direction, sender, &whole, times);
        }
    }

    fn add(&mut self, direction: Direction, sender: i32, piece: &Piece<'_>, times: u64) {
        if times == 0 {
            return;
        }
        let talk = Talk {
            count: times,
            bytes: piece.bytes as u64 * times,
        };
        let whom = match piece.subject {
            Subject::None => Whom::Nobody,
            Subject::Node(id) => Whom::Node(id),
            Subject::Spawned(id) => Whom::Spawned(id),
            Subject::Path(path) if path.len() <= LONGEST => Whom::Path(path.into()),
            Subject::Path(_) => Whom::Other,
        };
        let mut key = Key {
            direction,
            kind: piece.kind,
            // Without a number it does not matter whose the numbers are.
            sender: match whom {
                Whom::Node(_) | Whom::Spawned(_) => sender,
                _ => 0,
            },
            whom,
            method: piece.method,
        };
        if self.talks.len() >= MOST && !self.talks.contains_key(&key) {
            key.sender = 0;
            key.whom = Whom::Other;
        }
        if key.whom == Whom::Other {
            key.method = None;
        }
        self.talks.entry(key).or_default().add(talk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: [u8; 3] = [0x80, 5, 2];

    fn key(direction: Direction, kind: Kind, sender: i32, whom: Whom) -> Key {
        Key {
            direction,
            kind,
            sender,
            whom,
            method: None,
        }
    }

    fn taken(talkers: &mut Talkers) -> HashMap<Key, (u64, u64)> {
        let entries = talkers.take();
        entries
            .map(|(key, talk)| (key, (talk.count, talk.bytes)))
            .collect()
    }

    #[test]
    fn packets_count_for_each_recipient() {
        let mut talkers = Talkers::default();
        talkers.send(true, &CALL, 64);
        talkers.send(true, &CALL, 1);
        talkers.send(true, &CALL, 0);
        talkers.receive(true, 9, &CALL);
        talkers.raw(Direction::In, 100, 1);
        let call = |direction, sender| Key {
            method: Some(2),
            ..key(direction, Kind::Rpc, sender, Whom::Node(5))
        };
        let expected = HashMap::from([
            (call(Direction::Out, 0), (65, 195)),
            (call(Direction::In, 9), (1, 3)),
            (key(Direction::In, Kind::Raw, 0, Whom::Nobody), (1, 100)),
        ]);
        assert_eq!(taken(&mut talkers), expected);
        assert_eq!(taken(&mut talkers), HashMap::new());
    }

    #[test]
    fn numbers_in_relayed_packets_are_those_of_the_source() {
        let mut packet = vec![7, 3, 44, 0, 0, 0];
        packet.extend(CALL);
        let mut talkers = Talkers::default();
        talkers.receive(true, 9, &packet);
        talkers.send(true, &packet, 1);
        talkers.receive(false, 1, &packet);
        talkers.send(false, &packet, 1);
        let mut senders: Vec<_> = talkers
            .take()
            .map(|(key, _)| (key.direction, key.sender))
            .collect();
        senders.sort_unstable();
        let expected = [
            (Direction::In, 9),
            (Direction::In, 44),
            (Direction::Out, 0),
            (Direction::Out, 44),
        ];
        assert_eq!(senders, expected);
    }

    #[test]
    fn the_table_is_bounded_and_counts_everything() {
        let mut talkers = Talkers::default();
        let mut bytes = 0;
        for node in 0..5000_u32 {
            let mut call = vec![0xA0];
            call.extend(node.to_le_bytes());
            call.push(1);
            bytes += call.len() as u64;
            talkers.receive(true, 2, &call);
        }
        let all = taken(&mut talkers);
        assert_eq!(all.len(), MOST + 1);
        let other = key(Direction::In, Kind::Rpc, 0, Whom::Other);
        assert_eq!(all[&other].0, 5000 - MOST as u64);
        assert_eq!(all.values().map(|talk| talk.1).sum::<u64>(), bytes);
    }
}
