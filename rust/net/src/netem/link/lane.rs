//! The conditions of some datagrams of a link, and what their treatment has to remember.

use std::time::Duration;

use enet_proto::Time;

use super::bottleneck::Bottleneck;
use crate::netem::conditions::Conditions;
use crate::netem::random::Random;

/// Datagrams that meet the same conditions, and share a bottleneck.
#[derive(Debug)]
pub struct Lane {
    pub conditions: Conditions,
    pub is_clear: bool,
    pub bottleneck: Bottleneck,
    pub seed: u64,
    random: Random,
    is_in_burst: bool,
}

/// The random part of a datagram's fate.
pub struct Fate {
    pub is_lost: bool,
    pub is_doubled: bool,
    pub delays: [Duration; 2],
}

impl Lane {
    /// A lane that passes everything at once.
    pub fn new(seed: u64) -> Self {
        Self {
            conditions: Conditions::default(),
            is_clear: true,
            bottleneck: Bottleneck::default(),
            seed,
            random: Random::new(seed),
            is_in_burst: false,
        }
    }

    /// Draws the fates of later datagrams from another seed.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        self.random = Random::new(seed);
        self.is_in_burst = false;
    }

    /// Sets the conditions of later datagrams. Says whether the rate is another one.
    pub fn set_conditions(&mut self, conditions: Conditions) -> bool {
        let has_other_rate = conditions.rate != self.conditions.rate;
        self.is_clear = conditions.is_clear();
        self.is_in_burst &= conditions.bursts.is_some();
        self.conditions = conditions;
        has_other_rate
    }

    /// Draws a datagram's fate. Every datagram takes as many random numbers, so that a change of one
    /// condition leaves the draws for the others as they were.
    pub fn draw(&mut self) -> Fate {
        let Conditions {
            jitter,
            loss,
            bursts,
            duplication,
            ..
        } = self.conditions;
        let change = bursts.map_or(0.0, |bursts| match self.is_in_burst {
            true => bursts.end,
            false => bursts.begin,
        });
        self.is_in_burst ^= self.random.chance(change);
        let loss = match bursts {
            Some(bursts) if self.is_in_burst => bursts.loss,
            _ => loss,
        };
        let is_lost = self.random.chance(loss);
        let is_doubled = self.random.chance(duplication);
        let delays = [(); 2].map(|()| self.draw_delay(jitter));
        Fate {
            is_lost,
            is_doubled,
            delays,
        }
    }

    fn draw_delay(&mut self, jitter: Duration) -> Duration {
        let mut delay = self.conditions.latency;
        delay = delay.saturating_add(self.random.time(jitter));
        if self.random.chance(self.conditions.reordering) {
            delay = delay.saturating_add(self.conditions.reordering_delay);
        }
        delay
    }

    /// When a datagram that arrives now leaves the bottleneck; `None` if its queue is full.
    pub fn enter(&mut self, now: Time, size: usize) -> Option<Time> {
        match self.conditions.rate {
            None => Some(now),
            Some(rate) => self.bottleneck.enter(now, &rate, size),
        }
    }
}
