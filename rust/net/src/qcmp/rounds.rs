//! Which ping is due when, and what its answers say. Time is an argument.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use enet_proto::Time;

use super::{Key, PingResult};

/// The time between two pings of a proxy.
pub const INTERVAL: Duration = Duration::from_millis(100);

/// The pings of some proxies. Those of a round are spread over its time, so that they do not hold each other up.
#[derive(Debug)]
pub struct Rounds {
    targets: Vec<Target>,
    pings: u32,
    timeout: Duration,
    start: Time,
    /// The number of the next ping, of all rounds.
    next: usize,
    outstanding: HashMap<Key, Outstanding>,
}

#[derive(Debug)]
struct Target {
    /// The proxy's number among those that were asked for.
    number: usize,
    address: SocketAddr,
    trips: Vec<Duration>,
}

#[derive(Debug)]
struct Outstanding {
    target: usize,
    sent: Time,
}

impl Rounds {
    /// Pings that begin now.
    pub fn new(
        now: Time,
        addresses: impl Iterator<Item = (usize, SocketAddr)>,
        pings: u32,
        timeout: Duration,
    ) -> Self {
        let targets = addresses.map(|(number, address)| Target {
            number,
            address,
            trips: Vec::new(),
        });
        Self {
            targets: targets.collect(),
            pings,
            timeout,
            start: now,
            next: 0,
            outstanding: HashMap::new(),
        }
    }

    /// When the next ping is due; `None` if none is left.
    pub fn next_due(&self) -> Option<Time> {
        let count = self.targets.len();
        let round = self.next.checked_div(count)? as u32;
        if round >= self.pings {
            return None;
        }
        let place = (self.next % count) as u32;
        Some(self.start + INTERVAL * round + INTERVAL * place / count as u32)
    }

    /// Sends the next ping with this key: says to whom. `None` if none is left.
    pub fn send(&mut self, now: Time, key: Key) -> Option<SocketAddr> {
        self.next_due()?;
        let target = self.next % self.targets.len();
        self.next += 1;
        self.outstanding
            .insert(key, Outstanding { target, sent: now });
        Some(self.targets[target].address)
    }

    /// Takes an answer. One that is late, repeated, or from elsewhere than asked has no effect.
    pub fn take(&mut self, now: Time, from: SocketAddr, key: Key) {
        let Some(asked) = self.outstanding.get(&key) else {
            return;
        };
        let target = &mut self.targets[asked.target];
        let trip = now.saturating_sub(asked.sent);
        if target.address == from && trip <= self.timeout {
            target.trips.push(trip);
            self.outstanding.remove(&key);
        }
    }

    /// When there is nothing to wait for any more, even if nobody answers.
    pub fn end(&self, now: Time) -> Time {
        match self.next_due() {
            Some(due) => due + self.timeout,
            None => {
                let last = self.outstanding.values().map(|asked| asked.sent).max();
                last.map_or(now, |last| last + self.timeout)
            }
        }
    }

    /// What was measured, each with the proxy's number.
    pub fn results(self) -> impl Iterator<Item = (usize, PingResult)> {
        self.targets.into_iter().map(move |mut target| {
            let result = PingResult {
                address: Some(target.address),
                error: None,
                round_trip: median(&mut target.trips),
                pings: self.pings,
                answers: target.trips.len() as u32,
            };
            (target.number, result)
        })
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(trips: &mut [Duration]) -> Option<Duration> {
    trips.sort_unstable();
    let (low, high) = (trips.len().checked_sub(1)? / 2, trips.len() / 2);
    Some((trips[low] + trips[high]) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(500);

    fn address(port: u16) -> SocketAddr {
        ([10, 0, 0, 1], port).into()
    }

    fn rounds(targets: u16, pings: u32) -> Rounds {
        let addresses = (0..targets).map(|number| (usize::from(number), address(number + 1)));
        Rounds::new(Time::ZERO, addresses, pings, TIMEOUT)
    }

    fn results(rounds: Rounds) -> Vec<(Option<u64>, u32)> {
        let results = rounds.results();
        results
            .map(|(_, it)| {
                (
                    it.round_trip.map(|trip| trip.as_millis() as u64),
                    it.answers,
                )
            })
            .collect()
    }

    #[test]
    fn rounds_are_spread_and_end() {
        let mut rounds = rounds(4, 2);
        let mut sent = Vec::new();
        while let Some(due) = rounds.next_due() {
            let key = [sent.len() as u8; 9];
            sent.push((
                due.as_millis(),
                rounds.send(due, key).expect("one is left").port(),
            ));
        }
        let expected = [
            (0, 1),
            (25, 2),
            (50, 3),
            (75, 4),
            (100, 1),
            (125, 2),
            (150, 3),
            (175, 4),
        ];
        assert_eq!(sent, expected);
        assert_eq!(rounds.send(Time::from_secs(1), [9; 9]), None);
        assert_eq!(rounds.end(Time::ZERO), Time::from_millis(675));
        assert_eq!(results(rounds), [(None, 0); 4]);
    }

    #[test]
    fn only_the_asked_proxy_can_answer_once_and_in_time() {
        let mut rounds = rounds(2, 3);
        let mut at = Time::ZERO;
        for key in 0..6 {
            at = rounds.next_due().expect("one is left");
            rounds.send(at, [key; 9]);
        }
        // Both were asked within 250 ms. The first proxy has the even keys.
        rounds.take(at, address(2), [0; 9]);
        rounds.take(at, address(9), [0; 9]);
        rounds.take(at, address(1), [77; 9]);
        rounds.take(Time::from_millis(90), address(1), [0; 9]);
        rounds.take(Time::from_millis(91), address(1), [0; 9]);
        rounds.take(Time::from_millis(130), address(1), [2; 9]);
        // Answered after 501 ms.
        rounds.take(Time::from_millis(701), address(1), [4; 9]);
        assert_eq!(results(rounds), [(Some(60), 2), (None, 0)]);
    }

    #[test]
    fn it_is_over_when_all_are_answered() {
        let mut rounds = rounds(1, 1);
        rounds.send(Time::ZERO, [1; 9]);
        let now = Time::from_millis(3);
        assert_eq!(rounds.end(now), TIMEOUT);
        rounds.take(now, address(1), [1; 9]);
        assert_eq!(rounds.end(now), now);
        assert_eq!(results(rounds), [(Some(3), 1)]);
        let none = Rounds::new(Time::ZERO, std::iter::empty(), 5, TIMEOUT);
        assert_eq!((none.next_due(), none.end(now)), (None, now));
    }

    #[test]
    fn the_median_of_any_number() {
        let of = |millis: &[u64]| {
            let mut trips: Vec<_> = millis.iter().copied().map(Duration::from_millis).collect();
            median(&mut trips).map(|trip| trip.as_micros())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some(7000));
        assert_eq!(of(&[9, 4]), Some(6500));
        assert_eq!(of(&[1000, 4, 5]), Some(5000));
    }
}
