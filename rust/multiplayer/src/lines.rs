//! The rule for lines of the log that a remote can cause: one line, then at most one in ten seconds, which says
//! how many were left out.

use std::fmt::{self, Display, Formatter};

use enet_proto::Time;

/// Time between two lines of a kind, so that a remote cannot fill a log.
const INTERVAL: Time = Time::from_secs(10);

/// The lines of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineLimit {
    last: Option<Time>,
    left_out: u64,
}

/// How many lines were left out before one that is printed, as the end of its text: empty, or
/// " (3 more in the last 12 s)".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    count: u64,
    seconds: u64,
}

impl LineLimit {
    /// What to append to a line that is due now; `None` if the line is left out.
    pub fn pass(&mut self, now: Time) -> Option<LeftOut> {
        let passed = self.last.map(|last| now.saturating_sub(last));
        if passed.is_some_and(|passed| passed < INTERVAL) {
            self.left_out += 1;
            return None;
        }
        self.last = Some(now);
        Some(LeftOut {
            count: std::mem::take(&mut self.left_out),
            seconds: passed.map_or(0, |passed| passed.as_secs()),
        })
    }

    /// Whether the next line would be printed.
    pub fn is_due(&self, now: Time) -> bool {
        self.last
            .is_none_or(|last| now.saturating_sub(last) >= INTERVAL)
    }
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { count, seconds } = self;
        match count {
            0 => Ok(()),
            _ => write!(f, " ({count} more in the last {seconds} s)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_then_one_in_ten_seconds_with_the_number_left_out() {
        let mut lines = LineLimit::default();
        let pass = |lines: &mut LineLimit, seconds| {
            let passed = lines.pass(Time::from_secs(seconds));
            passed.map(|left_out| format!("full{left_out}"))
        };
        assert_eq!(pass(&mut lines, 5).as_deref(), Some("full"));
        assert_eq!(pass(&mut lines, 5), None);
        assert_eq!(pass(&mut lines, 14), None);
        assert!(!lines.is_due(Time::from_secs(14)) && lines.is_due(Time::from_secs(15)));
        let line = pass(&mut lines, 17);
        assert_eq!(line.as_deref(), Some("full (2 more in the last 12 s)"));
        assert_eq!(pass(&mut lines, 40).as_deref(), Some("full"));
    }

    #[test]
    fn a_flood_makes_one_line_in_ten_seconds() {
        let mut lines = LineLimit::default();
        let times = (0..100_000).map(Time::from_millis);
        let printed = times.filter(|&now| lines.pass(now).is_some()).count();
        assert_eq!(printed, 10);
    }
}
