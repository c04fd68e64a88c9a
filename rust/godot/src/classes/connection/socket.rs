//! What ENetConnectionRs tells of its socket beyond what Godot's class does.

use godot::prelude::*;

use super::ENetConnectionRs;

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Bytes that the system's buffers of the host's socket take: `x` for what was received and not read
    /// yet, `y` for what waits to be sent. What does not fit is lost, and reliable packets are sent again.
    /// [code](0, 0)[/code], with an error printed, if there is no host.
    ///
    /// 4 MiB are asked for each way, and the system gives what it allows. Linux counts its own
    /// bookkeeping too, so it says twice of what it was asked for, and a small datagram takes some 800
    /// bytes. As it comes Linux allows 208 KiB, which is some 500 small datagrams: a server of
    /// hundreds of players that is not [member threaded], or whose processors are busy, should be allowed
    /// more, with [code]sysctl net.core.rmem_max=4194304 net.core.wmem_max=4194304[/code].
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
