//! Writes the initial corpora: `seeds <corpus folder>`.

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
    // A script can be read from any bytes, so random bytes are scripts of random actions.
    let scripts = folder.join("engine");
    fs::create_dir_all(&scripts)?;
    for index in 0..48 {
        let size = 32 << (index % 6);
        let bytes: Vec<u8> = (0..size).map(|_| random()).collect();
        fs::write(scripts.join(format!("seed-{index}")), bytes)?;
    }
    // Bytes with few distinct values, which are compressible, plain and compressed.
    for (name, mode) in [
        ("range_coder", Compression::RangeCoder),
        ("fastlz", Compression::FastLz),
        ("zlib", Compression::Zlib),
        ("zstd", Compression::Zstd),
        ("lz4", Compression::Lz4),
        ("zstd_dict", Compression::ZstdDict(dictionary())),
    ] {
        let mut codec = mode.codec().expect("a codec");
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
