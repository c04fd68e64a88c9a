//! Captures of the host: its own one, and that of a session that uses the host.

use std::rc::Rc;

use super::Connection;
use crate::capture::{CaptureSlot, SharedCapture};
use crate::{CaptureError, CaptureSettings, CaptureStopped};
use enet_net::{CaptureCounts, Host};

/// The connection's own capture, and all that its hosts take part in.
#[derive(Default)]
pub(super) struct Captures {
    own: CaptureSlot,
    joined: Vec<(SharedCapture, &'static str)>,
}

impl Captures {
    /// Whether [`Connection::take_capture_stopped`] may have something to tell.
    pub(super) fn has_report(&self) -> bool {
        self.own.has_report()
    }
}

impl Connection {
    /// Begins to capture what the present host and those made from now on send and receive, until
    /// [`Connection::stop_capture`] or the end of the host.
    ///
    /// # Errors
    /// A setting is wrong, or the file cannot be created.
    pub fn start_capture(&mut self, settings: CaptureSettings) -> Result<(), CaptureError> {
        self.end_failed_capture();
        self.captures.own.start(settings)?;
        if let Some((capture, class)) = self.captures.own.shared() {
            self.join_capture(&capture, class);
        }
        Ok(())
    }

    /// Ends the capture. The file is complete then. Does nothing if there is none.
    pub fn stop_capture(&mut self) {
        if let Some((capture, _)) = self.captures.own.shared() {
            self.leave_capture(&capture);
        }
        self.captures.own.stop();
    }

    /// Whether there is a capture that goes on.
    pub fn is_capturing(&self) -> bool {
        self.captures.own.is_running()
    }

    /// The counts of the capture that goes on.
    pub fn capture_counts(&self) -> CaptureCounts {
        self.captures.own.counts()
    }

    /// Why the capture ended although nobody stopped it, once.
    pub fn take_capture_stopped(&mut self) -> Option<CaptureStopped> {
        self.end_failed_capture();
        self.captures.own.take_stopped()
    }

    fn end_failed_capture(&mut self) {
        if self.captures.own.has_failed() {
            self.stop_capture();
        }
    }

    /// Has the present host and those made from now on take part in a capture, unless they do already.
    pub(crate) fn join_capture(&mut self, capture: &SharedCapture, class: &'static str) {
        let joined = &mut self.captures.joined;
        if joined.iter().any(|(known, _)| Rc::ptr_eq(known, capture)) {
            return;
        }
        joined.push((Rc::clone(capture), class));
        if let Some(host) = &mut self.host {
            listen(capture, class, host);
        }
    }

    /// Has the hosts take no part in a capture any more.
    pub(crate) fn leave_capture(&mut self, capture: &SharedCapture) {
        (self.captures.joined).retain(|(known, _)| !Rc::ptr_eq(known, capture));
        if let (Some(host), Some(capture)) = (&mut self.host, &mut *capture.borrow_mut()) {
            capture.leave(host);
        }
    }

    /// Describes the host in the captures, if it is new or its codec or encryption has changed.
    pub(super) fn describe_in_captures(&mut self) {
        let Some(host) = &mut self.host else {
            return;
        };
        for (capture, class) in &self.captures.joined {
            if let Some(capture) = &mut *capture.borrow_mut() {
                capture.leave(host);
            }
            listen(capture, class, host);
        }
    }

    /// Ends the own capture with the host.
    pub(super) fn end_captures(&mut self) {
        self.captures.joined.clear();
        self.captures.own.stop();
    }
}

fn listen(capture: &SharedCapture, class: &str, host: &mut Host) {
    let encryption = match host.encrypts_as_client() {
        None => "not encrypted",
        Some(true) => "encrypted, client of DTLS",
        Some(false) => "encrypted, server of DTLS",
    };
    let (port, codec) = (host.local_port(), host.compression().name());
    let description = format!("{class}, UDP port {port}, {codec}, {encryption}");
    if let Some(capture) = &mut *capture.borrow_mut() {
        // A socket that does not tell its address is not captured. The systems' sockets all do.
        let _ = capture.listen(host, &format!("port {port}"), &description);
    }
}
