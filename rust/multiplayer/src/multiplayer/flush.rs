//! When what a session sends leaves: with the call, or once in a while with much else; and whether a
//! thread sees to it.

use std::io;

use super::Multiplayer;
use enet_net::Clock;
use enet_proto::Time;

/// When packets leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlushMode {
    /// With the call that sends them, and acknowledgements with the poll that finds what they are for: a
    /// datagram for each packet.
    #[default]
    Immediate,
    /// With [`Multiplayer::flush`], which the caller owes after polls and packets, once a frame say; full
    /// datagrams earlier. Whatever would drop or change them, like the end of the connection, sends
    /// them first.
    OnFlush,
}

impl Multiplayer {
    /// Chooses when packets leave. Those that wait leave now.
    pub fn set_flush_mode(&mut self, mode: FlushMode, now: Time) {
        self.flush_mode = mode;
        self.flush(now);
    }

    /// When packets leave.
    pub fn flush_mode(&self) -> FlushMode {
        self.flush_mode
    }

    /// Has threads serve the hosts, those of now and those to come: see [`enet_net::Host::start_thread`].
    /// `None` ends that. On failure those are served that could be.
    pub fn set_thread(&mut self, clock: Option<Clock>) -> io::Result<()> {
        for host in self.hosts.values() {
            host.borrow_mut().set_thread(clock)?;
        }
        self.clock = clock;
        Ok(())
    }

    /// Whether threads serve the hosts.
    pub fn is_threaded(&self) -> bool {
        self.clock.is_some()
    }

    /// Sends everything that may be sent now.
    pub fn flush(&mut self, now: Time) {
        self.last_time = now;
        for host in self.hosts.values() {
            // It may have been destroyed by others.
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
}
