//! Literals: the bytes of a datagram that no match covers. A zstd frame stores them as they are, or
//! Huffman-coded where that makes them smaller.

/// Zstd never codes fewer literals than this.
const MIN_CODED: usize = 64;

/// How the literals of a frame are stored.
#[derive(Debug, PartialEq, Eq)]
pub enum Literals<'a> {
    /// Stored as they are, and so many that zstd might have coded them.
    Plain(&'a [u8]),
    /// Stored in any other way, or too few for coding.
    Other,
}

impl<'a> Literals<'a> {
    /// The literals of the `frame` that was made of `datagram`, without a dictionary.
    pub fn of(frame: &'a [u8], datagram: &'a [u8]) -> Self {
        match plain(frame, datagram) {
            Some(literals) if literals.len() >= MIN_CODED => Self::Plain(literals),
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
        // A raw block: all of the datagram is literals.
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

/// Estimates whether Huffman coding would make literals smaller.
#[derive(Debug)]
pub struct Estimate {
    /// For each count, the count times its binary logarithm.
    logarithms: [f32; 256],
}

impl Estimate {
    pub fn new() -> Self {
        Self {
            logarithms: std::array::from_fn(|count| weighted(count as u32)),
        }
    }

    /// Whether coding is likely to pay. The estimate takes a tenth of the time of coding.
    pub fn predicts_gain(&self, literals: &[u8]) -> bool {
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
        // The conditions of zstd itself, before and after it codes.
        most > size / 128 + 4 && coded < 8.0 * (size - size / 64 - 2) as f32
    }
}

fn weighted(count: u32) -> f32 {
    let count = count.max(1) as f32;
    count * count.log2()
}

/// Size of the code table in bits: a constant, and a share for each byte value that occurs. Fitted to
/// game traffic, text and arrays of numbers: which of them zstd coded, and which it did not.
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

    /// Bytes of few values, then a repetition for a match, in sizes that need every form of header.
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
    fn a_raw_block_is_all_literals() {
        let datagram: Vec<u8> = (0..200u32).map(|at| ((at * at * at) >> 3) as u8).collect();
        let frame = packed(&datagram, ParamSwitch::Enable);
        assert!(frame.ends_with(&datagram), "stored");
        assert_eq!(
            Literals::of(&frame, &datagram),
            Literals::Plain(&datagram[..])
        );
    }

    #[test]
    fn a_frame_that_is_cut_off_has_no_literals() {
        let datagram = [7; 300];
        let frame = packed(&datagram, ParamSwitch::Disable);
        for size in 0..frame.len() {
            assert_eq!(Literals::of(&frame[..size], &datagram), Literals::Other);
        }
    }
}
