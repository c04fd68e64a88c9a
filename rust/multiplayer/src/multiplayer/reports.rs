//! What a client's host reported of an attempt to connect: lines that outlive the host, and the text of the failure.

use std::collections::VecDeque;

use super::{MAIN_HOST, Multiplayer};
#[cfg(feature = "dtls")]
use crate::FailedWarning;
use crate::connection::NameError;
use crate::{End, Reason, ServerIsEncrypted, SocketWarning};
#[cfg(feature = "dtls")]
use enet_dtls::HandshakeError;
use enet_proto::Time;

/// See the module's head.
#[derive(Default)]
pub(super) struct Reports {
    /// Why the last attempt of a client failed, if an encrypted server refused it.
    pub server_is_encrypted: Option<ServerIsEncrypted>,
    /// What became of the socket of a client that ended.
    pub socket: Option<SocketWarning>,
    #[cfg(feature = "dtls")]
    pub failed: VecDeque<FailedWarning>,
    pub names: VecDeque<NameError>,
    handshake: Option<String>,
    resolving: Option<String>,
}

impl Reports {
    /// Forgets the texts of earlier attempts. The lines are still to be printed.
    pub fn begin(&mut self) {
        self.handshake = None;
        self.resolving = None;
    }

    /// Whether lines are still to be printed.
    pub fn has_lines(&self) -> bool {
        #[cfg(feature = "dtls")]
        let has_failed = !self.failed.is_empty();
        #[cfg(not(feature = "dtls"))]
        let has_failed = false;
        has_failed || self.socket.is_some() || !self.names.is_empty()
    }

    /// Notes why an encrypted session failed that this side began.
    #[cfg(feature = "dtls")]
    pub fn note_failed(&mut self, warning: &FailedWarning) {
        let reason = &warning.failed.reason;
        if warning.failed.is_client && !matches!(reason, HandshakeError::Slow(_)) {
            self.handshake = Some(reason.to_string());
        }
    }

    /// Notes why a name has no address.
    pub fn note_name(&mut self, error: &NameError) {
        if let NameError::Resolve { .. } = error {
            self.resolving = Some(error.to_string());
        }
    }

    /// Why an attempt failed, in a sentence.
    pub fn failure(&mut self, end: End) -> String {
        let text = match end.reason {
            Reason::Handshake => self.handshake.take(),
            Reason::Unresolved => self.resolving.take(),
            _ => None,
        };
        text.unwrap_or_else(|| end.text())
    }
}

impl Multiplayer {
    /// Whether a warning, an error or the end of a capture may wait to be taken. A poll asks for each of them only then.
    pub fn has_reports(&self) -> bool {
        self.reports.has_lines()
            || self.capture.has_report()
            || self.hosts.values().any(|host| host.borrow().has_reports())
    }

    /// Takes from the host of a failed attempt what it has to report, before it is closed.
    pub(super) fn keep_reports(&mut self, now: Time) {
        let Some(host) = self.hosts.get(MAIN_HOST) else {
            return;
        };
        let mut host = host.borrow_mut();
        self.reports.server_is_encrypted = host.take_server_is_encrypted();
        #[cfg(feature = "dtls")]
        while let Some(failed) = host.next_failed(now) {
            self.reports.note_failed(&failed);
            self.reports.failed.push_back(failed);
        }
        self.reports.socket = host.take_socket_warning(now);
        while let Some(error) = host.next_name_error() {
            self.reports.note_name(&error);
            self.reports.names.push_back(error);
        }
    }
}
