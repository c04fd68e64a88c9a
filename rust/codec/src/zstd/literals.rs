//! Literals: what a zstd frame holds of a datagram that no match covers. They are stored as they are,
//! or Huffman-coded where that makes them smaller.

/// Fewer than this zstd never codes.
const LEAST: usize = 64;

/// How the literals of a frame are stored.
#[derive(Debug, PartialEq, Eq)]
pub enum Literals<'a> {
    /// As they are, and so many that they might have been coded.
    Plain(&'a [u8]),
    /// In any other way, or too few to ask.
    Other,
}

impl<'a> Literals<'a> {
    /// Those of the frame that was made of a datagram, without a dictionary.
    pub fn of(frame: &'a [u8], datagram: &'a [u8]) -> Self {
        match plain(frame, datagram) {
            Some(literals) if literals.len() >= LEAST => Self::Plain(literals),
            _ => Self::Other,
        }
    }
}

fn plain<'a>(frame: &'a [u8], datagram: &'a [u8]) -> Option<&'a [u8]> {
    let descriptor = *frame.get(4)?;
    let has_window = descriptor & 0x20 == 0;
    let size_bytes = match descriptor >> 6 {
        0 => usize::from(!has_window),
        flag => 1 << flag,
    };
    let blocks = frame.get(5 + usize::from(has_window) + size_bytes..)?;
    let ([block, ..], section) = blocks.split_first_chunk::<3>()?;
    match block >> 1 & 3 {
        // The block is stored as it is.
        0 => return Some(datagram),
        2 => {}
        _ => return None,
    }
    let bytes = section.first_chunk::<3>()?;
    if bytes[0] & 3 != 0 {
        return None;
    }
    let bits = bytes[0] as usize | (bytes[1] as usize) << 8 | (bytes[2] as usize) << 16;
    let (head, size) = match bytes[0] >> 2 & 3 {
        1 => (2, bits >> 4 & 0xFFF),
        3 => (3, bits >> 4),
        _ => (1, bits >> 3 & 0x1F),
    };
    section.get(head..head + size)
}

/// Says whether Huffman coding would make literals smaller.
#[derive(Debug)]
pub struct Estimate {
    /// A count times its logarithm, in bits.
    logarithms: [f32; 256],
}

impl Estimate {
    pub fn new() -> Self {
        Self {
            logarithms: std::array::from_fn(|count| weighted(count as u32)),
        }
    }

    /// Takes a tenth of the time of trying.
    pub fn says_yes(&self, literals: &[u8]) -> bool {
        let mut counts = [0u32; 256];
        for byte in literals {
            counts[usize::from(*byte)] += 1;
        }
        let (mut most, mut kinds, mut known) = (0, 0, 0.0);
        for count in counts {
            most = most.max(count);
            kinds += u32::from(count > 0);
            known += match self.logarithms.get(count as usize) {
                Some(bits) => *bits,
                None => weighted(count),
            };
        }
        let size = literals.len() as u32;
        let coded = weighted(size) - known + TREE + KIND * kinds as f32;
        // What zstd asks for, before and after.
        most > size / 128 + 4 && coded < 8.0 * (size - size / 64 - 2) as f32
    }
}

fn weighted(count: u32) -> f32 {
    let count = count.max(1) as f32;
    count * count.log2()
}

/// Bits that the code itself takes: in any case, and for each byte that occurs. Fitted to game traffic,
/// text and arrays of numbers: what zstd coded of them and what it did not.
const TREE: f32 = 170.0;
const KIND: f32 = 2.3;

#[cfg(test)]
mod tests {
    use super::*;
    use zstd_safe::{CCtx, CParameter, ParamSwitch};

    fn packed(datagram: &[u8], mode: ParamSwitch) -> Vec<u8> {
        let mut context = CCtx::create();
        let set = context.set_parameter(CParameter::LiteralCompressionMode(mode));
        set.expect("a valid parameter");
        let mut frame = vec![0; datagram.len() + 100];
        let size = context.compress2(&mut frame[..], datagram).expect("fits");
        frame.truncate(size);
        frame
    }

    /// Bytes of few kinds, then a repetition that is a match, of sizes for all heads.
    #[test]
    fn plain_literals_are_found() {
        for size in [64, 100, 300, 1000, 3000] {
            let mut state = 1u32;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'a' + (state >> 28) as u8
            };
            let mut datagram: Vec<u8> = (0..size).map(|_| next()).collect();
            let first = datagram[..40].to_vec();
            datagram.extend(first);
            let frame = packed(&datagram, ParamSwitch::Disable);
            let Literals::Plain(literals) = Literals::of(&frame, &datagram) else {
                panic!("none of {size}");
            };
            assert!(literals.len() < datagram.len(), "{size}");
            assert!(datagram.starts_with(&literals[..literals.len().min(60)]));
            let frame = packed(&datagram, ParamSwitch::Enable);
            assert_eq!(Literals::of(&frame, &datagram), Literals::Other, "{size}");
        }
    }

    #[test]
    fn a_block_that_is_stored_is_all_literals() {
        let datagram: Vec<u8> = (0..200u32).map(|at| ((at * at * at) >> 3) as u8).collect();
        let frame = packed(&datagram, ParamSwitch::Enable);
        assert!(frame.ends_with(&datagram), "stored");
        assert_eq!(
            Literals::of(&frame, &datagram),
            Literals::Plain(&datagram[..])
        );
    }

    #[test]
    fn what_is_cut_off_has_none() {
        let datagram = [7; 300];
        let frame = packed(&datagram, ParamSwitch::Disable);
        for size in 0..frame.len() {
            assert_eq!(Literals::of(&frame[..size], &datagram), Literals::Other);
        }
    }
}
