//! Packets of a session that wait for its flush: they are sent before anything drops or changes them.

use super::Connection;

impl Connection {
    /// Sends a session's packets that wait for its flush. Packets that scripts queued meanwhile without a
    /// flush are sent with them.
    pub(crate) fn flush_waiting(&mut self) {
        if let Some(host) = &mut self.host {
            host.flush_promised();
        }
    }
}
