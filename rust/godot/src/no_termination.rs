//! In place of `termination.rs` on systems without such signals.

/// Fails.
pub fn listen() -> Result<(), String> {
    Err("this system has no SIGTERM".to_owned())
}

/// There is nothing to stop.
pub fn stop() {}
