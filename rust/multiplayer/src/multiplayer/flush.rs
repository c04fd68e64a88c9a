//! When packets leave: with the call that sends them, or together with many others; and whether a thread
//! serves the hosts.
//!
//! Nothing here records whether packets wait. The hosts know: see [`enet_net::Host::has_unsent`].

use std::io;

use super::{MAIN_HOST, Multiplayer};
use enet_net::Clock;
use enet_proto::Time;

/// When packets leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlushMode {
    /// Packets leave with the call that sends them, and acknowledgements with the poll that received
    /// what they acknowledge: one datagram for each packet.
    #[default]
    Immediate,
    /// Packets leave with [`Multiplayer::flush`], which the caller has to call after polls and sends,
    /// once a frame for example; full datagrams leave earlier. Calls that would drop or change waiting
    /// packets, like the end of their connection, send them first.
    OnFlush,
}

impl Multiplayer {
    /// Chooses when packets leave. Packets that wait leave now.
    pub fn set_flush_mode(&mut self, mode: FlushMode, now: Time) {
        self.settings.flush_mode = mode;
        for host in self.hosts.values() {
            host.borrow_mut().set_session_flush_mode(mode);
        }
        self.flush(now);
    }

    /// When packets leave.
    pub fn flush_mode(&self) -> FlushMode {
        self.settings.flush_mode
    }

    /// Gives each host a thread that serves it, now and when hosts are added: see
    /// [`enet_net::Host::start_thread`]. `None` ends the threads. When a thread cannot be started, the
    /// call fails; hosts that got theirs before keep it, and later hosts get none.
    pub fn set_thread(&mut self, clock: Option<Clock>) -> io::Result<()> {
        for host in self.hosts.values() {
            host.borrow_mut().set_thread(clock)?;
        }
        self.settings.thread_clock = clock;
        Ok(())
    }

    /// Chooses after how long without a poll the threads stop answering, now and when hosts are added: see
    /// [`enet_net::Host::set_stall_timeout`]. [`crate::DEFAULT_STALL_TIMEOUT`] by default.
    pub fn set_stall_timeout(&mut self, timeout: Option<Time>) {
        self.settings.stall_timeout = timeout;
        for host in self.hosts.values() {
            host.borrow_mut().set_stall_timeout(timeout);
        }
    }

    /// See [`Multiplayer::set_stall_timeout`].
    pub fn stall_timeout(&self) -> Option<Time> {
        self.settings.stall_timeout
    }

    /// Whether hosts get a thread: see [`Multiplayer::set_thread`].
    pub fn is_threaded(&self) -> bool {
        self.settings.thread_clock.is_some()
    }

    /// Sends everything that may be sent now.
    pub fn flush(&self, now: Time) {
        for host in self.hosts.values() {
            // A script may have destroyed the host; then nothing waits in it.
            let _ = host.borrow_mut().flush(now);
        }
    }

    /// Whether [`Multiplayer::flush`] may have something to send.
    pub fn has_unsent(&self) -> bool {
        let mut hosts = self.hosts.values();
        hosts.any(|host| {
            host.borrow_mut()
                .host()
                .is_some_and(|host| host.has_unsent())
        })
    }

    /// Sends what may be sent now from the one host of a server or client.
    pub(super) fn flush_main_host(&self, now: Time) {
        if let Some(connection) = self.hosts.get(MAIN_HOST)
            && let Some(host) = connection.borrow_mut().host()
        {
            host.flush(now);
        }
    }
}
