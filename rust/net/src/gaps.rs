//! The longest times between events that a healthy game repeats many times a second: its polls, and its sends.

use std::collections::VecDeque;
use std::time::Duration;

use enet_proto::Time;

/// For so long gaps are kept.
const KEPT: Duration = Duration::from_secs(60);
/// Gaps that are kept, at most. Of more, the shortest are forgotten first.
const MOST: usize = 64;

/// The times between the occurrences of an event, in nanoseconds. Those that a later one exceeds are forgotten, so few are
/// kept.
#[derive(Debug, Default)]
pub struct Gaps {
    last: Option<u64>,
    /// Ends and lengths of gaps: each is longer than all later ones.
    longest: VecDeque<(u64, u64)>,
}

impl Gaps {
    /// Notes that the event happens.
    #[inline]
    pub fn note(&mut self, now: Time) {
        let now = nanos(now);
        let Some(last) = self.last else {
            self.last = Some(now);
            return;
        };
        // The time of another thread may be a little later.
        if now <= last {
            return;
        }
        self.last = Some(now);
        let gap = now - last;
        match self.longest.back_mut() {
            // Mostly one takes the place of the one before.
            Some(back) if back.1 <= gap => {
                *back = (now, gap);
                if self.longest.len() > 1 {
                    self.forget_shorter();
                }
            }
            _ => self.push(now, gap),
        }
    }

    /// Forgets the gaps that the newest one exceeds.
    fn forget_shorter(&mut self) {
        let Some(newest) = self.longest.pop_back() else {
            return;
        };
        while self.longest.back().is_some_and(|&(_, gap)| gap <= newest.1) {
            self.longest.pop_back();
        }
        self.longest.push_back(newest);
    }

    /// Adds a gap that is shorter than those before, and forgets what is old.
    fn push(&mut self, now: u64, gap: u64) {
        while let Some(&(end, _)) = self.longest.front()
            && now.saturating_sub(end) > nanos(KEPT)
        {
            self.longest.pop_front();
        }
        if self.longest.len() < MOST {
            self.longest.push_back((now, gap));
        }
    }

    /// The longest gap that ended after `since`, or goes on.
    pub fn longest_since(&self, now: Time, since: Time) -> Duration {
        let (now, since) = (nanos(now), nanos(since));
        let ended = self.longest.iter().find(|(end, _)| *end > since);
        let ended = ended.map_or(0, |&(_, gap)| gap);
        let present = self.last.map_or(0, |last| now.saturating_sub(last));
        Duration::from_nanos(ended.max(present))
    }

    /// The longest gap of the last minute.
    pub fn longest_of_minute(&self, now: Time) -> Duration {
        self.longest_since(now, now.saturating_sub(KEPT))
    }
}

#[inline]
fn nanos(time: Duration) -> u64 {
    // Enough for centuries.
    (time.as_secs().wrapping_mul(1_000_000_000)).wrapping_add(time.subsec_nanos().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_longest_gap_since_any_time_is_known() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.longest_since(millis(50), Time::ZERO), Duration::ZERO);
        for now in [100, 116, 300, 316, 340] {
            gaps.note(millis(now));
        }
        let longest = |since| gaps.longest_since(millis(345), millis(since));
        assert_eq!(longest(0), millis(184));
        assert_eq!(longest(299), millis(184));
        assert_eq!(longest(300), millis(24));
        assert_eq!(longest(340), millis(5), "the present one");
    }

    #[test]
    fn a_gap_is_forgotten_after_a_minute() {
        let mut gaps = Gaps::default();
        gaps.note(millis(0));
        gaps.note(millis(900));
        let mut go_on = |from: u64, to: u64| {
            for now in (from..=to).step_by(10) {
                gaps.note(millis(now));
            }
            gaps.longest_of_minute(millis(to))
        };
        assert_eq!(go_on(910, 60_890), millis(900));
        assert_eq!(go_on(60_900, 61_890), millis(10));
    }

    #[test]
    fn few_gaps_are_kept() {
        let mut gaps = Gaps::default();
        let mut now = 0;
        for gap in (0..10_000).rev() {
            now += gap;
            gaps.note(Duration::from_micros(now));
        }
        assert_eq!(gaps.longest.len(), MOST);
        gaps.note(Duration::from_micros(now + 20_000_000));
        assert_eq!(gaps.longest.len(), 1);
    }
}
