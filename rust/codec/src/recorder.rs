//! Samples of a running game's datagrams, to train a dictionary with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Codec;

/// Collects the datagrams that a host is about to compress. Clones share the samples.
#[derive(Debug, Clone)]
pub struct Recorder {
    samples: Arc<Mutex<Vec<Vec<u8>>>>,
    limit: usize,
}

impl Recorder {
    /// A recorder that holds the first `limit` datagrams, and goes on when they are taken.
    pub fn new(limit: usize) -> Self {
        Self {
            samples: Arc::default(),
            limit,
        }
    }

    /// Takes the samples collected so far, oldest first; none are left.
    pub fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.samples())
    }

    /// A codec that records what it compresses. Without a `codec` it records too, but neither
    /// compresses nor decompresses.
    pub fn wrap(&self, codec: Option<Box<dyn Codec + Send>>) -> Box<dyn Codec + Send> {
        Box::new(Recorded {
            codec,
            recorder: self.clone(),
        })
    }

    fn samples(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // The lock is never held over a call that leaves the samples half changed.
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Recorded {
    codec: Option<Box<dyn Codec + Send>>,
    recorder: Recorder,
}

impl Codec for Recorded {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        let mut samples = self.recorder.samples();
        if samples.len() < self.recorder.limit {
            samples.push(input.to_vec());
        }
        drop(samples);
        self.codec.as_mut()?.compress(input, output)
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.codec.as_mut()?.decompress(input, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RangeCoder, testing};

    fn range_coder() -> Option<Box<dyn Codec + Send>> {
        Some(Box::new(RangeCoder::new()))
    }

    #[test]
    fn a_recorded_codec_packs_as_it_does_alone() {
        let (mut alone, recorder) = (RangeCoder::new(), Recorder::new(usize::MAX));
        let mut recorded = recorder.wrap(range_coder());
        for plain in testing::samples() {
            let mut rooms = [vec![0; 2 * plain.len() + 64], vec![0; 2 * plain.len() + 64]];
            let [one, other] = &mut rooms;
            let size = alone.compress(&plain, one).expect("fits");
            assert_eq!(recorded.compress(&plain, other), Some(size));
            assert_eq!(one, other);
            let packed = one[..size].to_vec();
            let size = recorded.decompress(&packed, other);
            assert_eq!(size.map(|size| &other[..size]), Some(&plain[..]));
        }
        assert_eq!(recorder.take(), testing::samples());
    }

    #[test]
    fn the_first_datagrams_are_kept_up_to_the_limit() {
        let recorder = Recorder::new(2);
        let mut codec = recorder.wrap(range_coder());
        let mut room = [0; 64];
        for value in 0..4 {
            codec.compress(&[value; 3], &mut room).expect("fits");
        }
        assert_eq!(recorder.clone().take(), [[0; 3], [1; 3]]);
        assert_eq!(recorder.take(), [[0; 3]; 0], "taken");
        codec.compress(&[9], &mut room).expect("fits");
        assert_eq!(recorder.take(), [[9]], "it goes on");
    }

    #[test]
    fn datagrams_that_do_not_shrink_are_samples_too() {
        let recorder = Recorder::new(8);
        let mut codec = recorder.wrap(range_coder());
        assert_eq!(codec.compress(&[1, 2, 3], &mut [0; 1]), None);
        assert_eq!(recorder.take(), [[1, 2, 3]]);
    }

    #[test]
    fn without_a_codec_nothing_is_compressed() {
        let recorder = Recorder::new(8);
        let mut codec = recorder.wrap(None);
        let mut room = [0; 64];
        assert_eq!(codec.compress(&[5; 30], &mut room), None);
        assert_eq!(codec.decompress(&[5; 30], &mut room), None);
        assert_eq!(recorder.take(), [[5; 30]], "only what is sent");
    }

    #[test]
    fn a_panic_elsewhere_loses_no_samples() {
        let recorder = Recorder::new(8);
        let mut codec = recorder.wrap(None);
        codec.compress(&[1], &mut []);
        let other = recorder.clone();
        let thread = std::thread::spawn(move || {
            let _samples = other.samples();
            panic!("while it holds the lock");
        });
        assert!(thread.join().is_err());
        codec.compress(&[2], &mut []);
        assert_eq!(recorder.take(), [[1], [2]]);
    }
}
