//! Our codecs, called as a host calls them, and the figures of a codec.

use std::time::Duration;

use cpu_time::ThreadTime;
use enet_codec::Codec;

use super::{Mode, Set};

/// The largest datagram that a host accepts, in bytes.
const LARGEST: usize = 4096;
/// The least duration of a measurement.
const LEAST: Duration = Duration::from_millis(20);

/// A codec's figures on a set. Times are nanoseconds per datagram. A datagram that is sent uncompressed
/// takes no time to decompress.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub share: f64,
    pub pack: f64,
    pub unpack: f64,
}

/// The result of compressing a set.
pub struct Packed {
    /// The number of bytes to send.
    pub bytes: usize,
    /// The FNV-1a hash of the compressed datagrams.
    pub hash: Option<u64>,
}

pub struct Ours<'a> {
    codec: Box<dyn Codec + Send>,
    plain: &'a [Vec<u8>],
    packed: Vec<Vec<u8>>,
    room: Vec<u8>,
}

impl<'a> Ours<'a> {
    pub fn new(mode: &Mode, set: &'a Set) -> Self {
        Self {
            codec: mode.compression.codec().expect("a mode with a codec"),
            plain: &set.datagrams,
            packed: Vec::new(),
            room: vec![0; LARGEST],
        }
    }

    /// Compresses all datagrams and checks that they decompress to the originals.
    pub fn prepare(&mut self) -> Packed {
        let (mut bytes, mut hash) = (0, 0xcbf2_9ce4_8422_2325);
        for plain in self.plain {
            let room = &mut self.room[..plain.len()];
            let size = self.codec.compress(plain, room);
            let Some(size) = size.filter(|size| *size < plain.len()) else {
                bytes += plain.len();
                continue;
            };
            bytes += size;
            let packed = self.room[..size].to_vec();
            for byte in &packed {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
            }
            let back = self.codec.decompress(&packed, &mut self.room);
            assert_eq!(back.map(|size| &self.room[..size]), Some(&plain[..]));
            self.packed.push(packed);
        }
        Packed {
            bytes,
            hash: Some(hash),
        }
    }

    /// Returns the nanoseconds to compress the set.
    pub fn pack(&mut self) -> f64 {
        time(|| {
            for plain in self.plain {
                let room = &mut self.room[..plain.len()];
                std::hint::black_box(self.codec.compress(plain, room));
            }
        })
    }

    /// Returns the nanoseconds to decompress the compressed datagrams.
    pub fn unpack(&mut self) -> f64 {
        time(|| {
            for packed in &self.packed {
                std::hint::black_box(self.codec.decompress(packed, &mut self.room));
            }
        })
    }
}

/// Returns the nanoseconds of one pass, averaged over enough passes.
fn time(mut pass: impl FnMut()) -> f64 {
    pass();
    let begun = ThreadTime::now();
    let mut passes = 0;
    loop {
        pass();
        passes += 1;
        let spent = begun.elapsed();
        if spent >= LEAST {
            return spent.as_nanos() as f64 / f64::from(passes);
        }
    }
}
