//! The interval that a range coder narrows: its settled leading bytes are written, and read again.

/// The interval never gets narrower than this.
pub const BOTTOM: u32 = 1 << 16;

/// Narrows an interval and writes its settled bytes.
pub struct Encoder<'a> {
    low: u32,
    range: u32,
    output: &'a mut [u8],
    size: usize,
}

impl<'a> Encoder<'a> {
    pub fn new(output: &'a mut [u8]) -> Self {
        Self {
            low: 0,
            range: u32::MAX,
            output,
            size: 0,
        }
    }

    /// Narrows the interval to a share of it. `None` if the output is full.
    pub fn encode(&mut self, under: u16, count: u16, total: u16) -> Option<()> {
        self.range = divided(self.range, total);
        self.low = self.low.wrapping_add(u32::from(under) * self.range);
        self.range *= u32::from(count);
        loop {
            self.put(settled(self.low, self.range))?;
            if self.range >= BOTTOM {
                return Some(());
            }
            self.range = widest(self.low);
            self.put(1)?;
        }
    }

    /// Writes so many leading bytes of `low`, at most three.
    fn put(&mut self, bytes: u32) -> Option<()> {
        let all = self.low.to_be_bytes();
        match self.output[self.size..].first_chunk_mut() {
            // Four bytes are one store; later bytes overwrite the surplus.
            Some(room) => *room = all,
            None => {
                let room = self.output[self.size..].get_mut(..bytes as usize)?;
                room.copy_from_slice(&all[..bytes as usize]);
            }
        }
        self.size += bytes as usize;
        self.low <<= 8 * bytes;
        self.range <<= 8 * bytes;
        Some(())
    }

    /// Writes the rest, without trailing zeros: the decoder reads zeros beyond the end.
    pub fn finish(mut self) -> Option<usize> {
        while self.low != 0 {
            self.put(1)?;
        }
        Some(self.size)
    }
}

/// Narrows the interval as the encoder did, towards the code in the input.
pub struct Decoder<'a> {
    low: u32,
    range: u32,
    code: u32,
    input: &'a [u8],
    /// Bytes that `code` has taken in, counting the zeros beyond the end.
    at: usize,
}

impl<'a> Decoder<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        let mut decoder = Self {
            low: 0,
            range: u32::MAX,
            code: 0,
            input,
            at: 0,
        };
        decoder.code = decoder.next_bytes();
        decoder.at = 4;
        decoder
    }

    /// The next four bytes of the input, with zeros beyond its end.
    fn next_bytes(&self) -> u32 {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let bytes = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut bytes = [0; 4];
            bytes[..rest.len()].copy_from_slice(rest);
            bytes
        });
        u32::from_be_bytes(bytes)
    }

    /// Divides the interval by a total. A call of `skip` has to follow.
    pub fn split(&mut self, total: u16) {
        self.range = divided(self.range, total);
    }

    /// Whether the code lies below a cumulated count.
    pub fn is_below(&self, count: u16) -> bool {
        self.code.wrapping_sub(self.low) < self.range * u32::from(count)
    }

    /// The cumulated count at the code; `None` if the code lies outside of the interval.
    pub fn read(&self, total: u16) -> Option<u16> {
        let code = self.code.wrapping_sub(self.low) / self.range;
        (code < u32::from(total)).then_some(code as u16)
    }

    /// Narrows the interval to a share of it.
    pub fn skip(&mut self, under: u16, count: u16) {
        self.low = self.low.wrapping_add(u32::from(under) * self.range);
        self.range *= u32::from(count);
        loop {
            self.shift(settled(self.low, self.range));
            if self.range >= BOTTOM {
                return;
            }
            self.range = widest(self.low);
            self.shift(1);
        }
    }

    /// Moves on by so many bytes, at most three.
    fn shift(&mut self, bytes: u32) {
        let next = u64::from(self.code) << u32::BITS | u64::from(self.next_bytes());
        self.code = (next >> (u32::BITS - 8 * bytes)) as u32;
        self.low <<= 8 * bytes;
        self.range <<= 8 * bytes;
        self.at += bytes as usize;
    }
}

/// A range divided by a total. Nearly all totals are small, and then a multiplication replaces the
/// division, for which every symbol would wait.
fn divided(range: u32, total: u16) -> u32 {
    match RECIPROCALS.get(usize::from(total)) {
        Some(reciprocal) => ((u128::from(range) * u128::from(*reciprocal)) >> u64::BITS) as u32,
        None => range / u32::from(total),
    }
}

/// 2^64 divided by each total, rounded up. Rounding never changes a quotient: the product of a total
/// and its reciprocal exceeds 2^64 by less than the total, and that excess times a range is still far
/// below 2^64. No total is below 2.
static RECIPROCALS: [u64; 2048] = {
    let mut reciprocals = [0; 2048];
    let mut total = 2;
    while total < reciprocals.len() {
        reciprocals[total] = u64::MAX / total as u64 + 1;
        total += 1;
    }
    reciprocals
};

/// How many leading bytes all numbers of the interval have in common, at most three.
fn settled(low: u32, range: u32) -> u32 {
    // Shifting does not change the bytes below, so all can be counted at once. Setting the lowest bit
    // limits the count to three.
    let differing = low ^ low.wrapping_add(range) | 1;
    differing.leading_zeros() / 8
}

/// The range to continue with when a range is too narrow and the top byte still is not settled.
fn widest(low: u32) -> u32 {
    low.wrapping_neg() & (BOTTOM - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_divides_exactly() {
        for total in 2..=u16::MAX {
            let most = u32::MAX / u32::from(total);
            for quotient in [1, 2, 77, most / 2, most - 1, most] {
                let range = quotient * u32::from(total);
                assert_eq!(divided(range, total), quotient, "{range} / {total}");
                assert_eq!(
                    divided(range - 1, total),
                    quotient - 1,
                    "{range} - 1 / {total}"
                );
            }
            assert_eq!(divided(u32::MAX, total), most);
        }
    }
}
