//! Listeners to the datagrams of a host.

use std::io;
use std::net::SocketAddr;

use super::Host;
use crate::driver::{Form, Sink, SinkId};

impl Host {
    /// Has a sink take a copy of each datagram from now on, until [`Host::remove_sink`] or the end of the host. Datagrams
    /// of banned addresses are left out. Waits for the thread, if it is busy.
    pub fn add_sink(&mut self, form: Form, sink: Box<dyn Sink>) -> SinkId {
        let id = SinkId::next();
        self.driver.add_sink(id, form, sink);
        id
    }

    /// Removes a sink. Does nothing if it is none of this host.
    pub fn remove_sink(&mut self, id: SinkId) {
        self.driver.remove_sink(id);
    }

    /// The local address of the socket; the unspecified one if it is bound to all.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.driver.local_address()
    }
}
