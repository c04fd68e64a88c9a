//! Samples of a running game's datagrams, to train a dictionary with.

use std::sync::{Arc, Mutex};

use super::Codec;

/// Collects what a host is about to compress. Clones share the samples.
#[derive(Debug, Clone)]
pub struct Recorder {
    samples: Arc<Mutex<Vec<Vec<u8>>>>,
    limit: usize,
}

impl Recorder {
    /// Collects so many datagrams at most, the first ones that come.
    pub fn new(limit: usize) -> Self {
        Self {
            samples: Arc::default(),
            limit,
        }
    }

    /// What was collected so far. It is not kept.
    pub fn take(&self) -> Vec<Vec<u8>> {
        self.samples
            .lock()
            .map(|mut samples| std::mem::take(&mut *samples))
            .unwrap_or_default()
    }

    /// The codec, with the recorder listening; also where there is none.
    pub fn around(&self, codec: Option<Box<dyn Codec + Send>>) -> Box<dyn Codec + Send> {
        Box::new(Recorded {
            codec,
            recorder: self.clone(),
        })
    }
}

struct Recorded {
    codec: Option<Box<dyn Codec + Send>>,
    recorder: Recorder,
}

impl Codec for Recorded {
    fn compress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        if let Ok(mut samples) = self.recorder.samples.lock()
            && samples.len() < self.recorder.limit
        {
            samples.push(input.to_vec());
        }
        self.codec.as_mut()?.compress(input, output)
    }

    fn decompress(&mut self, input: &[u8], output: &mut [u8]) -> Option<usize> {
        self.codec.as_mut()?.decompress(input, output)
    }
}
