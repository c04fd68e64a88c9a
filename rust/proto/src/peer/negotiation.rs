//! The rules by which a handshake arrives at sessions and at the window for reliable data.

/// Smallest window for reliable data in flight, in bytes.
pub const MIN_WINDOW: u32 = 4096;
/// Largest window for reliable data in flight, in bytes.
pub const MAX_WINDOW: u32 = 65536;
/// The window has [`MIN_WINDOW`] bytes for each so many bytes per second.
const BANDWIDTH_STEP: u32 = 65536;

/// Window for a bandwidth limit, in bytes; without the clamping to the window's limits.
fn unclamped_window(bandwidth: u32) -> u32 {
    (bandwidth / BANDWIDTH_STEP).saturating_mul(MIN_WINDOW)
}

/// Window for a bandwidth limit, in bytes; a limit of 0 is none.
pub fn window_for(bandwidth: u32) -> u32 {
    match bandwidth {
        0 => MAX_WINDOW,
        bandwidth => unclamped_window(bandwidth).clamp(MIN_WINDOW, MAX_WINDOW),
    }
}

/// Window between our limit on sending and the remote's on receiving; a limit of 0 is none.
pub fn shared_window(ours: u32, theirs: u32) -> u32 {
    match (ours, theirs) {
        (0, bandwidth) | (bandwidth, 0) => window_for(bandwidth),
        (ours, theirs) => window_for(ours.min(theirs)),
    }
}

/// Window granted to a connector that asks for one, given our limit on receiving.
pub fn granted_window(limit: u32, asked: u32) -> u32 {
    let most = match limit {
        0 => MAX_WINDOW,
        limit => unclamped_window(limit),
    };
    most.min(asked).clamp(MIN_WINDOW, MAX_WINDOW)
}

/// The next of a slot's four sessions, different from the last one; 0xFF stands for none.
pub fn next_session(asked: u8, last: u8) -> u8 {
    let base = if asked == 0xFF { last } else { asked };
    let next = base.wrapping_add(1) & 3;
    if next == last { (next + 1) & 3 } else { next }
}

/// The session for a random number: one of the first `count` that is not the last one.
pub fn other_session(lot: u8, last: u8, count: u8) -> u8 {
    if last >= count {
        return lot % count;
    }
    let session = lot % (count - 1);
    session + u8::from(session >= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_bandwidth_sets_the_window() {
        assert_eq!(shared_window(0, 0), 65536);
        assert_eq!(shared_window(0, 2 * 65536), 8192);
        assert_eq!(shared_window(1000, 2 * 65536), 4096);
        assert_eq!(shared_window(u32::MAX, 0), 65536);
    }

    #[test]
    fn no_more_is_granted_than_asked_for() {
        assert_eq!(granted_window(0, 10_000), 10_000);
        assert_eq!(granted_window(2 * 65536, 10_000), 8192);
        assert_eq!(granted_window(1, 0), 4096);
    }

    #[test]
    fn a_random_session_is_any_but_the_last() {
        let sessions = |last, count| {
            let mut all: Vec<_> = (0..12).map(|lot| other_session(lot, last, count)).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        assert_eq!(sessions(0xFF, 4), [0, 1, 2, 3]);
        assert_eq!(sessions(0, 4), [1, 2, 3]);
        assert_eq!(sessions(3, 4), [0, 1, 2]);
        assert_eq!(sessions(3, 3), [0, 1, 2]);
        assert_eq!(sessions(1, 3), [0, 2]);
    }

    #[test]
    fn a_session_differs_from_the_last_one() {
        assert_eq!(next_session(0xFF, 0xFF), 0);
        assert_eq!(next_session(0xFF, 3), 0);
        assert_eq!(next_session(1, 2), 3);
        assert_eq!(next_session(1, 0), 2);
    }
}
