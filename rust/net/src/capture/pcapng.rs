//! Blocks of the file format pcapng (draft-ietf-opsawg-pcapng), in little-endian byte order. Each function appends one
//! block to a buffer.

/// Raw IP packets, without the header of a link.
const LINK_TYPE_RAW: u16 = 101;
/// The power of ten of the times' unit: nanoseconds.
const NANOSECONDS: u8 = 9;
/// Longest text of an option, in bytes. The format has room for 65535.
const MAX_TEXT: usize = 4096;

const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;

/// Most bytes of a packet's block beside the packet.
pub const PACKET_OVERHEAD: usize = 52;
/// Bytes of an interface's counts.
pub const STATISTICS_SIZE: usize = 52;

/// A packet of an interface.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    pub interface: u32,
    /// Nanoseconds since 1970.
    pub time: u64,
    pub is_inbound: bool,
    /// Its bytes, as far as they were kept.
    pub bytes: &'a [u8],
    /// Its whole size.
    pub size: usize,
}

/// The counts of an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that passed, with those that are not in the file.
    pub received: u64,
    /// Packets that the capture could not keep up with.
    pub dropped: u64,
}

/// Begins a section, and with it a file.
pub fn section(out: &mut Vec<u8>, application: &str, comment: &str) {
    block(out, SECTION, |out| {
        out.extend(0x1A2B_3C4D_u32.to_le_bytes());
        out.extend(1_u16.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        // The length is not known yet.
        out.extend((-1_i64).to_le_bytes());
        text(out, 1, comment);
        text(out, 3, std::env::consts::OS);
        text(out, 4, application);
        end_of_options(out);
    });
}

/// Describes the next interface. `snap_length` is the most bytes of a packet; 0 for all.
pub fn interface(out: &mut Vec<u8>, name: &str, description: &str, snap_length: u32) {
    block(out, INTERFACE, |out| {
        out.extend(LINK_TYPE_RAW.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(snap_length.to_le_bytes());
        text(out, 2, name);
        text(out, 3, description);
        option(out, 9, &[NANOSECONDS]);
        end_of_options(out);
    });
}

/// Adds a packet.
pub fn packet(out: &mut Vec<u8>, packet: &Packet<'_>) {
    block(out, PACKET, |out| {
        out.extend(packet.interface.to_le_bytes());
        time(out, packet.time);
        out.extend(length(packet.bytes.len()));
        out.extend(length(packet.size));
        out.extend_from_slice(packet.bytes);
        pad(out, packet.bytes.len());
        let direction: u32 = if packet.is_inbound { 1 } else { 2 };
        option(out, 2, &direction.to_le_bytes());
        end_of_options(out);
    });
}

/// Adds the counts of an interface up to a time.
pub fn statistics(out: &mut Vec<u8>, interface: u32, now: u64, counts: Counts) {
    block(out, STATISTICS, |out| {
        out.extend(interface.to_le_bytes());
        time(out, now);
        option(out, 4, &counts.received.to_le_bytes());
        option(out, 5, &counts.dropped.to_le_bytes());
        end_of_options(out);
    });
}

fn block(out: &mut Vec<u8>, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let size = length(out.len() - start + 4);
    out[start + 4..start + 8].copy_from_slice(&size);
    out.extend(size);
}

/// A time is two numbers, the upper half first.
fn time(out: &mut Vec<u8>, nanoseconds: u64) {
    out.extend(((nanoseconds >> 32) as u32).to_le_bytes());
    out.extend((nanoseconds as u32).to_le_bytes());
}

fn length(size: usize) -> [u8; 4] {
    (size as u32).to_le_bytes()
}

fn text(out: &mut Vec<u8>, code: u16, text: &str) {
    if !text.is_empty() {
        let end = text.floor_char_boundary(MAX_TEXT);
        option(out, code, &text.as_bytes()[..end]);
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend(code.to_le_bytes());
    out.extend((value.len() as u16).to_le_bytes());
    out.extend_from_slice(value);
    pad(out, value.len());
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend([0; 4]);
}

/// Fills up to a multiple of four bytes.
fn pad(out: &mut Vec<u8>, size: usize) {
    out.resize(out.len() + size.wrapping_neg() % 4, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(bytes: &[u8]) -> Vec<u32> {
        (bytes.chunks(4))
            .map(|word| u32::from_le_bytes(word.try_into().expect("whole words")))
            .collect()
    }

    #[test]
    fn a_packet_is_laid_out_as_the_format_says() {
        let mut out = Vec::new();
        packet(
            &mut out,
            &Packet {
                interface: 2,
                time: 0x0000_0001_0000_0003,
                is_inbound: true,
                bytes: b"abcde",
                size: 9,
            },
        );
        let bytes = u32::from_le_bytes(*b"abcd");
        let expected = [6, 52, 2, 1, 3, 5, 9, bytes, 0x65, 0x0004_0002, 1, 0, 52];
        assert_eq!(words(&out), expected);
        assert!(out.len() <= 5 + PACKET_OVERHEAD);
    }

    #[test]
    fn counts_are_laid_out_as_the_format_says() {
        let mut out = Vec::new();
        let counts = Counts {
            received: 9,
            dropped: 0x0000_0002_0000_0001,
        };
        statistics(&mut out, 3, 7, counts);
        let expected = [5, 52, 3, 0, 7, 0x0008_0004, 9, 0, 0x0008_0005, 1, 2, 0, 52];
        assert_eq!(words(&out), expected);
    }

    #[test]
    fn each_block_has_its_size_at_both_ends() {
        let mut out = Vec::new();
        section(&mut out, "a game", &"é".repeat(MAX_TEXT));
        interface(&mut out, "", "five!", 0);
        let before = out.len();
        statistics(&mut out, 0, 5, Counts::default());
        assert_eq!(out.len() - before, STATISTICS_SIZE);
        let mut rest = out.as_slice();
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four"));
            let size = word(4) as usize;
            assert_eq!(size % 4, 0);
            assert_eq!(word(size - 4) as usize, size);
            kinds.push(word(0));
            rest = &rest[size..];
        }
        assert_eq!(kinds, [SECTION, INTERFACE, STATISTICS]);
    }
}
