//! Compression of ENetConnectionRs, and the dictionaries for it.

use enet_codec::{Dictionary, train_dictionary};
use godot::global::Error;
use godot::prelude::*;

use super::{ENetConnectionRs, INACTIVE};
use crate::convert;
use crate::report::{Reports, print_error};
use crate::vocabulary::CompressionMode;

/// A larger dictionary saves nothing, as a datagram has 4 KiB at most.
const MAX_DICTIONARY_SIZE: usize = 1024 * 1024;

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Compresses the datagrams (UDP packets) of this host from now on, in both directions.
    /// [constant COMPRESS_NONE] is the default. The remote must use the same mode, as nothing is negotiated: call
    /// the method on both sides, after making the host and before anybody connects.
    ///
    /// A number that is no mode changes nothing. [constant COMPRESS_ZSTD_DICT] without a dictionary prints an
    /// error and changes nothing. For datagrams that arrive and cannot be decoded, a warning is printed at most
    /// every ten seconds.
    #[func(gd_self)]
    fn compress(this: Gd<Self>, mode: CompressionMode) {
        let handle = this.bind().handle.clone();
        if !handle.connection().borrow().is_active() {
            return Self::report_unborrowed(&this, "compress", &INACTIVE);
        }
        let mode = convert::compression(mode.0, this.bind().dictionary.borrow().as_ref());
        match mode {
            Ok(Some(mode)) => {
                let done = handle.connection().borrow_mut().set_compression(mode);
                Self::report_failure_unborrowed(&this, "compress", done);
            }
            Ok(None) => {}
            Err(cause) => Self::report_unborrowed(&this, "compress", &cause),
        }
    }

    /// Sets the dictionary for [constant COMPRESS_ZSTD_DICT]: bytes that [method train_dictionary] made, the same
    /// on both sides. Call it first, and then [method compress].
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_DATA], with an error printed, if the bytes are no
    /// dictionary.
    #[func(gd_self)]
    fn set_compression_dictionary(this: Gd<Self>, dictionary: PackedByteArray) -> Error {
        match Dictionary::new(dictionary.as_slice()) {
            Ok(dictionary) => {
                *this.bind().dictionary.borrow_mut() = Some(dictionary);
                Error::OK
            }
            Err(error) => {
                Self::report_unborrowed(&this, "set_compression_dictionary", &error);
                Error::ERR_INVALID_DATA
            }
        }
    }

    /// Makes a dictionary of at most `size` bytes from samples of a game's datagrams, see
    /// [method record_datagrams]. Training needs a few hundred samples, which together should have a hundred times
    /// as many bytes as the dictionary. A dictionary of 4096 to 16384 bytes suits most games. Training can take
    /// seconds.
    ///
    /// ```gdscript
    /// # While people play.
    /// peer.host.record_datagrams(2000)
    ///
    /// # Some minutes later, once.
    /// var dictionary := ENetConnectionRs.train_dictionary(peer.host.take_recorded_datagrams(), 8192)
    /// var file := FileAccess.open("user://game.dict", FileAccess.WRITE)
    /// file.store_buffer(dictionary)
    /// ```
    ///
    /// Ship the dictionary with the game as a file of the project, and read it with
    /// [method FileAccess.get_file_as_bytes].
    ///
    /// Returns an empty array and prints the cause if no dictionary can be made.
    #[func]
    fn train_dictionary(samples: Array<PackedByteArray>, size: i64) -> PackedByteArray {
        let samples: Vec<Vec<u8>> = samples
            .iter_shared()
            .map(|sample| sample.to_vec())
            .collect();
        let size = usize::try_from(size)
            .ok()
            .filter(|&size| size <= MAX_DICTIONARY_SIZE);
        let Some(size) = size else {
            let cause = format!("the size must be 0 to {MAX_DICTIONARY_SIZE} bytes");
            print_error(Self::NAME, "train_dictionary", &cause);
            return PackedByteArray::new();
        };
        match train_dictionary(&samples, size) {
            Ok(dictionary) => dictionary.as_slice().into(),
            Err(error) => {
                print_error(Self::NAME, "train_dictionary", &error);
                PackedByteArray::new()
            }
        }
    }

    /// Starts to record the next `count` datagrams that this host sends, before they are compressed, as samples
    /// for [method train_dictionary]. The value 0 stops recording. Fetch the samples with
    /// [method take_recorded_datagrams]. Record on the server and on a client while people play.
    #[func(gd_self)]
    fn record_datagrams(this: Gd<Self>, count: i64) {
        let handle = this.bind().handle.clone();
        let Ok(count) = usize::try_from(count) else {
            return Self::report_unborrowed(
                &this,
                "record_datagrams",
                &"the count must not be negative",
            );
        };
        let done = handle.connection().borrow_mut().record(count);
        Self::report_failure_unborrowed(&this, "record_datagrams", done);
    }

    /// Returns the datagrams recorded so far, and removes them from the host.
    #[func(gd_self)]
    fn take_recorded_datagrams(this: Gd<Self>) -> Array<PackedByteArray> {
        let handle = this.bind().handle.clone();
        let recorded = handle.connection().borrow_mut().take_recorded();
        let samples = recorded.iter().map(Vec::as_slice);
        samples.map(PackedByteArray::from).collect()
    }
}
