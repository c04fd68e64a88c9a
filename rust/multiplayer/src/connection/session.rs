//! The session that shares the host: whom it admits, what it missed, and its packets that wait for a
//! flush.

use super::{Connection, PeerChange};
use crate::FlushMode;
use enet_proto::Admission;

/// What a session that shares the host asks of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionPart {
    admission: Admission,
    flush_mode: FlushMode,
}

impl Connection {
    /// Chooses whether newcomers are rejected.
    pub fn set_refusing(&mut self, refuses: bool) {
        self.is_refusing = refuses;
        self.update_admission();
    }

    /// Whether newcomers are rejected.
    pub fn is_refusing(&self) -> bool {
        self.is_refusing
    }

    /// Whether a session shares the host.
    pub fn has_session(&self) -> bool {
        self.session.is_some()
    }

    /// Lets a session share the host, with newcomers admitted as it asks. If no session did before, the
    /// new one learns of the peers that are connected: see [`Connection::take_changes`].
    pub(crate) fn join_session(&mut self, admission: Admission, flush_mode: FlushMode) {
        let is_new = self.session.is_none();
        self.replace_session(Some(SessionPart {
            admission,
            flush_mode,
        }));
        if is_new {
            let connected = (self.members.iter()).filter(|member| member.is_up && member.is_active);
            let joined = connected.map(|member| PeerChange::Joined(member.id, member.data));
            self.changes.extend(joined);
        }
    }

    /// Ends the part of a session in the host, after the session's packets have left.
    pub(crate) fn leave_session(&mut self) {
        self.flush_waiting();
        self.replace_session(None);
    }

    fn replace_session(&mut self, session: Option<SessionPart>) {
        self.session = session;
        self.changes.clear();
        if let Some(host) = &mut self.host {
            // The inbox of the former session may have been full.
            host.pause_receiving(false);
        }
        self.update_admission();
    }

    /// Notes when the packets of the session leave.
    pub(crate) fn set_session_flush_mode(&mut self, mode: FlushMode) {
        if let Some(session) = &mut self.session {
            session.flush_mode = mode;
        }
    }

    /// What happened without the session since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<PeerChange> {
        std::mem::take(&mut self.changes)
    }

    pub(super) fn update_admission(&mut self) {
        let admission = match (self.is_refusing, self.session) {
            (true, _) => Admission::Nobody,
            (false, Some(session)) => session.admission,
            (false, None) => Admission::Everybody,
        };
        if let Some(host) = &mut self.host {
            host.set_admission(admission);
        }
    }

    /// Sends the packets that wait for a flush of the session or of a thread. Every call that would drop
    /// or change them begins with this one. Packets that a script queued and did not flush leave as well.
    ///
    /// On a host without thread that no session makes wait, only a script's packets can wait: they leave
    /// with the script's flush and are dropped with their connection, as in Godot.
    pub(crate) fn flush_waiting(&mut self) {
        let session_waits =
            (self.session).is_some_and(|session| session.flush_mode == FlushMode::OnFlush);
        if let Some(host) = &mut self.host
            && (session_waits || host.is_threaded())
            && host.has_unsent()
        {
            host.flush_now();
        }
    }
}
