//! The session that shares the host: its admission of newcomers, the changes that it missed, and its
//! packets that wait for a flush.

use super::{Connection, PeerChange};
use crate::FlushMode;
use enet_proto::Admission;

/// The settings of a session that shares the host.
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
            let connected = (self.members.listed().into_iter())
                .filter(|member| member.is_up && member.is_active);
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
        self.session_inbox = None;
        self.changes.clear();
        // The events of these ends were the former session's.
        self.members.forget_leaving();
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

    /// The changes since the last call that happened without the session.
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
    /// On a host with neither a thread nor a session in [`FlushMode::OnFlush`], only a script's packets can
    /// wait. These leave with the script's flush and are dropped with their connection, as in Godot.
    ///
    /// While no peer is connected, no packet can wait, and a connection request must not be sent early: a
    /// codec or encryption that the caller is about to set applies to it.
    pub(crate) fn flush_waiting(&mut self) {
        let mut members = self.members.iter();
        if !members.any(|member| member.is_up && member.is_active) {
            return;
        }
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

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Instant;

    use super::*;
    use crate::HostOptions;
    use enet_net::Udp;
    use enet_proto::{Event, PacketFlags, PeerId, Time};

    fn host() -> Connection {
        let mut connection = Connection::new(Rc::new(Udp), 1);
        let options = HostOptions {
            bind: Some(("127.0.0.1".to_owned(), 0)),
            max_peers: 1,
            max_channels: 0,
            in_bandwidth: 0,
            out_bandwidth: 0,
        };
        connection.create(&options, Time::ZERO).expect("a host");
        connection
    }

    /// A connection whose request to connect waits for a flush, and its remote.
    fn connecting(flush_mode: Option<FlushMode>) -> (Connection, Connection, PeerId) {
        let (mut connection, remote) = (host(), host());
        if let Some(mode) = flush_mode {
            connection.join_session(Admission::Nobody, mode);
        }
        let port = remote.local_port().expect("a port");
        let begun = connection.connect("127.0.0.1", port.into(), 1, 0, Time::ZERO);
        let peer = begun.expect("a free slot");
        assert!(has_unsent(&mut connection));
        (connection, remote, peer)
    }

    /// A connected host with a packet that waits for a flush. The remote stays open.
    fn with_unsent(flush_mode: Option<FlushMode>) -> (Connection, Connection) {
        let (mut connection, mut remote, peer) = connecting(flush_mode);
        let clock = Instant::now();
        let mut is_up = false;
        while !is_up {
            assert!(clock.elapsed().as_secs() < 10, "they connect");
            remote
                .service(Time::ZERO, || clock.elapsed())
                .expect("active");
            let event = connection.service(Time::ZERO, || clock.elapsed());
            is_up = matches!(event, Ok(Some(Event::Connected { .. })));
        }
        connection.flush(clock.elapsed()).expect("a host");
        assert!(!has_unsent(&mut connection));
        let host = connection.host().expect("a host");
        let sent = host.send(clock.elapsed(), peer, 0, PacketFlags::RELIABLE, b"hello");
        sent.expect("connected");
        assert!(has_unsent(&mut connection));
        (connection, remote)
    }

    fn has_unsent(connection: &mut Connection) -> bool {
        connection.host().expect("a host").has_unsent()
    }

    #[test]
    fn packets_of_a_session_that_flushes_leave_before_they_would_be_dropped() {
        let (mut connection, _remote) = with_unsent(Some(FlushMode::OnFlush));
        connection.flush_waiting();
        assert!(!has_unsent(&mut connection));
        let (mut connection, _remote) = with_unsent(Some(FlushMode::OnFlush));
        connection.leave_session();
        assert!(!has_unsent(&mut connection));
    }

    /// A clock that each question puts forward by a millisecond.
    fn ticks(count: &std::cell::Cell<u64>) -> Time {
        count.set(count.get() + 1);
        Time::from_millis(count.get())
    }

    #[test]
    fn a_service_waits_on_although_a_newcomer_waits_for_another_caller() {
        let (mut remote, mut connection, _) = connecting(None);
        connection.set_judged(true);
        remote.flush(Time::ZERO).expect("a host");
        let count = std::cell::Cell::new(0);
        let timeout = Time::from_millis(50);
        // The connection asks for a proof of the address first.
        for _ in 0..2 {
            let before = count.get();
            let event = connection.service(timeout, || ticks(&count));
            assert!(matches!(event, Ok(None)));
            assert!(count.get() > before + 50, "{}", count.get());
            let event = remote.service(Time::ZERO, || ticks(&count));
            assert!(matches!(event, Ok(None)));
            remote.flush(ticks(&count)).expect("a host");
        }
        assert!(connection.has_newcomer(ticks(&count)), "the request came");
        let before = count.get();
        let event = connection.service_or_newcomer(timeout, || ticks(&count));
        assert!(matches!(event, Ok(None)));
        assert!(count.get() < before + 10);
    }

    #[test]
    fn a_connection_request_waits_for_a_codec_or_encryption() {
        let (mut connection, _remote, _) = connecting(Some(FlushMode::OnFlush));
        connection.flush_waiting();
        assert!(has_unsent(&mut connection));
    }

    #[test]
    fn a_scripts_packets_wait_for_the_scripts_flush() {
        for mode in [None, Some(FlushMode::Immediate)] {
            let (mut connection, _remote) = with_unsent(mode);
            connection.flush_waiting();
            assert!(has_unsent(&mut connection), "{mode:?}");
            connection.flush(Time::ZERO).expect("a host");
            assert!(!has_unsent(&mut connection), "{mode:?}");
        }
    }

    #[test]
    fn a_change_of_the_flush_mode_reaches_the_host() {
        let (mut connection, _remote) = with_unsent(Some(FlushMode::Immediate));
        connection.set_session_flush_mode(FlushMode::OnFlush);
        connection.flush_waiting();
        assert!(!has_unsent(&mut connection));
    }
}
