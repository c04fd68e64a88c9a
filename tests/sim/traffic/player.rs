//! A player of the game: its movement and its visible state.

use std::f32::consts::TAU;

use crate::Random;

const ANIMATIONS: [&str; 5] = ["idle", "walk", "run", "jump", "aim"];
const SPEEDS: [f32; 3] = [0.0, 2.0, 5.0];
const JUMP: usize = 3;
const AIM: usize = 4;
/// Metres of the map from one end to the other.
const MAP: f32 = 200.0;
/// Metres from one floor to the next.
const FLOOR: f32 = 3.0;
const TICKS_PER_SECOND: f32 = 60.0;
const JUMP_TICKS: u8 = 40;

#[derive(Debug, Clone)]
pub struct Player {
    pub position: [f32; 3],
    pub velocity: [f32; 3],
    pub yaw: f32,
    pub health: u8,
    pub animation: &'static str,
    floor: f32,
    /// Ticks since a jump began.
    airborne: u8,
}

impl Player {
    pub fn new(random: &mut Random) -> Self {
        let floor = 1.0 + FLOOR * random.below(3) as f32;
        Self {
            position: [MAP * share(random), floor, MAP * share(random)],
            velocity: [0.0; 3],
            yaw: TAU * share(random),
            health: 100,
            animation: ANIMATIONS[0],
            floor,
            airborne: 0,
        }
    }

    /// Advances by one tick.
    pub fn step(&mut self, random: &mut Random) {
        if random.below(30) == 0 {
            self.decide(random);
        }
        if random.below(60) == 0 {
            self.health = self.health.checked_sub(7).unwrap_or(100);
        }
        if random.below(3) == 0 {
            // The mouse moves.
            self.yaw = (self.yaw + 0.1 * (share(random) - 0.5)).rem_euclid(TAU);
        }
        for axis in [0, 2] {
            let moved = self.position[axis] + self.velocity[axis] / TICKS_PER_SECOND;
            self.position[axis] = moved.clamp(0.0, MAP);
        }
        if self.animation == "jump" {
            self.airborne += 1;
            let done = f32::from(self.airborne) / f32::from(JUMP_TICKS);
            self.position[1] = self.floor + 4.0 * done * (1.0 - done);
            self.velocity[1] = 6.0 * (0.5 - done);
            if self.airborne == JUMP_TICKS {
                self.land(ANIMATIONS[0]);
            }
        }
    }

    /// Picks a new speed, direction and animation.
    fn decide(&mut self, random: &mut Random) {
        let pace = random.below(3) as usize;
        let direction = TAU * share(random);
        let speed = SPEEDS[pace];
        let animation = match random.below(8) {
            0 => JUMP,
            1 => AIM,
            _ => pace,
        };
        self.land(ANIMATIONS[animation]);
        self.velocity = [speed * direction.cos(), 0.0, speed * direction.sin()];
    }

    fn land(&mut self, animation: &'static str) {
        self.animation = animation;
        self.airborne = 0;
        self.position[1] = self.floor;
        self.velocity[1] = 0.0;
    }

    /// The direction of the stick, with length 1 at full speed.
    pub fn stick(&self) -> [f32; 2] {
        [self.velocity[0], self.velocity[2]].map(|speed| speed / SPEEDS[2])
    }

    /// Position in centimetres, direction in 256 steps, and animation with health in one byte.
    pub fn quantised(&self) -> [u8; 8] {
        let [x, y, z] = self.position.map(|metres| (100.0 * metres) as u16);
        let mut bytes = [0; 8];
        for (room, number) in bytes.chunks_exact_mut(2).zip([x, y, z]) {
            room.copy_from_slice(&number.to_le_bytes());
        }
        let animation = ANIMATIONS.iter().position(|it| *it == self.animation);
        bytes[6] = (self.yaw / TAU * 256.0) as u8;
        bytes[7] = (self.health / 4) << 3 | animation.unwrap_or(0) as u8;
        bytes
    }
}

/// A number from 0 to 1.
fn share(random: &mut Random) -> f32 {
    random.below(1 << 24) as f32 / (1 << 24) as f32
}
