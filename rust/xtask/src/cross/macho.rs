//! Joining the libraries for both processors of Macs into a universal file.

use crate::Outcome;

/// Of a file for one processor of 64 bits, little endian.
const MAGIC: u32 = 0xFEED_FACF;
/// Of a universal file, big endian.
const UNIVERSAL_MAGIC: u32 = 0xCAFE_BABE;
/// The largest page of a Mac is 2 to the power of 14 bytes.
const ALIGNMENT_BITS: u32 = 14;

/// A universal file with these files for single processors in it.
pub fn universal(files: &[Vec<u8>]) -> Outcome<Vec<u8>> {
    let alignment = 1_usize << ALIGNMENT_BITS;
    let count = u32::try_from(files.len()).map_err(|_| "too many files")?;
    let mut header = [UNIVERSAL_MAGIC, count].map(u32::to_be_bytes).concat();
    // Both headers end long before the first page does.
    let mut offset = alignment;
    let mut places = Vec::new();
    for file in files {
        let field = |at: usize| -> Outcome<u32> {
            let bytes = file.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes
                .map(u32::from_le_bytes)
                .ok_or_else(|| "a library for macOS is too short".to_owned())
        };
        if field(0)? != MAGIC {
            return Err("a library for macOS is no Mach-O file of 64 bits".to_owned());
        }
        let number = |value: usize| u32::try_from(value).map_err(|_| "a library is too large");
        // The processor and its variant stand behind the magic number.
        let entry = [
            field(4)?,
            field(8)?,
            number(offset)?,
            number(file.len())?,
            ALIGNMENT_BITS,
        ];
        header.extend(entry.map(u32::to_be_bytes).concat());
        places.push(offset);
        offset = (offset + file.len()).next_multiple_of(alignment);
    }
    let mut whole = header;
    for (file, place) in files.iter().zip(places) {
        whole.resize(place, 0);
        whole.extend(file);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(processor: u32, length: usize) -> Vec<u8> {
        let mut file = [MAGIC, processor, 3].map(u32::to_le_bytes).concat();
        file.resize(length, 7);
        file
    }

    #[test]
    fn each_part_starts_on_a_page_and_is_listed() {
        let parts = [file(0x0100_0007, 20_000), file(0x0100_000C, 12)];
        let whole = universal(&parts).expect("two files");
        assert_eq!(whole[16_384..36_384], parts[0]);
        assert_eq!(whole[49_152..], parts[1]);
        let number = |at: usize| u32::from_be_bytes(whole[at..at + 4].try_into().expect("four"));
        let fields: Vec<u32> = (0..12).map(|index| number(4 * index)).collect();
        let first = [0x0100_0007, 3, 16_384, 20_000, 14];
        let second = [0x0100_000C, 3, 49_152, 12, 14];
        assert_eq!(fields[..2], [0xCAFE_BABE, 2]);
        assert_eq!((&fields[2..7], &fields[7..12]), (&first[..], &second[..]));
    }

    #[test]
    fn other_files_are_refused() {
        assert!(universal(&[vec![0x7F, b'E', b'L', b'F']]).is_err());
        assert!(universal(&[Vec::new()]).is_err());
    }
}
