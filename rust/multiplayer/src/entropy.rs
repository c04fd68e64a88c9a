//! Unpredictable numbers of the system.

use std::hash::{BuildHasher, RandomState};

use enet_proto::Seed;

/// A seed that nobody can predict.
pub fn system_seed() -> Seed {
    Seed::new(random_bytes())
}

/// A key that nobody can predict.
pub fn system_key() -> [u8; 16] {
    random_bytes()
}

/// Random numbers of the system. If it has none, which no supported system does after its start: the numbers that the
/// standard library keys its hash maps with.
pub(crate) fn random_bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    if getrandom::fill(&mut bytes).is_err() {
        for (number, part) in bytes.chunks_mut(8).enumerate() {
            part.copy_from_slice(&RandomState::new().hash_one(number).to_ne_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_seeds_are_equal() {
        assert_ne!(system_seed(), system_seed());
        assert_ne!(system_key(), system_key());
    }
}
