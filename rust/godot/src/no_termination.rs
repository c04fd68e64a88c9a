//! In place of `termination.rs` on systems without such signals.

/// Fails.
pub fn listen() -> Result<(), String> {
    Err(
        "this system has no SIGTERM. On Windows, Ctrl+C and the task manager end the process at once; have a dedicated \
         server quit by a command of its own, for example when a file appears, with get_tree().quit()"
            .to_owned(),
    )
}

/// There is nothing to stop.
pub fn stop() {}
