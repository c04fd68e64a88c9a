//! What a session sent that waits for its flush: it leaves before anything would drop or change it.

use super::Connection;

impl Connection {
    /// What a session queued may wait.
    pub(crate) fn wait_for_flush(&mut self) {
        self.has_waiting = true;
    }

    /// Sends what waits. What scripts queued and did not flush goes along, as with any packet of the
    /// session.
    pub(crate) fn flush_waiting(&mut self) {
        if std::mem::take(&mut self.has_waiting)
            && let Some(host) = &mut self.host
        {
            host.flush_again();
        }
    }
}
