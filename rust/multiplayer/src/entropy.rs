//! Unpredictable numbers of the system.

use std::hash::{BuildHasher, RandomState};

use enet_proto::Seed;

/// A seed that nobody can predict, of the system's random numbers. If the system has none, which no supported one
/// does after its start, of the numbers that the standard library keys its hash maps with.
pub fn system_seed() -> Seed {
    let mut bytes = [0; 32];
    if getrandom::fill(&mut bytes).is_err() {
        for (number, part) in bytes.chunks_mut(8).enumerate() {
            part.copy_from_slice(&RandomState::new().hash_one(number).to_ne_bytes());
        }
    }
    Seed::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_seeds_are_equal() {
        assert_ne!(system_seed(), system_seed());
    }
}
