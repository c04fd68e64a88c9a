//! Errors that calls return.

/// Why a packet was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The connection does not exist, or is not up.
    #[error("the peer is not connected")]
    NotConnected,
    /// The connection has fewer channels.
    #[error("the connection has no such channel")]
    NoSuchChannel,
    /// The packet exceeds [`crate::HostConfig::max_packet_size`], or would need too many fragments.
    #[error("the packet is too large")]
    TooLarge,
    /// [`crate::Limits::unsent_bytes`] wait to be sent to the peer already.
    #[error("too much waits to be sent to the peer already")]
    Full,
}
