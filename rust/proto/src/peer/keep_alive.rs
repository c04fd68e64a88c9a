//! Pings: a connection that hears no acknowledgement for a while asks for one.

/// Milliseconds without an acknowledgement after which a ping is sent, by default.
const DEFAULT_INTERVAL: u32 = 500;

/// When the last acknowledgement came, and how long to wait for the next.
#[derive(Debug)]
pub struct KeepAlive {
    last_acknowledgement: Option<u64>,
    interval: u32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self {
            last_acknowledgement: None,
            interval: DEFAULT_INTERVAL,
        }
    }
}

impl KeepAlive {
    pub fn on_acknowledgement(&mut self, now: u64) {
        self.last_acknowledgement = Some(now);
    }

    pub fn last_acknowledgement(&self) -> Option<u64> {
        self.last_acknowledgement
    }

    pub fn interval(&self) -> u32 {
        self.interval
    }

    /// Sets the interval in milliseconds; 0 for the default.
    pub fn set_interval(&mut self, interval: u32) {
        self.interval = match interval {
            0 => DEFAULT_INTERVAL,
            interval => interval,
        };
    }

    /// When a ping is due.
    pub fn next_ping(&self) -> u64 {
        self.last_acknowledgement.unwrap_or(0) + u64::from(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_due_an_interval_after_the_last_acknowledgement() {
        let mut keep_alive = KeepAlive::default();
        assert_eq!(keep_alive.next_ping(), 500);
        keep_alive.on_acknowledgement(1000);
        keep_alive.set_interval(50);
        assert_eq!(keep_alive.next_ping(), 1050);
        keep_alive.set_interval(0);
        assert_eq!(keep_alive.next_ping(), 1500);
    }
}
