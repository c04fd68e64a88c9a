//! The bandwidth of a remote, and what was queued for it since the last sharing.

/// Bandwidth accounts of one connection.
#[derive(Debug, Default)]
pub struct PeerBandwidth {
    /// Bytes queued since the last sharing; wraps.
    queued: u32,
    incoming: u32,
    outgoing: u32,
    limited_at: Option<u64>,
}

impl PeerBandwidth {
    pub fn add_queued(&mut self, bytes: usize) {
        self.queued = self.queued.wrapping_add(bytes as u32);
    }

    pub fn queued(&self) -> u64 {
        self.queued.into()
    }

    pub fn reset_queued(&mut self) {
        self.queued = 0;
    }

    /// The most the remote can receive, in bytes per second, 0 for unlimited.
    pub fn incoming(&self) -> u32 {
        self.incoming
    }

    /// The most the remote sends, in bytes per second, 0 for unlimited.
    pub fn outgoing(&self) -> u32 {
        self.outgoing
    }

    /// Sets the limits that the remote told.
    pub fn set_limits(&mut self, incoming: u32, outgoing: u32) {
        self.incoming = incoming;
        self.outgoing = outgoing;
    }

    /// Whether the remote can receive a limited amount only.
    pub fn is_limited(&self) -> bool {
        self.incoming != 0
    }

    /// Records that this sharing gave the peer a limit of its own.
    pub fn mark_limited(&mut self, now: u64) {
        self.limited_at = Some(now);
    }

    pub fn was_limited_at(&self, now: u64) -> bool {
        self.limited_at == Some(now)
    }
}
