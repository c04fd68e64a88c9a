//! Reproducible game datagrams, on which codecs are tested, trained and measured.
//!
//! Players walk, jump, shoot and talk. The bytes after a datagram's header are ENet commands that
//! carry the payloads of Godot's SceneMultiplayer (the tests hold captures of stock Godot 4.6.3):
//! the state of nearby players as MultiplayerSynchronizer writes it, positions that the game
//! quantises and packs itself, inputs, remote calls, chat, and acknowledgements.

mod encode;
mod player;

use super::Random;
use encode::{SEND_RELIABLE, SEND_UNSEQUENCED, argument_bool, argument_int, text, vector};
use player::Player;

/// Nearby players: as many as Godot puts into one packet of states.
const PLAYERS: usize = 19;
/// Further players far away, of whom only quantised positions are sent.
const FAR_PLAYERS: usize = 96;
/// Bytes up to which a datagram still has room for any other command.
const ROOM_FOR_MORE: usize = 47;
const WORDS: [&str; 32] = [
    "enemy", "at", "the", "bridge", "go", "left", "right", "wait", "for", "me", "nice", "shot",
    "need", "ammo", "health", "who", "has", "flag", "they", "are", "coming", "base", "ok", "gg",
    "não", "où", "schön", "да", "vamos", "👍", "42", "lol",
];

/// The main content of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The state of players as MultiplayerSynchronizer sends it.
    Snapshot,
    /// Quantised positions in an array of bytes.
    Positions,
    /// The keys a player presses.
    Input,
    /// Reliable remote calls.
    Call,
    /// Lines of text.
    Chat,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Snapshot,
        Self::Positions,
        Self::Input,
        Self::Call,
        Self::Chat,
    ];
}

/// A running game, which advances with each datagram.
#[derive(Debug)]
pub struct Traffic {
    random: Random,
    players: Vec<Player>,
    tick: u16,
    /// Latest sequence numbers: of reliable commands, of unsequenced ones, and of acknowledgements.
    reliable: u16,
    unsequenced: u16,
    acknowledged: u16,
}

impl Traffic {
    /// A game; the same seed gives the same datagrams.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let players = (0..PLAYERS + FAR_PLAYERS).map(|_| Player::new(&mut random));
        Self {
            players: players.collect(),
            tick: random.number() as u16,
            reliable: random.below(2000) as u16,
            unsequenced: random.number() as u16,
            acknowledged: random.below(2000) as u16,
            random,
        }
    }

    /// The next datagram's commands, of any kind, 20 to 1388 bytes. Some datagrams hold several kinds,
    /// as coalescing produces them.
    pub fn datagram(&mut self) -> Vec<u8> {
        self.step();
        let mut bytes = Vec::new();
        for _ in 0..self.random.below(3) {
            self.acknowledgement(&mut bytes);
        }
        loop {
            let kind = match self.random.below(20) {
                0..6 => Kind::Snapshot,
                6..9 => Kind::Positions,
                9..15 => Kind::Input,
                15..19 => Kind::Call,
                _ => Kind::Chat,
            };
            self.append(&mut bytes, kind);
            if bytes.len() > ROOM_FOR_MORE || self.random.below(2) == 0 {
                return bytes;
            }
        }
    }

    /// A datagram of one kind only.
    pub fn datagram_of(&mut self, kind: Kind) -> Vec<u8> {
        self.step();
        let mut bytes = Vec::new();
        self.append(&mut bytes, kind);
        bytes
    }

    /// A datagram with the state of `players` players.
    pub fn snapshot(&mut self, players: usize) -> Vec<u8> {
        self.step();
        let mut bytes = Vec::new();
        self.state(&mut bytes, players);
        bytes
    }

    fn step(&mut self) {
        self.tick = self.tick.wrapping_add(1);
        for player in &mut self.players {
            player.step(&mut self.random);
        }
    }

    fn append(&mut self, bytes: &mut Vec<u8>, kind: Kind) {
        match kind {
            Kind::Snapshot => {
                let players = 1 + self.random.below(PLAYERS as u64);
                self.state(bytes, players as usize);
            }
            Kind::Positions => self.positions(bytes),
            Kind::Input => self.input(bytes),
            Kind::Call => self.call(bytes),
            Kind::Chat => self.chat(bytes),
        }
    }

    fn send_unreliable(&mut self, bytes: &mut Vec<u8>, payload: &[u8]) {
        self.unsequenced = self.unsequenced.wrapping_add(1);
        // Unsequenced commands carry a group instead of a reliable sequence number.
        bytes.extend([SEND_UNSEQUENCED, 1, 0, 0]);
        bytes.extend(self.unsequenced.to_be_bytes());
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend(payload);
    }

    fn send_reliable(&mut self, bytes: &mut Vec<u8>, payload: &[u8]) {
        self.reliable = self.reliable.wrapping_add(1);
        bytes.extend([SEND_RELIABLE, 0]);
        bytes.extend(self.reliable.to_be_bytes());
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend(payload);
    }

    fn acknowledgement(&mut self, bytes: &mut Vec<u8>) {
        self.acknowledged = self.acknowledged.wrapping_add(1);
        bytes.extend([1, 0]);
        // The sent time is in milliseconds.
        let time = self.tick.wrapping_mul(16);
        for number in [self.acknowledged, self.acknowledged, time] {
            bytes.extend(number.to_be_bytes());
        }
    }

    /// Appends the state that MultiplayerSynchronizer sends for each player: position, rotation,
    /// velocity, health and animation.
    fn state(&mut self, bytes: &mut Vec<u8>, players: usize) {
        let first = self.random.below(PLAYERS as u64) as usize;
        let mut indices: Vec<usize> = (0..players).map(|it| (first + it) % PLAYERS).collect();
        indices.sort_unstable();
        let mut payload = encode::sync(self.tick);
        for index in indices {
            let player = &self.players[index];
            let mut state = Vec::new();
            vector(&mut state, &player.position);
            vector(&mut state, &[0.0, player.yaw, 0.0]);
            vector(&mut state, &player.velocity);
            argument_int(&mut state, player.health.into());
            text(&mut state, player.animation);
            encode::sync_state(&mut payload, index as u32 + 1, &state);
        }
        self.send_unreliable(bytes, &payload);
    }

    /// Appends an unreliable call with an array of bytes: the tick, then for each player in sight its
    /// number, position in centimetres, direction, and animation with health.
    fn positions(&mut self, bytes: &mut Vec<u8>) {
        let mut payload = encode::call_of_bytes(1, 2);
        payload.extend(self.tick.to_le_bytes());
        let one_in = 1 + self.random.below(8);
        for (number, player) in self.players.iter().enumerate() {
            if self.random.below(one_in) == 0 {
                payload.push(number as u8);
                payload.extend(player.quantised());
            }
        }
        self.send_unreliable(bytes, &payload);
    }

    /// Appends an unreliable call of a client: stick direction, pressed buttons, and tick.
    fn input(&mut self, bytes: &mut Vec<u8>) {
        let index = self.random.below(PLAYERS as u64) as usize;
        let player = &self.players[index];
        let mut payload = encode::call(1, 4, 4);
        vector(&mut payload, &player.stick());
        argument_bool(&mut payload, player.animation == "jump");
        argument_int(&mut payload, self.random.below(4) as u16);
        argument_int(&mut payload, self.tick);
        self.send_unreliable(bytes, &payload);
    }

    /// Appends a reliable call with a position, a number and a flag.
    fn call(&mut self, bytes: &mut Vec<u8>) {
        let index = self.random.below(PLAYERS as u64) as usize;
        let player = &self.players[index];
        let method = 5 + self.random.below(6) as u8;
        let mut payload = encode::call(1 + index as u8, method, 3);
        vector(&mut payload, &player.position);
        argument_int(&mut payload, 5 * self.random.below(20) as u16);
        argument_bool(&mut payload, self.random.below(4) == 0);
        self.send_reliable(bytes, &payload);
    }

    fn chat(&mut self, bytes: &mut Vec<u8>) {
        let count = 1 + self.random.below(12);
        let words = (0..count).map(|_| WORDS[self.random.below(WORDS.len() as u64) as usize]);
        let line = words.collect::<Vec<_>>().join(" ");
        let mut payload = encode::call(2, 1, 1);
        text(&mut payload, &line);
        self.send_reliable(bytes, &payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that the datagram's header leaves of an MTU of 1392.
    const LARGEST: usize = 1388;

    #[test]
    fn the_same_seed_gives_the_same_datagrams() {
        let game = |seed| {
            let mut traffic = Traffic::new(seed);
            let mut datagrams: Vec<_> = (0..200).map(|_| traffic.datagram()).collect();
            for kind in Kind::ALL {
                datagrams.extend((0..50).map(|_| traffic.datagram_of(kind)));
            }
            datagrams.push(traffic.snapshot(7));
            datagrams
        };
        assert_eq!(game(1), game(1));
        let same = std::iter::zip(game(1), game(2)).filter(|(one, two)| one == two);
        assert_eq!(same.count(), 0);
    }

    #[test]
    fn datagrams_have_every_size_that_fits() {
        let mut traffic = Traffic::new(3);
        let sizes: Vec<usize> = (0..5000).map(|_| traffic.datagram().len()).collect();
        assert!(sizes.iter().all(|size| (20..=LARGEST).contains(size)));
        for range in [
            20..40,
            40..100,
            100..400,
            400..1000,
            1000..1300,
            1300..LARGEST,
        ] {
            let count = sizes.iter().filter(|size| range.contains(size)).count();
            assert!(count > 30, "{count} of {range:?}");
        }
        for kind in Kind::ALL {
            let mut sizes = (0..2000).map(|_| traffic.datagram_of(kind).len());
            assert!(sizes.all(|size| (20..=LARGEST).contains(&size)), "{kind:?}");
        }
        assert_eq!(traffic.snapshot(11).len(), 8 + 3 + 11 * 70);
    }

    #[test]
    fn a_datagram_consists_of_whole_commands() {
        let mut traffic = Traffic::new(4);
        for _ in 0..1000 {
            let datagram = traffic.datagram();
            let mut rest = &datagram[..];
            while let [number, ..] = rest {
                let size = match *number {
                    1 => 8,
                    SEND_RELIABLE => 6 + usize::from(u16::from_be_bytes([rest[4], rest[5]])),
                    SEND_UNSEQUENCED => 8 + usize::from(u16::from_be_bytes([rest[6], rest[7]])),
                    other => panic!("no such command: {other}"),
                };
                rest = &rest[size..];
            }
        }
    }
}
