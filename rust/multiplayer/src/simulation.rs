//! Emulated networks in the units of game makers: settings of both directions, presets, and the text form of a
//! command line.

use std::cell::{Cell, Ref, RefCell};
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::time::Duration;

use enet_net::netem::{Bursts, Conditions, Rate};

use crate::entropy::random_bytes;

mod presets;
#[cfg(test)]
mod tests;
mod text;

pub use presets::PRESETS;

/// Time that reordered datagrams take in addition: a game that sends 60 times a second overtakes them twice.
pub const REORDERING_DELAY: Duration = Duration::from_millis(40);
/// The queue of a limited rate at first, in milliseconds.
const DEFAULT_QUEUE: f64 = 250.0;
/// The least queue in bytes: one datagram waits while another is being sent.
const MIN_QUEUE: f64 = 1500.0;

/// A property of one direction of an emulated network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkProperty {
    /// Time that datagrams take on average, in milliseconds.
    Latency = 0,
    /// Most time that the latency differs from its mean, in milliseconds.
    Jitter = 1,
    /// Share of lost datagrams in percent.
    Loss = 2,
    /// Mean number of datagrams that are lost in a row.
    Burst = 3,
    /// Share of datagrams that arrive twice in percent.
    Duplication = 4,
    /// Share of datagrams that later ones overtake in percent.
    Reordering = 5,
    /// Most kilobits per second; 0 for no limit.
    Rate = 6,
    /// Most milliseconds that datagrams wait for the rate.
    Queue = 7,
    /// Size in bytes of the largest UDP payload that passes; 0 for no limit.
    Mtu = 8,
}

impl LinkProperty {
    /// All properties, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Latency,
        Self::Jitter,
        Self::Loss,
        Self::Burst,
        Self::Duplication,
        Self::Reordering,
        Self::Rate,
        Self::Queue,
        Self::Mtu,
    ];

    /// The name in scripts and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Jitter => "jitter",
            Self::Loss => "loss",
            Self::Burst => "burst",
            Self::Duplication => "duplication",
            Self::Reordering => "reordering",
            Self::Rate => "rate",
            Self::Queue => "queue",
            Self::Mtu => "mtu",
        }
    }

    /// The values that it may have.
    pub fn range(self) -> RangeInclusive<f64> {
        match self {
            Self::Latency | Self::Jitter | Self::Queue => 0.0..=10_000.0,
            Self::Loss | Self::Duplication | Self::Reordering => 0.0..=100.0,
            Self::Burst => 1.0..=1000.0,
            Self::Rate => 0.0..=100_000_000.0,
            Self::Mtu => 0.0..=65_535.0,
        }
    }

    fn default(self) -> f64 {
        match self {
            Self::Burst => 1.0,
            Self::Queue => DEFAULT_QUEUE,
            _ => 0.0,
        }
    }
}

/// One direction of an emulated network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkSettings([f64; LinkProperty::ALL.len()]);

impl Default for LinkSettings {
    /// A perfect network.
    fn default() -> Self {
        Self(LinkProperty::ALL.map(LinkProperty::default))
    }
}

impl LinkSettings {
    /// A property's value.
    pub fn get(&self, property: LinkProperty) -> f64 {
        self.0[property as usize]
    }

    /// Sets a property, if the value is one that it may have.
    pub fn set(&mut self, property: LinkProperty, value: f64) -> Result<(), SimulationError> {
        if !property.range().contains(&value) {
            return Err(SimulationError::Range { property, value });
        }
        self.0[property as usize] = value;
        Ok(())
    }

    /// The same for the emulator.
    pub fn conditions(&self) -> Conditions {
        let time = |property| Duration::from_secs_f64(self.get(property) / 1000.0);
        let share = |property| self.get(property) / 100.0;
        let (latency, jitter) = (time(LinkProperty::Latency), time(LinkProperty::Jitter));
        let least = latency.saturating_sub(jitter);
        let loss = share(LinkProperty::Loss);
        // Loss of such a share in shorter runs is impossible: a datagram that arrives lies between two runs.
        let burst = self.get(LinkProperty::Burst).max(loss / (1.0 - loss));
        let in_runs = self.get(LinkProperty::Burst) > 1.0 && loss > 0.0 && loss < 1.0;
        Conditions {
            latency: least,
            jitter: latency + jitter - least,
            loss: if in_runs { 0.0 } else { loss },
            bursts: in_runs.then(|| Bursts::of_share(loss, burst)),
            duplication: share(LinkProperty::Duplication),
            reordering: share(LinkProperty::Reordering),
            reordering_delay: REORDERING_DELAY,
            rate: self.rate(),
            mtu: match self.get(LinkProperty::Mtu) {
                0.0 => None,
                mtu => Some(mtu as usize),
            },
        }
    }

    fn rate(&self) -> Option<Rate> {
        let rate = self.get(LinkProperty::Rate) * 1000.0 / 8.0;
        if rate <= 0.0 {
            return None;
        }
        let queue = rate * self.get(LinkProperty::Queue) / 1000.0;
        Some(Rate {
            bytes_per_second: NonZeroU64::new(rate as u64).unwrap_or(NonZeroU64::MIN),
            queue: queue.max(MIN_QUEUE) as usize,
        })
    }
}

/// An emulated network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationSettings {
    /// The direction of datagrams that are sent.
    pub outgoing: LinkSettings,
    /// The direction of datagrams that are received.
    pub incoming: LinkSettings,
    seed: u64,
    /// A random number that stands for the seed 0.
    drawn: u64,
}

impl Default for SimulationSettings {
    fn default() -> Self {
        Self {
            outgoing: LinkSettings::default(),
            incoming: LinkSettings::default(),
            seed: 0,
            drawn: drawn_seed(),
        }
    }
}

impl SimulationSettings {
    /// The seed as it was set; 0 for a random one.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The seed that is in use, which is never 0.
    pub fn used_seed(&self) -> u64 {
        match self.seed {
            0 => self.drawn,
            seed => seed,
        }
    }

    /// Chooses a seed; 0 draws another random one.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        if seed == 0 {
            self.drawn = drawn_seed();
        }
    }

    /// Sets a property of both directions.
    pub fn set_both(&mut self, property: LinkProperty, value: f64) -> Result<(), SimulationError> {
        self.outgoing.set(property, value)?;
        self.incoming.set(property, value)
    }
}

/// A random seed that is easily written down: 1 to 2147483647.
fn drawn_seed() -> u64 {
    let number = u32::from_ne_bytes(random_bytes()) >> 1;
    u64::from(number.max(1))
}

/// The reason why settings cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// A value is out of range.
    #[error("{} must be {} to {}, not {value}", property.name(), property.range().start(), property.range().end())]
    Range {
        /// The property.
        property: LinkProperty,
        /// The value.
        value: f64,
    },
    /// There is no preset of this name.
    #[error("there is no preset \"{0}\"; the presets are {names}", names = presets::names())]
    Preset(String),
    /// The command line's option has no value.
    #[error("{option} needs a preset's name or settings: {names}, or for example latency:80,loss:2", option = SimulationSettings::OPTION, names = presets::names())]
    Nothing,
    /// A setting has no known name.
    #[error("there is no setting \"{0}\"")]
    Name(String),
    /// The text of a value is no number.
    #[error("{name} must be a number, not \"{value}\"")]
    Number {
        /// The name of the setting.
        name: String,
        /// The text.
        value: String,
    },
}

/// Settings that a caller changes while hosts use them. Each host takes a change over with its next service.
#[derive(Debug, Default)]
pub struct SharedSimulation {
    settings: RefCell<SimulationSettings>,
    revision: Cell<u64>,
    /// Links that drew their random numbers from the seed in use.
    users: Cell<u64>,
}

impl SharedSimulation {
    /// Settings whose first user does not have the random numbers of others with the same seed.
    pub fn new(settings: SimulationSettings, first_user: u64) -> Self {
        let shared = Self::default();
        *shared.settings.borrow_mut() = settings;
        shared.users.set(first_user);
        shared
    }

    /// The present settings.
    pub fn get(&self) -> Ref<'_, SimulationSettings> {
        self.settings.borrow()
    }

    /// Changes the settings. Returns whether they differ from before.
    pub fn change<R>(&self, change: impl FnOnce(&mut SimulationSettings) -> R) -> (R, bool) {
        let mut settings = self.settings.borrow_mut();
        let before = *settings;
        let done = change(&mut settings);
        if settings.used_seed() != before.used_seed() {
            self.users.set(0);
        }
        let differs = *settings != before;
        if differs {
            self.revision.set(self.revision.get() + 1);
        }
        (done, differs)
    }

    /// A number that each change increases.
    pub fn revision(&self) -> u64 {
        self.revision.get()
    }

    /// A seed for one more user: that of the settings for the first one, and others after it.
    pub(crate) fn next_seed(&self) -> u64 {
        let user = self.users.get();
        self.users.set(user + 1);
        self.get().used_seed().wrapping_add(user << 32)
    }
}
