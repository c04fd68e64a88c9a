//! Random numbers for connection tokens.

/// A SplitMix64 generator: its numbers cannot be foreseen without the seed.
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u32) -> Self {
        Self { state: seed.into() }
    }

    pub fn next(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_determines_the_numbers() {
        let numbers = |seed| {
            let mut random = Random::new(seed);
            [random.next(), random.next()]
        };
        // The low halves of the reference implementation's numbers.
        assert_eq!(numbers(0), [0x7B1D_CDAF, 0xA1B9_65F4]);
        assert_ne!(numbers(1), numbers(2));
    }
}
