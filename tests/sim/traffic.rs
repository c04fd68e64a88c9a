//! Datagrams of a game, repeatable: what codecs are tested, trained and measured on.
//!
//! Players walk, shoot and talk. What follows a datagram's header is commands of ENet with what
//! Godot's SceneMultiplayer puts into them: the state of those nearby as MultiplayerSynchronizer
//! writes it, inputs, remote calls, chat, and acknowledgements. Some datagrams hold several of
//! these, as coalescing makes them.

use super::Random;

const PLAYERS: u64 = 18;
/// A datagram that is no larger has room for any other command.
const ROOM_FOR_MORE: usize = 60;
/// Types of Godot's Variant, as its packets name them.
const BOOL: u8 = 1;
const INT: u8 = 2;
const STRING: u8 = 4;
const VECTOR2: u8 = 5;
const VECTOR3: u8 = 9;
/// Two bytes of an integer, in the byte that says its type.
const INT_16: u8 = INT | 1 << 5;
const SEND_RELIABLE: u8 = 0x86;
const SEND_UNSEQUENCED: u8 = 0x49;
const ANIMATIONS: [&str; 5] = ["idle", "walk", "run", "jump", "aim"];
const WORDS: [&str; 24] = [
    "enemy", "at", "the", "bridge", "go", "left", "right", "wait", "for", "me", "nice", "shot",
    "need", "ammo", "health", "who", "has", "flag", "they", "are", "coming", "base", "ok", "gg",
];

/// A game that is played on, a datagram at a time.
#[derive(Debug)]
pub struct Traffic {
    random: Random,
    players: Vec<Player>,
    tick: u16,
    sequence: u16,
}

#[derive(Debug, Clone)]
struct Player {
    position: [f32; 3],
    velocity: [f32; 3],
    yaw: f32,
    health: u8,
    animation: &'static str,
}

impl Traffic {
    /// A game that repeats itself for the same seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let players = (0..PLAYERS).map(|_| Player {
            position: [100.0 * share(&mut random), 1.0, 100.0 * share(&mut random)],
            velocity: [0.0; 3],
            yaw: 0.0,
            health: 100,
            animation: ANIMATIONS[0],
        });
        Self {
            players: players.collect(),
            random,
            tick: 1000,
            sequence: 100,
        }
    }

    /// The next datagram's commands: 20 to 1388 bytes.
    pub fn datagram(&mut self) -> Vec<u8> {
        self.step();
        let mut bytes = Vec::new();
        for _ in 0..self.random.below(3) {
            self.acknowledgement(&mut bytes);
        }
        loop {
            match self.random.below(10) {
                0..5 => {
                    let players = 1 + self.random.below(PLAYERS);
                    self.state(&mut bytes, players as usize);
                }
                5..7 => self.input(&mut bytes),
                7..9 => self.call(&mut bytes),
                _ => self.chat(&mut bytes),
            }
            if bytes.len() > ROOM_FOR_MORE || self.random.below(2) == 0 {
                return bytes;
            }
        }
    }

    /// A datagram with the state of so many players.
    pub fn snapshot(&mut self, players: usize) -> Vec<u8> {
        self.step();
        let mut bytes = Vec::new();
        self.state(&mut bytes, players);
        bytes
    }

    fn step(&mut self) {
        self.tick = self.tick.wrapping_add(16);
        let random = &mut self.random;
        for player in &mut self.players {
            if random.below(30) == 0 {
                let pace = random.below(3) as usize;
                let speed = [0.0, 2.0, 5.0][pace];
                player.yaw = 6.3 * share(random);
                player.velocity = [speed * player.yaw.cos(), 0.0, speed * player.yaw.sin()];
                player.animation = ANIMATIONS[match random.below(8) {
                    0 => 3,
                    1 => 4,
                    _ => pace,
                }];
            }
            if random.below(60) == 0 {
                player.health = player.health.checked_sub(7).unwrap_or(100);
            }
            for (position, velocity) in player.position.iter_mut().zip(player.velocity) {
                *position += velocity / 60.0;
            }
        }
    }

    /// Appends a command of data: its header, its numbers and length, and the payload.
    fn command(&mut self, bytes: &mut Vec<u8>, number: u8, channel: u8, payload: &[u8]) {
        self.sequence = self.sequence.wrapping_add(1);
        bytes.extend([number, channel]);
        bytes.extend(self.sequence.to_be_bytes());
        if number == SEND_UNSEQUENCED {
            bytes.extend(self.sequence.to_be_bytes());
        }
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend(payload);
    }

    fn acknowledgement(&mut self, bytes: &mut Vec<u8>) {
        self.sequence = self.sequence.wrapping_add(1);
        bytes.extend([1, 2]);
        for number in [self.sequence, self.sequence, self.tick] {
            bytes.extend(number.to_be_bytes());
        }
    }

    /// What MultiplayerSynchronizer sends of each player: position, rotation, velocity, health and
    /// animation.
    fn state(&mut self, bytes: &mut Vec<u8>, players: usize) {
        let mut payload = vec![5];
        payload.extend(self.tick.to_le_bytes());
        let first = self.random.below(PLAYERS) as usize;
        for index in (first..first + players).map(|index| index % self.players.len()) {
            let player = &self.players[index];
            let mut state = Vec::new();
            vector(&mut state, VECTOR3, &player.position);
            vector(&mut state, VECTOR3, &[0.0, player.yaw, 0.0]);
            vector(&mut state, VECTOR3, &player.velocity);
            state.extend([INT, player.health]);
            text(&mut state, player.animation);
            payload.extend((index as u32 + 2).to_le_bytes());
            payload.extend((state.len() as u32).to_le_bytes());
            payload.extend(state);
        }
        self.command(bytes, SEND_UNSEQUENCED, 3, &payload);
    }

    /// An unreliable call of a client: where the stick points, what is pressed, and when.
    fn input(&mut self, bytes: &mut Vec<u8>) {
        let player = &self.players[0];
        let mut payload = vec![0x40, 1, 0, 4];
        let stick = [player.velocity[0] / 5.0, player.velocity[2] / 5.0];
        vector(&mut payload, VECTOR2, &stick);
        payload.extend([
            BOOL | (self.tick as u8 & 0x80),
            INT,
            player.health & 3,
            INT_16,
        ]);
        payload.extend(self.tick.to_le_bytes());
        self.command(bytes, SEND_UNSEQUENCED, 3, &payload);
    }

    /// A reliable call with a place, a number and a flag.
    fn call(&mut self, bytes: &mut Vec<u8>) {
        let index = self.random.below(PLAYERS) as usize;
        let player = &self.players[index];
        let mut payload = vec![0x40, index as u8, 1 + self.random.below(6) as u8, 3];
        vector(&mut payload, VECTOR3, &player.position);
        payload.extend([INT, player.health, BOOL]);
        self.command(bytes, SEND_RELIABLE, 2, &payload);
    }

    fn chat(&mut self, bytes: &mut Vec<u8>) {
        let count = 2 + self.random.below(12);
        let words = (0..count).map(|_| WORDS[self.random.below(WORDS.len() as u64) as usize]);
        let line = words.collect::<Vec<_>>().join(" ");
        let mut payload = vec![0x40, 200, 7, 1];
        text(&mut payload, &line);
        self.command(bytes, SEND_RELIABLE, 2, &payload);
    }
}

/// Appends a Variant of floats.
fn vector(bytes: &mut Vec<u8>, kind: u8, numbers: &[f32]) {
    bytes.extend(u32::from(kind).to_le_bytes());
    for number in numbers {
        bytes.extend(number.to_le_bytes());
    }
}

/// Appends a Variant of text, filled up to a multiple of four bytes.
fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(u32::from(STRING).to_le_bytes());
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(&[0; 3][..text.len().wrapping_neg() % 4]);
}

/// A number from 0 to 1.
fn share(random: &mut Random) -> f32 {
    random.below(1 << 24) as f32 / (1 << 24) as f32
}
