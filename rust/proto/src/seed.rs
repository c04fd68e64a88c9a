//! The seed of a host's random numbers.

use std::fmt;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// 256 bits from which a host draws its random numbers: tokens, slots, sessions, numbers of commands and keys.
/// They must be unpredictable, for example from the system's generator. The numbers do not give the seed away.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Another seed, for one more host. This seed changes, so that no two seeds of its are equal.
    #[must_use]
    pub fn split(&mut self) -> Self {
        let mut random = self.generator();
        random.fill_bytes(&mut self.0);
        let mut bytes = [0; 32];
        random.fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(crate) fn generator(&self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(self.0)
    }
}

/// A seed that is easily guessed, for tests and simulations.
impl From<u32> for Seed {
    fn from(number: u32) -> Self {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        Self(bytes)
    }
}

/// The bytes are secret.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seed").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_seeds_are_equal_and_none_is_printed() {
        let mut seed = Seed::from(7);
        let seeds = [seed.clone(), seed.split(), seed.split(), seed.clone()];
        for (at, seed) in seeds.iter().enumerate() {
            assert!(!seeds[at + 1..].contains(seed));
        }
        assert_eq!(format!("{:?}", seeds[0]), "Seed { .. }");
    }
}
