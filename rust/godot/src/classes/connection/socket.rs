//! Queries about the socket of ENetConnectionRs that Godot's class lacks.

use godot::prelude::*;

use super::ENetConnectionRs;

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Returns the sizes in bytes of the system's buffers for the host's socket: `x` of the buffer for datagrams
    /// that arrived and were not read yet, `y` of the buffer for datagrams that wait to be sent. A datagram that
    /// finds its buffer full is lost, and reliable packets in it are sent again. Returns `(0, 0)` and
    /// prints an error if there is no host.
    ///
    /// The host requests 4 MiB for each buffer, and the system grants what it allows. Linux counts its own
    /// bookkeeping too: it reports twice the size that it grants, and a small datagram takes some 800 bytes. By
    /// default Linux allows 208 KiB, enough for some 500 small datagrams. Allow more for a server of hundreds of
    /// players that is not [member threaded], or whose processors are busy:
    /// [code]sysctl net.core.rmem_max=4194304 net.core.wmem_max=4194304[/code].
    #[func]
    fn get_socket_buffer_sizes(&self) -> Vector2i {
        let sizes = self.handle.connection().borrow().buffer_sizes();
        let (receive, send) = self
            .answer("get_socket_buffer_sizes", sizes)
            .unwrap_or_default();
        let int = |size| i32::try_from(size).unwrap_or(i32::MAX);
        Vector2i::new(int(receive), int(send))
    }
}
