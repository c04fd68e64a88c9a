//! A host's random numbers.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;

use crate::Seed;

/// The cipher ChaCha20 as a generator: its numbers give neither the seed nor further numbers away.
pub struct Random(Box<ChaCha20Rng>);

impl Random {
    pub fn new(seed: &Seed) -> Self {
        Self(Box::new(seed.generator()))
    }

    pub fn next(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        let scaled = u128::from(self.0.next_u64()) * limit as u128;
        (scaled >> u64::BITS) as usize
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_determines_the_numbers() {
        let numbers = |seed: u32| {
            let mut random = Random::new(&seed.into());
            [random.next(), random.next()]
        };
        // The key stream of the test vector in RFC 8439, appendix A.1: key, nonce and counter are 0.
        assert_eq!(numbers(0), [0xADE0_B876, 0x903D_F1A0]);
        assert_ne!(numbers(1), numbers(2));
        assert_eq!(Random::new(&0.into()).bytes(), [0x76, 0xB8, 0xE0, 0xAD]);
    }

    #[test]
    fn numbers_below_a_limit_are_all_of_them() {
        let mut random = Random::new(&3.into());
        let mut counts = [0; 5];
        for _ in 0..1000 {
            counts[random.below(5)] += 1;
        }
        assert!(
            counts.iter().all(|count| (150..250).contains(count)),
            "{counts:?}"
        );
    }
}
