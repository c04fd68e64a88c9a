//! Datagrams of a game, repeatable: what codecs are tested, trained and measured on.
//!
//! Twenty-seven players walk, shoot and talk. What follows a datagram's header is commands of ENet
//! with what a Godot game puts into them: snapshots of everybody, inputs, remote calls, chat, and
//! acknowledgements. Most datagrams hold one kind, some hold several, as coalescing makes them.

use super::Random;

const PLAYERS: u16 = 27;
/// A datagram that is no larger has room for any other command.
const ROOM_FOR_MORE: usize = 592;
const WORDS: [&str; 24] = [
    "enemy", "at", "the", "bridge", "go", "left", "right", "wait", "for", "me", "nice", "shot",
    "need", "ammo", "health", "who", "has", "flag", "they", "are", "coming", "base", "ok", "gg",
];

/// A game that is played on, a datagram at a time.
#[derive(Debug)]
pub struct Traffic {
    random: Random,
    players: Vec<Player>,
    tick: u32,
    sequence: u16,
}

#[derive(Debug, Clone, Default)]
struct Player {
    position: [f32; 3],
    velocity: [f32; 3],
    yaw: f32,
    health: u8,
    weapon: u8,
    buttons: u8,
}

impl Traffic {
    /// A game that repeats itself for the same seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let players = (0..PLAYERS).map(|_| Player {
            position: [100.0 * share(&mut random), 1.0, 100.0 * share(&mut random)],
            health: 100,
            ..Player::default()
        });
        Self {
            players: players.collect(),
            random,
            tick: 1000,
            sequence: 100,
        }
    }

    /// The next datagram's commands, at most 1388 bytes.
    pub fn datagram(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..self.random.below(3) {
            self.acknowledgement(&mut bytes);
        }
        match self.random.below(10) {
            0..4 => self.snapshot(&mut bytes, PLAYERS),
            4..7 => self.input(&mut bytes),
            7 => self.chat(&mut bytes),
            _ => {
                for _ in 0..1 + self.random.below(4) {
                    self.call(&mut bytes);
                }
            }
        }
        while self.random.below(4) == 0 && bytes.len() <= ROOM_FOR_MORE {
            let players = 1 + self.random.below(PLAYERS.into()) as u16;
            match self.random.below(3) {
                0 => self.snapshot(&mut bytes, players),
                1 => self.call(&mut bytes),
                _ => self.chat(&mut bytes),
            }
        }
        bytes
    }

    /// A datagram of one snapshot of everybody: 796 bytes.
    pub fn large_snapshot(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.snapshot(&mut bytes, PLAYERS);
        bytes
    }

    fn step(&mut self) {
        self.tick += 1;
        let random = &mut self.random;
        for player in &mut self.players {
            if random.below(30) == 0 {
                let angle = 6.3 * share(random);
                player.yaw = angle;
                let speed = [0.0, 2.0, 5.0][random.below(3) as usize];
                player.velocity = [speed * angle.cos(), 0.0, speed * angle.sin()];
                player.buttons = random.below(8) as u8;
            }
            if random.below(60) == 0 {
                player.health = player.health.saturating_sub(7);
                player.weapon = random.below(5) as u8;
            }
            for (position, velocity) in player.position.iter_mut().zip(player.velocity) {
                *position += velocity / 60.0;
            }
        }
    }

    /// Appends a command of data: its header, sequence numbers, length, and the payload.
    fn command(&mut self, bytes: &mut Vec<u8>, number: u8, channel: u8, payload: &[u8]) {
        self.sequence = self.sequence.wrapping_add(1);
        bytes.extend([number, channel]);
        bytes.extend(self.sequence.to_be_bytes());
        if number & 0x80 == 0 {
            bytes.extend(self.sequence.to_be_bytes());
        }
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend(payload);
    }

    fn acknowledgement(&mut self, bytes: &mut Vec<u8>) {
        self.sequence = self.sequence.wrapping_add(1);
        bytes.extend([1, 2]);
        for number in [self.sequence, self.sequence, self.tick as u16 * 16] {
            bytes.extend(number.to_be_bytes());
        }
    }

    fn snapshot(&mut self, bytes: &mut Vec<u8>, players: u16) {
        self.step();
        let mut payload = vec![0x42];
        payload.extend(self.tick.to_le_bytes());
        let first = self.random.below(u64::from(PLAYERS - players) + 1) as usize;
        let shown = &self.players[first..first + usize::from(players)];
        for (player, index) in shown.iter().zip(first..) {
            payload.extend((1000 + index as u16).to_le_bytes());
            for number in player.position.iter().chain([&player.yaw]) {
                payload.extend(number.to_le_bytes());
            }
            for number in player.velocity {
                payload.extend(((256.0 * number) as i16).to_le_bytes());
            }
            payload.extend([player.health, player.weapon, player.buttons, 1, 0]);
        }
        self.command(bytes, 0x49, 3, &payload);
    }

    fn input(&mut self, bytes: &mut Vec<u8>) {
        self.step();
        let player = &self.players[0];
        let mut payload = vec![0x41];
        // The last three, as some get lost.
        for age in 0..3 {
            payload.extend((self.tick - age).to_le_bytes());
            payload.extend([player.buttons, player.velocity[0] as i8 as u8]);
            payload.extend(((10_000.0 * player.yaw) as u16).to_le_bytes());
        }
        self.command(bytes, 0x49, 3, &payload);
    }

    /// A remote call as SceneMultiplayer writes it: path, method, and three arguments.
    fn call(&mut self, bytes: &mut Vec<u8>) {
        let index = self.random.below(PLAYERS.into()) as usize;
        let player = &self.players[index];
        let mut payload = vec![0x40, index as u8, self.random.below(6) as u8, 3];
        payload.extend(9u32.to_le_bytes());
        for number in player.position {
            payload.extend(number.to_le_bytes());
        }
        payload.extend(2u32.to_le_bytes());
        payload.extend(u32::from(player.health).to_le_bytes());
        payload.extend([1, 0, 0, 0, player.buttons & 1, 0, 0, 0]);
        self.command(bytes, 0x86, 2, &payload);
    }

    fn chat(&mut self, bytes: &mut Vec<u8>) {
        let count = 2 + self.random.below(12);
        let words = (0..count).map(|_| WORDS[self.random.below(WORDS.len() as u64) as usize]);
        let text = words.collect::<Vec<_>>().join(" ");
        let mut payload = vec![0x40, 200, 7, 1, 4, 0, 0, 0];
        payload.extend((text.len() as u32).to_le_bytes());
        payload.extend(text.as_bytes());
        self.command(bytes, 0x86, 2, &payload);
    }
}

/// A number from 0 to 1.
fn share(random: &mut Random) -> f32 {
    random.below(1 << 24) as f32 / (1 << 24) as f32
}
