//! FastLZ, as a block without a header: Godot's `COMPRESS_FASTLZ`.
//!
//! A stream is a sequence of instructions. The top three bits of an instruction's first byte tell its
//! kind: 0 is a run of up to 32 literal bytes, which follow; anything else is a match, a copy of
//! earlier output. The first byte of a stream always begins a run, and its top bits name the level
//! instead. Level 1 has matches of up to 264 bytes from up to 8192 bytes back; level 2 has longer ones
//! from farther away. Godot packs less than 64 KiB with level 1, so this codec writes level 1; it reads
//! both.

use crate::Codec;

/// Most literals of one instruction.
const MAX_RUN: usize = 32;
/// Longest match whose length fits into the three bits.
const MAX_SHORT_MATCH: usize = 8;
const MAX_MATCH: usize = MAX_SHORT_MATCH + 1 + 0xFF;
/// Largest distance of a match of level 1: 13 bits.
const MAX_DISTANCE: usize = 1 << 13;
/// Largest distance in the short form of level 2. The next value announces 16 bits more.
const MAX_SHORT_DISTANCE: usize = MAX_DISTANCE - 1;

/// Slots of the encoder's hash table, as a power of two.
const TABLE_BITS: u32 = 12;
/// Bytes that the encoder reads at once. A match covers three of them at least.
const WORD: usize = 4;
/// Matches that do not overlap themselves are copied in pieces of this size.
const PIECE: usize = 16;

/// The FastLZ codec.
#[derive(Debug)]
pub struct FastLz {
    /// By the hash of three bytes, the position where they were last seen. Positions count through all
    /// datagrams.
    seen: Box<[u32; 1 << TABLE_BITS]>,
    /// Position of the datagram's first byte. Lower positions belong to earlier datagrams, so the table
    /// need not be cleared for every datagram.
    start: u32,
}

impl Default for FastLz {
    fn default() -> Self {
        Self::new()
    }
}

impl FastLz {
    /// A codec. It holds 16 kB.
    pub fn new() -> Self {
        Self {
            seen: Box::new([0; 1 << TABLE_BITS]),
            start: 1,
        }
    }

    /// Reserves the positions of a datagram and returns the first one.
    fn begin(&mut self, size: usize) -> Option<u32> {
        let size = u32::try_from(size).ok()?;
        let start = self.start;
        if let Some(next) = start.checked_add(size) {
            self.start = next;
            return Some(start);
        }
        self.seen.fill(0);
        self.start = 1u32.checked_add(size)?;
        Some(1)
    }

    /// Stores the position of `word`, and returns where its first three bytes may have been before.
    fn note(&mut self, word: u32, position: u32) -> u32 {
        // After this multiplication the topmost bits depend on all three bytes.
        let slot = (word << 8).wrapping_mul(0x9E37_79B1) >> (u32::BITS - TABLE_BITS);
        std::mem::replace(&mut self.seen[slot as usize], position)
    }
}

impl Codec for FastLz {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let start = self.begin(input.len())?;
        let mut output = Output { output, size: 0 };
        let (mut at, mut run) = (0, 0);
        while let Some(word) = word(input, at) {
            let before = self.note(word, start + at as u32).checked_sub(start);
            let Some(from) = before.map(|before| before as usize).filter(|from| {
                at - from <= MAX_DISTANCE
                    && self::word(input, *from).is_some_and(|seen| (seen ^ word) << 8 == 0)
            }) else {
                at += 1;
                continue;
            };
            let most = MAX_MATCH.min(input.len() - at);
            let length = common(&input[from..from + most], &input[at..at + most]);
            output.run(&input[run..at])?;
            output.copy(at - from, length)?;
            at += length;
            run = at;
            // Another match may begin with the last bytes of this one.
            for position in at - 2..at {
                if let Some(word) = self::word(input, position) {
                    self.note(word, start + position as u32);
                }
            }
        }
        output.run(&input[run..])?;
        Some(output.size)
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let (first, rest) = input.split_first()?;
        let mut input = Input { rest };
        let mut output = Output { output, size: 0 };
        let is_far = match first >> 5 {
            0 => false,
            1 => true,
            _ => return None,
        };
        let mut instruction = first & 31;
        // The C decoder ignores a single byte after a stream of level 1: no instruction is that short.
        let shortest = if is_far { 1 } else { 2 };
        loop {
            match usize::from(instruction >> 5) {
                0 => output.put_run(&mut input, usize::from(instruction) + 1)?,
                length => {
                    let high = usize::from(instruction & 31) << 8;
                    let (distance, length) = match is_far {
                        false => input.read_match(high, length)?,
                        true => input.read_far_match(high, length)?,
                    };
                    output.repeat(distance, length)?;
                }
            }
            if input.rest.len() < shortest {
                return Some(output.size);
            }
            instruction = input.byte()?;
        }
    }
}

struct Output<'a> {
    output: &'a mut [u8],
    size: usize,
}

impl Output<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let room = self.output.get_mut(self.size..self.size + bytes.len())?;
        room.copy_from_slice(bytes);
        self.size += bytes.len();
        Some(())
    }

    /// Copies a run from the input.
    fn put_run(&mut self, input: &mut Input<'_>, size: usize) -> Option<()> {
        let longest = input.rest.first_chunk::<MAX_RUN>();
        let room = self.output[self.size..].first_chunk_mut::<MAX_RUN>();
        let (Some(longest), Some(room)) = (longest, room) else {
            return self.put(input.take(size)?);
        };
        // A copy of known size is faster, and later bytes overwrite the surplus.
        *room = *longest;
        input.rest = &input.rest[size..];
        self.size += size;
        Some(())
    }

    /// Writes the instructions for literals.
    fn run(&mut self, bytes: &[u8]) -> Option<()> {
        for run in bytes.chunks(MAX_RUN) {
            self.put(&[run.len() as u8 - 1])?;
            self.put(run)?;
        }
        Some(())
    }

    /// Writes the instruction for a match.
    fn copy(&mut self, distance: usize, length: usize) -> Option<()> {
        let [high, low] = (distance as u16 - 1).to_be_bytes();
        match length {
            ..=MAX_SHORT_MATCH => self.put(&[((length as u8 - 2) << 5) | high, low]),
            _ => {
                let more = length - MAX_SHORT_MATCH - 1;
                self.put(&[(7 << 5) | high, more as u8, low])
            }
        }
    }

    /// Copies a match. A match longer than its distance repeats its own output.
    fn repeat(&mut self, distance: usize, length: usize) -> Option<()> {
        let mut from = self.size.checked_sub(distance)?;
        let end = self.size.checked_add(length)?;
        if distance >= PIECE && end + PIECE <= self.output.len() {
            // Later bytes overwrite the surplus of the last piece.
            for at in (self.size..end).step_by(PIECE) {
                let piece: [u8; PIECE] = *self.output[from..].first_chunk()?;
                *self.output[at..].first_chunk_mut()? = piece;
                from += PIECE;
            }
            self.size = end;
            return Some(());
        }
        let room = self.output.get_mut(..end)?;
        match distance {
            1 => {
                let value = room[from];
                room[self.size..].fill(value);
            }
            _ => {
                // Each copy doubles the number of bytes that the next one can take.
                while self.size < end {
                    let size = (self.size - from).min(end - self.size);
                    room.copy_within(from..from + size, self.size);
                    self.size += size;
                }
            }
        }
        self.size = end;
        Some(())
    }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(size)?;
        self.rest = rest;
        Some(taken)
    }

    /// Distance and length of a match of level 1, of which the first byte was read.
    fn read_match(&mut self, high: usize, length: usize) -> Option<(usize, usize)> {
        let more = match length {
            7 => self.byte()?,
            _ => 0,
        };
        let distance = high + usize::from(self.byte()?) + 1;
        Some((distance, length + 2 + usize::from(more)))
    }

    /// The same of level 2, with any number of length bytes, and distances of up to 16 bits more.
    fn read_far_match(&mut self, high: usize, mut length: usize) -> Option<(usize, usize)> {
        if length == 7 {
            loop {
                let more = self.byte()?;
                length += usize::from(more);
                if more != 0xFF {
                    break;
                }
            }
        }
        let mut distance = high + usize::from(self.byte()?) + 1;
        if distance > MAX_SHORT_DISTANCE {
            let more = u16::from_be_bytes([self.byte()?, self.byte()?]);
            distance = MAX_SHORT_DISTANCE + usize::from(more) + 1;
        }
        Some((distance, length + 2))
    }
}

/// The four bytes at a position, if there are that many.
fn word(input: &[u8], at: usize) -> Option<u32> {
    let word = input.get(at..)?.first_chunk::<WORD>()?;
    Some(u32::from_le_bytes(*word))
}

/// Length of the common prefix.
fn common(left: &[u8], right: &[u8]) -> usize {
    const STEP: usize = 8;
    let mut steps = left.chunks_exact(STEP).zip(right.chunks_exact(STEP));
    let whole = STEP
        * steps
            .by_ref()
            .take_while(|(left, right)| left == right)
            .count();
    let rest = left[whole..].iter().zip(&right[whole..]);
    whole + rest.take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn fastlz_passes_the_common_checks() {
        testing::check(&mut FastLz::new());
    }

    #[test]
    fn a_match_before_the_beginning_is_refused() {
        // A literal, then a match of three bytes from two bytes back.
        assert_eq!(
            FastLz::new().decompress(&[0, 7, 1 << 5, 1], &mut [0; 64]),
            None
        );
        // From one byte back it is good.
        let mut output = [0; 64];
        assert_eq!(
            FastLz::new().decompress(&[0, 7, 1 << 5, 0], &mut output),
            Some(4)
        );
        assert_eq!(output[..5], [7, 7, 7, 7, 0]);
    }

    #[test]
    fn an_unknown_level_is_refused() {
        for level in 2..8 {
            assert_eq!(
                FastLz::new().decompress(&[level << 5, 7], &mut [0; 64]),
                None
            );
        }
    }

    #[test]
    fn godot_fills_short_datagrams_up_with_zeros() {
        // Of a datagram of fewer than 16 bytes, Godot packs 16.
        let packed = [1, 0, 0, 0xE0, 2, 1, 2, 0, 0, 0];
        let mut output = [1; 64];
        assert_eq!(FastLz::new().decompress(&packed, &mut output), Some(16));
        assert_eq!(output[..16], [0; 16]);
    }

    fn round_trip(codec: &mut FastLz, plain: &[u8]) {
        let mut packed = vec![0; 2 * plain.len() + 8];
        let size = codec.compress(plain, &mut packed).expect("fits");
        let mut unpacked = vec![0; plain.len()];
        let unpacked_size = codec.decompress(&packed[..size], &mut unpacked);
        assert_eq!(unpacked_size, Some(plain.len()));
        assert_eq!(unpacked, plain);
    }

    #[test]
    fn positions_that_run_out_begin_anew() {
        let mut codec = FastLz::new();
        let plain: Vec<u8> = (0..2000u32).map(|n| (n / 7 % 50) as u8).collect();
        codec.start = u32::MAX - 5000;
        for _ in 0..5 {
            round_trip(&mut codec, &plain);
        }
        assert_eq!(codec.start, 1 + 3 * 2000);
    }

    #[test]
    fn matches_of_many_lengths_and_distances_come_back() {
        let mut codec = FastLz::new();
        for period in 1..40 {
            for size in 1..600 {
                let plain: Vec<u8> = (0..size).map(|n| (n % period * 7) as u8).collect();
                round_trip(&mut codec, &plain);
            }
        }
    }

    #[test]
    fn level_two_is_read_too() {
        // Two literals, then a match of 2 + 7 + 255 + 1 bytes from one byte back.
        let packed = [0x20 | 1, 5, 6, 0xE0, 0xFF, 1, 0];
        let mut output = [0; 300];
        let size = FastLz::new().decompress(&packed, &mut output);
        assert_eq!(size, Some(2 + 265));
        assert!(output[1..267].iter().all(|byte| *byte == 6));
        // The long form of a distance reaches before the beginning.
        let packed = [0x20 | 1, 5, 6, 0x3F, 0xFF, 0, 0];
        assert_eq!(FastLz::new().decompress(&packed, &mut output), None);
    }
}
