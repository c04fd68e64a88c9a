//! The capture of a session: one file for all its hosts.

use super::Multiplayer;
use crate::{CaptureError, CaptureSettings, CaptureStopped, Connection};
use enet_net::CaptureCounts;

impl Multiplayer {
    /// Begins to capture what the present hosts and those made from now on send and receive, until
    /// [`Multiplayer::stop_capture`] or the end of the session.
    ///
    /// # Errors
    /// A setting is wrong, or the file cannot be created.
    pub fn start_capture(&mut self, settings: CaptureSettings) -> Result<(), CaptureError> {
        self.end_failed_capture();
        self.capture.start(settings)?;
        for host in self.hosts.values() {
            self.capture_host(&mut host.borrow_mut());
        }
        Ok(())
    }

    /// Ends the capture. The file is complete then. Does nothing if there is none.
    pub fn stop_capture(&mut self) {
        for host in self.hosts.values() {
            self.release_host(&mut host.borrow_mut());
        }
        self.capture.stop();
    }

    /// Whether there is a capture that goes on.
    pub fn is_capturing(&self) -> bool {
        self.capture.is_running()
    }

    /// The counts of the capture that goes on.
    pub fn capture_counts(&self) -> CaptureCounts {
        self.capture.counts()
    }

    /// Why the capture, or that of a host, ended although nobody stopped it, once.
    pub fn take_capture_stopped(&mut self) -> Option<CaptureStopped> {
        self.end_failed_capture();
        let stopped = self.capture.take_stopped();
        let mut hosts = self.hosts.values();
        stopped.or_else(|| hosts.find_map(|host| host.borrow_mut().take_capture_stopped()))
    }

    fn end_failed_capture(&mut self) {
        if self.capture.has_failed() {
            self.stop_capture();
        }
    }

    /// Has a host take part in the capture, if there is one.
    pub(super) fn capture_host(&self, host: &mut Connection) {
        if let Some((capture, class)) = self.capture.shared() {
            host.join_capture(&capture, class);
        }
    }

    /// Has a host that leaves the session take no part in the capture any more.
    pub(super) fn release_host(&self, host: &mut Connection) {
        if let Some((capture, _)) = self.capture.shared() {
            host.leave_capture(&capture);
        }
    }
}
