//! Writes the corpora that fuzzing begins with: `seeds <corpus folder>`.

use std::fs;
use std::io;
use std::path::Path;

use enet_codec::Compression;
use enet_fuzz::codec::dictionary;

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).expect("the corpus folder");
    let folder = Path::new(&folder);
    let mut state = 1u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    // Scripts are read from any bytes, so random ones are scripts of random actions.
    for target in ["engine", "connected", "dtls_insider"] {
        let scripts = folder.join(target);
        fs::create_dir_all(&scripts)?;
        for index in 0..48 {
            let size = 32 << (index % 6);
            let bytes: Vec<u8> = (0..size).map(|_| random()).collect();
            fs::write(scripts.join(format!("seed-{index}")), bytes)?;
        }
    }
    // Attacks that once did harm.
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("known");
    for target in fs::read_dir(known)? {
        let target = target?;
        let corpus = folder.join(target.file_name());
        fs::create_dir_all(&corpus)?;
        for input in fs::read_dir(target.path())? {
            let input = input?;
            fs::copy(input.path(), corpus.join(input.file_name()))?;
        }
    }
    // Bytes of few kinds, which shrink, plain and packed.
    for mode in Compression::all(Some(&dictionary())) {
        let Some(mut codec) = mode.codec() else {
            continue;
        };
        // The fuzz target of a codec is named like its mode.
        let name = mode.name().trim_start_matches("COMPRESS_").to_lowercase();
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        for index in 0..24u8 {
            let plain: Vec<u8> = (0..16usize << (index % 8))
                .map(|_| random() % (1 + index))
                .collect();
            let mut packed = vec![0; 2 * plain.len() + 64];
            let size = codec.compress(&plain, &mut packed).unwrap_or(0);
            fs::write(folder.join(format!("plain-{index}")), &plain)?;
            fs::write(folder.join(format!("packed-{index}")), &packed[..size])?;
        }
    }
    Ok(())
}
