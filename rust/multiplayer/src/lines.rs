//! The rule for lines of the log that a remote can cause: one line, then at most one in ten seconds, which says
//! how many were left out. And the rule for errors that a script repeats: ten lines, then the same.

use std::fmt::{self, Display, Formatter};

use enet_proto::Time;

/// Time between two lines of a kind, so that a remote cannot fill a log.
const INTERVAL: Time = Time::from_secs(10);

/// Lines of one error that are printed before the rest is counted, so that each call that a developer makes by hand
/// has its line.
const FIRST: u32 = 10;

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

    /// Counts a line less, which was printed after all.
    fn take_back(&mut self) {
        self.left_out -= 1;
    }

    /// Whether the next line would be printed.
    pub fn is_due(&self, now: Time) -> bool {
        self.last
            .is_none_or(|last| now.saturating_sub(last) >= INTERVAL)
    }
}

/// One error of one object, which a script may cause in each frame: ten lines in ten seconds, then one line in ten
/// seconds for as long as it goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct RepeatLimit {
    printed: u32,
    lines: LineLimit,
}

/// The end of the text of an error that may have been repeated: what was left out, or that the next ones will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    left_out: LeftOut,
    is_last: bool,
}

impl RepeatLimit {
    /// What to append to an error that occurs now; `None` if it is left out.
    pub fn pass(&mut self, now: Time) -> Option<Repeated> {
        if let Some(left_out) = self.lines.pass(now) {
            // After a while without the error everything begins anew.
            let goes_on = left_out.count > 0;
            self.printed = if goes_on { FIRST } else { 1 };
            let is_last = false;
            return Some(Repeated { left_out, is_last });
        }
        if self.printed >= FIRST {
            return None;
        }
        self.lines.take_back();
        self.printed += 1;
        Some(Repeated {
            left_out: LeftOut::default(),
            is_last: self.printed == FIRST,
        })
    }
}

impl Display for Repeated {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.is_last {
            true => write!(f, " (repetitions are only counted from now on)"),
            false => self.left_out.fmt(f),
        }
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
    fn a_repeated_error_makes_ten_lines_and_then_one_in_ten_seconds() {
        let mut error = RepeatLimit::default();
        let frames = (0..1800).map(|frame| Time::from_millis(frame * 1000 / 60));
        let lines: Vec<String> = frames
            .filter_map(|now| error.pass(now).map(|repeated| repeated.to_string()))
            .collect();
        assert_eq!(lines.len(), 12, "{lines:?}");
        assert!(lines[..9].iter().all(String::is_empty), "{lines:?}");
        assert_eq!(lines[9], " (repetitions are only counted from now on)");
        assert_eq!(lines[10], " (590 more in the last 10 s)");
        assert_eq!(lines[11], " (599 more in the last 10 s)");
        // A new series of calls has its lines, and the first of them the rest of the count.
        let later = |seconds| Time::from_secs(seconds);
        assert!(error.pass(later(100)).is_some());
        assert!((0..10).all(|_| error.pass(later(200)).is_some()));
        assert!(error.pass(later(200)).is_none());
    }

    #[test]
    fn a_flood_makes_one_line_in_ten_seconds() {
        let mut lines = LineLimit::default();
        let times = (0..100_000).map(Time::from_millis);
        let printed = times.filter(|&now| lines.pass(now).is_some()).count();
        assert_eq!(printed, 10);
    }
}
