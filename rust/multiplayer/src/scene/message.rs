//! The messages of SceneMultiplayer in Godot 4. Numbers are little-endian.

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A remote procedure call.
    Rpc,
    /// A node's path and the number that stands for it from now on, or the answer to it.
    Path,
    /// Bytes of the game, or of another protocol than SceneMultiplayer's.
    Raw,
    /// A node was spawned.
    Spawn,
    /// A spawned node was freed.
    Despawn,
    /// The state of a synchronizer.
    Sync,
    /// A peer joined or left.
    System,
    /// A step of the game's authentication.
    Auth,
    /// A message that a server passes on between clients.
    Relay,
}

impl Kind {
    /// A short name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rpc => "rpc",
            Self::Path => "path",
            Self::Raw => "raw",
            Self::Spawn => "spawn",
            Self::Despawn => "despawn",
            Self::Sync => "sync",
            Self::System => "system",
            Self::Auth => "auth",
            Self::Relay => "relay",
        }
    }
}

/// The node that a message is about. The sender of the message gave the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// None is named.
    None,
    /// The number of a node's path.
    Node(u32),
    /// A node's path.
    Path(&'a str),
    /// The network id of a spawned node, or of one of its synchronizers.
    Spawned(u32),
}

/// A message, or one of several states in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What it is for.
    pub kind: Kind,
    /// The node that it is about.
    pub subject: Subject<'a>,
    /// The number of the called method; of a call only.
    pub method: Option<u16>,
    /// Its size; the pieces of a packet add up to the packet.
    pub bytes: usize,
}

/// What a message tells of the numbers in later messages of the same sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson<'a> {
    /// The number of a path.
    Path {
        /// The number.
        node: u32,
        /// The path, relative to the root of the sender's API.
        path: &'a str,
    },
    /// The network ids of a spawned node.
    Spawn {
        /// The number of the spawner's path.
        spawner: u32,
        /// The node's name.
        name: &'a str,
        /// The ids, of the node and of its synchronizers, each of four bytes.
        first: u32,
        /// The further ids.
        others: &'a [u8],
    },
    /// The end of a network id.
    Despawn(u32),
}

const RPC: u8 = 0;
const SIMPLIFY_PATH: u8 = 1;
const CONFIRM_PATH: u8 = 2;
const RAW: u8 = 3;
const SPAWN: u8 = 4;
const DESPAWN: u8 = 5;
const SYNC: u8 = 6;
const SYSTEM: u8 = 7;
const KINDS: u8 = 7;

const AUTH: u8 = 0;
const RELAY: u8 = 3;

/// A flag in the number of a node: an offset of the path in a call, or the number of a path in a state.
const HIGH_BIT: u32 = 1 << 31;
/// Bytes of an SHA-256 or MD5 as text, with its zero.
const CHECKSUM: usize = 33;

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// A text up to its zero or the end.
fn text(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|&byte| byte == 0);
    str::from_utf8(&bytes[..end.unwrap_or(bytes.len())]).ok()
}

/// The peer's id in a message that a server passes on, and the message: clients name the target, servers the source.
pub fn relayed(packet: &[u8]) -> Option<(i32, &[u8])> {
    let &[first, RELAY, ..] = packet else {
        return None;
    };
    let id = number(packet, 2).filter(|_| first & KINDS == SYSTEM)?;
    Some((id as i32, &packet[6..]))
}

/// What a message, not a relayed one, tells of later ones.
pub fn lesson(message: &[u8]) -> Option<Lesson<'_>> {
    let &first = message.first()?;
    match first & KINDS {
        SIMPLIFY_PATH => {
            let at = 1 + CHECKSUM;
            let path = text(message.get(at + 4..)?)?;
            let node = number(message, at)?;
            Some(Lesson::Path { node, path })
        }
        SPAWN => {
            let count = usize::try_from(number(message, 10)?).ok()?;
            let length = usize::try_from(number(message, 14)?).ok()?;
            let ids_end = count.checked_mul(4)?.checked_add(18)?;
            let name = message.get(ids_end..ids_end.checked_add(length)?)?;
            Some(Lesson::Spawn {
                spawner: number(message, 2)?,
                name: text(name)?,
                first: number(message, 6)?,
                others: &message[18..ids_end],
            })
        }
        DESPAWN => Some(Lesson::Despawn(number(message, 1)?)),
        _ => None,
    }
}

/// Hands out the pieces of a message: one, or as many as it has states.
pub fn pieces<'a>(message: &'a [u8], mut each: impl FnMut(Piece<'a>)) {
    let whole = |kind| Piece {
        kind,
        subject: Subject::None,
        method: None,
        bytes: message.len(),
    };
    let Some(&first) = message.first() else {
        return each(whole(Kind::Raw));
    };
    let piece = match first & KINDS {
        RPC => call(message),
        SIMPLIFY_PATH if lesson(message).is_some() => Some(whole(Kind::Path)),
        CONFIRM_PATH if message.len() == 6 => Some(whole(Kind::Path)),
        RAW => Some(whole(Kind::Raw)),
        SPAWN => lesson(message).map(|_| Piece {
            subject: number(message, 2).map_or(Subject::None, Subject::Node),
            ..whole(Kind::Spawn)
        }),
        DESPAWN => number(message, 1).map(|id| Piece {
            subject: Subject::Spawned(id),
            ..whole(Kind::Despawn)
        }),
        SYNC => match states(message, |_| {}) {
            Some(()) => {
                states(message, each);
                return;
            }
            None => None,
        },
        SYSTEM => match message.get(1) {
            Some(&AUTH) => Some(whole(Kind::Auth)),
            Some(&RELAY) => relayed(message).map(|_| whole(Kind::Relay)),
            Some(1..RELAY) if message.len() == 6 => Some(whole(Kind::System)),
            _ => None,
        },
        _ => None,
    };
    each(piece.unwrap_or(whole(Kind::Raw)));
}

fn call(message: &[u8]) -> Option<Piece<'_>> {
    let &flags = message.first()?;
    let node_size = match flags >> 4 & 3 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return None,
    };
    let at = 1 + node_size;
    let node = match node_size {
        1 => u32::from(*message.get(1)?),
        2 => u32::from(u16::from_le_bytes(message.get(1..3)?.try_into().ok()?)),
        _ => number(message, 1)?,
    };
    let method = match flags & 0x40 {
        0 => u16::from(*message.get(at)?),
        _ => u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?),
    };
    let subject = match node & HIGH_BIT {
        0 => Subject::Node(node),
        _ => {
            let offset = usize::try_from(node & !HIGH_BIT).ok()?;
            Subject::Path(text(
                message.get(offset..).filter(|path| !path.is_empty())?,
            )?)
        }
    };
    Some(Piece {
        kind: Kind::Rpc,
        subject,
        method: Some(method),
        bytes: message.len(),
    })
}

/// The states in a message; `None` if it has none or is cut short. The head counts with the first state.
fn states<'a>(message: &'a [u8], mut each: impl FnMut(Piece<'a>)) -> Option<()> {
    let is_delta = message.first()? & 0x10 != 0;
    let (start, head) = if is_delta { (1, 16) } else { (3, 8) };
    let (mut at, mut counted) = (start, 0);
    while at < message.len() {
        let id = number(message, at)?;
        let size = usize::try_from(number(message, at + head - 4)?).ok()?;
        at = at.checked_add(head)?.checked_add(size)?;
        if at > message.len() {
            return None;
        }
        let subject = match id & HIGH_BIT {
            0 => Subject::Spawned(id),
            _ => Subject::Node(id & !HIGH_BIT),
        };
        each(Piece {
            kind: Kind::Sync,
            subject,
            method: None,
            bytes: at - counted,
        });
        counted = at;
    }
    (counted > 0).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(message: &[u8]) -> Vec<Piece<'_>> {
        let mut found = Vec::new();
        pieces(message, |piece| found.push(piece));
        found
    }

    fn piece(kind: Kind, subject: Subject<'_>, bytes: usize) -> Piece<'_> {
        Piece {
            kind,
            subject,
            method: None,
            bytes,
        }
    }

    #[test]
    fn a_call_names_its_node_by_number_or_path() {
        let short = [0x80, 5, 2];
        assert_eq!(all(&short)[0].subject, Subject::Node(5));
        assert_eq!(all(&short)[0].method, Some(2));
        let wide = [0xD0, 0x34, 0x12, 1, 0x80, 9];
        assert_eq!(all(&wide)[0].subject, Subject::Node(0x1234));
        assert_eq!(all(&wide)[0].method, Some(0x8001));
        let with_path = b"\x20\x07\x00\x00\x80\x03\x00A/B\x00";
        assert_eq!(all(with_path)[0].subject, Subject::Path("A/B"));
        assert_eq!(all(with_path)[0].method, Some(3));
        assert_eq!(all(with_path)[0].bytes, 11);
    }

    #[test]
    fn states_of_a_message_are_apart_and_add_up() {
        let mut message = vec![6, 1, 0];
        for (id, size) in [(7_u32, 3_u32), (HIGH_BIT | 4, 0)] {
            message.extend(id.to_le_bytes());
            message.extend(size.to_le_bytes());
            message.extend(vec![0; size as usize]);
        }
        let expected = [
            piece(Kind::Sync, Subject::Spawned(7), 14),
            piece(Kind::Sync, Subject::Node(4), 8),
        ];
        assert_eq!(all(&message), expected);
        message.pop();
        assert_eq!(all(&message), [piece(Kind::Raw, Subject::None, 21)]);
    }

    #[test]
    fn a_spawn_teaches_its_ids() {
        let mut message = vec![4, 0];
        for number in [3_u32, 70, 1, 4, 71] {
            message.extend(number.to_le_bytes());
        }
        message.extend(b"Ball");
        let expected = Lesson::Spawn {
            spawner: 3,
            name: "Ball",
            first: 70,
            others: &71_u32.to_le_bytes(),
        };
        assert_eq!(lesson(&message), Some(expected));
        assert_eq!(all(&message), [piece(Kind::Spawn, Subject::Node(3), 26)]);
        assert_eq!(lesson(&[5, 70, 0, 0, 0]), Some(Lesson::Despawn(70)));
    }

    #[test]
    fn relayed_messages_lie_in_system_messages() {
        let packet = [7, 3, 0xFE, 0xFF, 0xFF, 0xFF, 3, 1];
        assert_eq!(relayed(&packet), Some((-2, &[3, 1][..])));
        assert_eq!(all(&packet), [piece(Kind::Relay, Subject::None, 8)]);
        assert_eq!(relayed(&packet[..5]), None);
        assert_eq!(all(&[7, 0, 1]), [piece(Kind::Auth, Subject::None, 3)]);
        assert_eq!(all(&[7, 1, 2, 0, 0, 0])[0].kind, Kind::System);
    }

    #[test]
    fn no_bytes_are_lost_or_cause_a_panic() {
        let mut random = 1_u64;
        for _ in 0..200_000 {
            let mut bytes = Vec::new();
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            for _ in 0..random >> 59 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                // Small numbers are sizes that fit.
                let byte = (random >> 33) as u8;
                bytes.push(if random >> 63 == 0 { byte } else { byte & 7 });
            }
            let sum: usize = all(&bytes).iter().map(|piece| piece.bytes).sum();
            assert_eq!(sum, bytes.len());
            let _ = (lesson(&bytes), relayed(&bytes));
        }
    }
}
