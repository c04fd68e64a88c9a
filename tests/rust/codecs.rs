//! The codecs: stock Godot's output for known bytes, round trips, and hostile input.

use enet_codec::Compression;
use enet_codec::{BadDictionary, Codec, Dictionary, MODES, train_dictionary};
use sim::{Random, Traffic};

/// The largest datagram.
const LARGEST: usize = 4096;
/// A CONNECT that stock Godot 4.6.3 sent.
const CONNECT: &str = "82ff00010000ffff0000057000010000000000030000000000000000000013880000000200000002f9fa970e11223344";

/// Every mode with a codec.
fn modes() -> Vec<Compression> {
    let all: Vec<Compression> = Compression::all(Some(&dictionary(1))).collect();
    assert_eq!(all.len(), MODES.len(), "all features are on");
    let with_codec = all.into_iter().filter(|mode| *mode != Compression::None);
    with_codec.collect()
}

/// A dictionary trained on the traffic of another game.
fn dictionary(seed: u64) -> Dictionary {
    let mut traffic = Traffic::new(seed);
    let samples: Vec<Vec<u8>> = (0..600).map(|_| traffic.datagram()).collect();
    let trained = train_dictionary(&samples, 4096).expect("enough samples");
    Dictionary::new(&trained).expect("a dictionary")
}

fn codec(mode: &Compression) -> Box<dyn Codec + Send> {
    mode.codec().expect("a mode with a codec")
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
        .collect()
}

/// Compresses into a buffer large enough for any codec.
fn packed(codec: &mut dyn Codec, plain: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; 2 * plain.len() + 64];
    let size = codec.compress(plain, &mut packed).expect("fits");
    packed.truncate(size);
    packed
}

fn unpacked(codec: &mut dyn Codec, packed: &[u8], room: usize) -> Option<Vec<u8>> {
    let mut plain = vec![0xAA; room];
    let size = codec.decompress(packed, &mut plain)?;
    plain.truncate(size);
    Some(plain)
}

#[test]
fn captured_datagrams_are_decompressed() {
    let captured = [
        (
            Compression::RangeCoder,
            "837b88b1fdf1df576b939eeefcbd22fb8a54df98ab2be77fb3410a3817d2aa720dad",
        ),
        (
            Compression::FastLz,
            "0b82ff00010000ffff000005704009200000032003a00001138820080c0200000002f9fa970e11223344",
        ),
        (
            Compression::Zlib,
            "789c6bfacfc0c8c0f0ff3f03036b01880504cc0c7020dc01249840f8e7afe97c824ac62e00c9ef07db",
        ),
    ];
    let plain = bytes(CONNECT);
    for (mode, packed) in captured {
        let seen = unpacked(&mut *codec(&mode), &bytes(packed), plain.len());
        assert_eq!(seen.as_ref(), Some(&plain), "{mode:?}");
    }
    // Input shorter than 16 bytes is padded with zeros.
    let zeros = bytes("010000e0020102000000");
    let seen = unpacked(&mut *codec(&Compression::FastLz), &zeros, LARGEST);
    assert_eq!(seen, Some(vec![0; 16]));
    // A datagram that a codec cannot shorten is sent uncompressed: this one with zstd, and an
    // acknowledgement with every codec.
    let mut room = [0; LARGEST];
    for (mode, plain) in [(Compression::Zstd, &plain[..])]
        .into_iter()
        .chain(modes().into_iter().map(|mode| (mode, &plain[..8])))
    {
        let size = codec(&mode).compress(plain, &mut room[..plain.len() - 1]);
        assert_eq!(size, None, "{mode:?}");
    }
}

#[test]
fn the_range_coder_compresses_as_in_c() {
    let mut ours = codec(&Compression::RangeCoder);
    let mut theirs = rusty_enet::RangeCoder::new();
    let mut random = Random::new(11);
    let mut samples = samples();
    // Very frequent bytes lead to narrow intervals, and to counts that have to be halved.
    samples.extend((0..200).map(|_| {
        let kinds = 1 + random.below(4);
        let one_in = 2 + random.below(60);
        let mut byte = || match random.below(one_in) {
            0 => random.below(256) as u8,
            _ => random.below(kinds) as u8,
        };
        (0..LARGEST).map(|_| byte()).collect()
    }));
    for plain in samples {
        let mut expected = vec![0; 2 * plain.len() + 64];
        let size =
            rusty_enet::Compressor::compress(&mut theirs, &[&plain], plain.len(), &mut expected);
        let seen = packed(&mut *ours, &plain);
        assert_eq!(seen, expected[..size], "{plain:?}");
        let seen = unpacked(&mut *ours, &seen, plain.len());
        assert_eq!(seen, Some(plain));
    }
}

/// Output of stock.gd, which documents the format of a line.
const STOCK: &str = include_str!("codecs/stock.txt");

#[test]
fn datagrams_compressed_by_stock_godot_are_decompressed() {
    let mut seen = [0; 5];
    for line in STOCK.lines() {
        let mut fields = line.split(' ');
        let mut field = || fields.next().expect("three fields");
        let (mode, plain, packed) = (field(), bytes(field()), bytes(field()));
        let number: usize = mode.parse().expect("a number");
        seen[number] += 1;
        let mode = match number {
            2 => Compression::FastLz,
            3 => Compression::Zlib,
            4 => Compression::Zstd,
            _ => panic!("{line}"),
        };
        let mut unpacked = unpacked(&mut *codec(&mode), &packed, LARGEST).expect("unpacked");
        if mode == Compression::FastLz && plain.len() < 16 {
            // Godot pads the input to the minimum the library accepts.
            assert_eq!(unpacked.len(), 16);
            assert!(unpacked[plain.len()..].iter().all(|byte| *byte == 0));
            unpacked.truncate(plain.len());
        }
        assert_eq!(unpacked, plain, "{mode:?}");
    }
    assert_eq!(seen, [0, 0, 44, 44, 44]);
}

/// Datagrams of a game, and others of few or many distinct bytes, with and without repetitions.
fn samples() -> Vec<Vec<u8>> {
    let mut random = Random::new(5);
    let mut traffic = Traffic::new(5);
    let mut samples = vec![bytes(CONNECT), traffic.snapshot(12)];
    samples.extend((0..100).map(|_| traffic.datagram()));
    for size in (1..=64).chain([100, 255, 256, 803, 1392, 4000, LARGEST]) {
        for kinds in [1, 3, 40, 256] {
            samples.push((0..size).map(|_| random.below(kinds) as u8).collect());
        }
        let stride = 1 + random.below(20) as usize;
        samples.push((0..size).map(|at| (at / stride * 37) as u8).collect());
    }
    samples
}

#[test]
fn every_sample_survives_a_round_trip() {
    for mode in modes() {
        let mut codec = codec(&mode);
        for plain in samples() {
            let packed = packed(&mut *codec, &plain);
            let seen = unpacked(&mut *codec, &packed, LARGEST);
            assert_eq!(seen.as_deref(), Some(&plain[..]), "{mode:?}");
        }
    }
}

#[test]
fn output_that_does_not_fit_is_refused_not_truncated() {
    for mode in modes() {
        let mut codec = codec(&mode);
        for plain in samples() {
            let packed = packed(&mut *codec, &plain);
            for room in [0, packed.len() / 2, packed.len() - 1] {
                let size = codec.compress(&plain, &mut vec![0; room]);
                assert_eq!(size, None, "{mode:?}: {} into {room}", packed.len());
            }
            for room in [0, plain.len() / 2, plain.len() - 1] {
                let seen = unpacked(&mut *codec, &packed, room);
                assert_eq!(seen, None, "{mode:?}: {} into {room}", plain.len());
            }
            let seen = unpacked(&mut *codec, &packed, plain.len());
            assert_eq!(seen.as_deref(), Some(&plain[..]), "{mode:?} after that");
        }
    }
}

#[test]
fn data_for_another_dictionary_is_refused() {
    let (ours, theirs) = (dictionary(1), dictionary(2));
    assert_ne!(ours.id(), theirs.id());
    let mut ours = codec(&Compression::ZstdDict(ours));
    let mut theirs = codec(&Compression::ZstdDict(theirs));
    let mut plain_zstd = codec(&Compression::Zstd);
    for plain in samples() {
        for packed in [
            packed(&mut *theirs, &plain),
            packed(&mut *plain_zstd, &plain),
        ] {
            assert_eq!(unpacked(&mut *ours, &packed, LARGEST), None);
        }
    }
}

#[test]
fn bytes_that_are_no_dictionary_are_refused() {
    let good = dictionary(1);
    let good = good.bytes();
    assert!(Dictionary::new(good).is_ok());
    for bad in [&[][..], b"any text", &good[1..], &good[..60]] {
        assert_eq!(Dictionary::new(bad), Err(BadDictionary));
    }
}

#[test]
fn training_a_dictionary_needs_samples() {
    let none: [&[u8]; 0] = [];
    assert!(train_dictionary(&none, 4096).is_err());
    assert!(train_dictionary(&[b"one"], 4096).is_err());
    let empty = [b""; 100];
    assert!(train_dictionary(&empty, 4096).is_err());
    let enough: Vec<[u8; 64]> = (0..200u8)
        .map(|n| std::array::from_fn(|at| n ^ at as u8))
        .collect();
    assert!(train_dictionary(&enough, 0).is_err());
}

#[test]
fn damaged_datagrams_are_harmless() {
    let mut random = Random::new(9);
    let mut room = [0; LARGEST];
    for mode in modes() {
        // The other codecs do not detect truncation: they decompress as far as the data goes.
        let has_end = matches!(mode, Compression::Zlib | Compression::Zstd);
        let mut codec = codec(&mode);
        for plain in samples() {
            let packed = packed(&mut *codec, &plain);
            for size in (1..packed.len()).step_by(1 + packed.len() / 50) {
                let seen = unpacked(&mut *codec, &packed[..size], LARGEST);
                assert!(!has_end || seen.is_none(), "{mode:?}: {size} of {packed:?}");
            }
            for _ in 0..20 {
                let mut flipped = packed.clone();
                let at = random.below(packed.len() as u64) as usize;
                flipped[at] ^= 1 << random.below(8);
                let size = codec.decompress(&flipped, &mut room);
                assert!(size.is_none_or(|size| size <= LARGEST), "{mode:?}");
            }
            let seen = unpacked(&mut *codec, &packed, LARGEST);
            assert_eq!(seen.as_deref(), Some(&plain[..]), "{mode:?} after that");
        }
    }
}

#[test]
fn output_larger_than_a_datagram_is_refused() {
    let plain = vec![0; 1 << 20];
    for mode in modes() {
        let mut codec = codec(&mode);
        let packed = packed(&mut *codec, &plain);
        assert_eq!(unpacked(&mut *codec, &packed, LARGEST), None, "{mode:?}");
    }
    // One frame claims a size of a terabyte, the other a window of two; both repeat a byte.
    for claim in ["e00000000000010000", "00f8"] {
        let frame = bytes(&format!("28b52ffd{claim}fbffff00"));
        let seen = unpacked(&mut *codec(&Compression::Zstd), &frame, LARGEST);
        assert_eq!(seen, None);
    }
    // Length fields that continue for the whole datagram.
    let mut endless = vec![0xFF; LARGEST];
    for first in [0x1F, 0xF0, 0xFF] {
        endless[0] = first;
        for mode in [Compression::Lz4, Compression::FastLz] {
            let seen = unpacked(&mut *codec(&mode), &endless, LARGEST);
            assert_eq!(seen, None, "{mode:?}");
        }
    }
}

#[test]
fn nested_and_concatenated_streams_stay_bounded() {
    for mode in modes() {
        let mut codec = codec(&mode);
        let inner = packed(&mut *codec, &[5; 2000]);
        let outer = packed(&mut *codec, &inner);
        let seen = unpacked(&mut *codec, &outer, LARGEST);
        assert_eq!(seen.as_ref(), Some(&inner), "{mode:?}: one layer");
    }
    // As many frames as a datagram holds: of zeros, empty, and skippable.
    let mut zstd = codec(&Compression::Zstd);
    let zeros = packed(&mut *zstd, &[0; LARGEST]);
    let nothing = bytes("28b52ffd2000010000");
    let skipped = bytes("502a4d1800000000");
    for (frame, size) in [(zeros, None), (nothing, Some(0)), (skipped, Some(0))] {
        let many = frame.repeat(LARGEST / frame.len());
        let seen = unpacked(&mut *zstd, &many, LARGEST);
        assert_eq!(seen.map(|seen| seen.len()), size);
    }
}
