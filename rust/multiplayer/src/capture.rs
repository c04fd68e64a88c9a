//! Captures of the datagrams of a session's or a connection's hosts, for Wireshark.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use enet_net::{Capture, CaptureCounts, CaptureOptions, Form, MIN_CAPTURE_BYTES};

/// How to capture, as a script says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSettings {
    /// The file. An existing one is replaced.
    pub path: PathBuf,
    /// Whether the datagrams are captured without DTLS.
    pub decrypted: bool,
    /// Whether they are captured decompressed, and without DTLS.
    pub decompressed: bool,
    /// Most bytes of the capture.
    pub max_bytes: i64,
    /// Most bytes of a datagram that are kept; 0 for all.
    pub snap_length: i64,
    /// The class whose hosts are captured.
    pub class: &'static str,
    /// The program.
    pub application: String,
    /// Anything else.
    pub comment: String,
}

/// The default of [`CaptureSettings::max_bytes`]: an hour of a game with a few players.
pub const DEFAULT_CAPTURE_BYTES: i64 = 64 * 1024 * 1024;
/// Least [`CaptureSettings::max_bytes`].
const LEAST_BYTES: u64 = 2 * MIN_CAPTURE_BYTES;

/// The reason why a capture did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// One goes on.
    #[error("a capture is running already; call stop_capture() first")]
    AlreadyRunning,
    /// The bound is too small.
    #[error("max_bytes must be {LEAST_BYTES} or more, not {0}")]
    MaxBytes(i64),
    /// The length is negative.
    #[error("snap_length must be 0 or more, not {0}")]
    SnapLength(i64),
    /// The file cannot be created, or the system gave no thread.
    #[error("cannot write the file \"{}\": {error}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

/// A capture ended because its file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the capture ended, because the file \"{}\" cannot be written: {error}", path.display())]
pub struct CaptureStopped {
    /// The file.
    pub path: PathBuf,
    /// The system's error.
    pub error: io::Error,
}

impl CaptureSettings {
    fn options(self) -> Result<CaptureOptions, CaptureError> {
        let max_bytes = u64::try_from(self.max_bytes).unwrap_or(0);
        if max_bytes < LEAST_BYTES {
            return Err(CaptureError::MaxBytes(self.max_bytes));
        }
        let snap_length = match usize::try_from(self.snap_length) {
            Ok(0) => usize::MAX,
            Ok(length) => length,
            Err(_) => return Err(CaptureError::SnapLength(self.snap_length)),
        };
        let form = match (self.decompressed, self.decrypted) {
            (true, _) => Form::Plain,
            (false, true) => Form::Decrypted,
            (false, false) => Form::Wire,
        };
        Ok(CaptureOptions {
            path: self.path,
            form,
            max_bytes,
            snap_length,
            application: self.application,
            comment: self.comment,
        })
    }
}

/// A capture that a session and its hosts share; `None` once it has ended.
pub(crate) type SharedCapture = Rc<RefCell<Option<Capture>>>;

/// The capture of a session or a connection, if there is one.
#[derive(Default)]
pub(crate) struct CaptureSlot {
    capture: SharedCapture,
    class: &'static str,
    path: PathBuf,
    stopped: Option<CaptureStopped>,
}

impl CaptureSlot {
    /// Begins one, after an earlier one has ended.
    pub fn start(&mut self, settings: CaptureSettings) -> Result<(), CaptureError> {
        if self.shared().is_some() {
            return Err(CaptureError::AlreadyRunning);
        }
        let (class, path) = (settings.class, settings.path.clone());
        let capture = Capture::start(settings.options()?).map_err(|error| {
            let path = path.clone();
            CaptureError::Create { path, error }
        })?;
        (self.class, self.path) = (class, path);
        self.capture = Rc::new(RefCell::new(Some(capture)));
        Ok(())
    }

    /// The capture and the class of its owner, until [`CaptureSlot::stop`].
    pub fn shared(&self) -> Option<(SharedCapture, &'static str)> {
        let exists = self.capture.borrow().is_some();
        exists.then(|| (Rc::clone(&self.capture), self.class))
    }

    pub fn is_running(&self) -> bool {
        let capture = self.capture.borrow();
        capture.as_ref().is_some_and(Capture::is_running)
    }

    /// Whether it has ended by itself, and is still there.
    pub fn has_failed(&self) -> bool {
        let capture = self.capture.borrow();
        capture.as_ref().is_some_and(|one| !one.is_running())
    }

    /// Whether it has ended by itself, and [`CaptureSlot::take_stopped`] has not told why.
    pub fn has_report(&self) -> bool {
        self.stopped.is_some() || self.has_failed()
    }

    /// Ends it. The file is complete then.
    pub fn stop(&mut self) {
        let capture = self.capture.take();
        if let Some(Err(error)) = capture.map(Capture::finish) {
            let path = std::mem::take(&mut self.path);
            self.stopped = Some(CaptureStopped { path, error });
        }
    }

    /// Why it ended by itself, once.
    pub fn take_stopped(&mut self) -> Option<CaptureStopped> {
        self.stopped.take()
    }

    pub fn counts(&self) -> CaptureCounts {
        let capture = self.capture.borrow();
        capture.as_ref().map(Capture::counts).unwrap_or_default()
    }
}
