//! Rates of a session for graphs: figures of two moments, and what happened in between.

use std::time::Duration;

use enet_net::HostFigures;
use enet_proto::Time;

/// Names of the rates, in the order of [`Rates::values`].
pub const RATES: [&str; 13] = [
    "Wire in, kB per s",
    "Wire out, kB per s",
    "Payload in, kB per s",
    "Payload out, kB per s",
    "Datagrams in per s",
    "Datagrams out per s",
    "Peers",
    "Round trip mean, ms",
    "Round trip max, ms",
    "Loss, percent",
    "Retransmissions per s",
    "Queue, bytes",
    "Poll gap, ms",
];

/// The shortest time between two moments: callers that ask for each rate alone get all of one moment.
const SHORTEST: Duration = Duration::from_millis(500);

/// Rates since the moment before the last one.
#[derive(Debug, Default)]
pub struct Rates {
    last: Option<(Time, HostFigures)>,
    asked: Option<Time>,
    values: [f64; RATES.len()],
}

impl Rates {
    /// The rates. `figures` gives those of now, with the gaps since a time; `None` where there is no session, of which all
    /// rates are 0.
    pub fn values(
        &mut self,
        now: Time,
        figures: impl FnOnce(Time) -> Option<HostFigures>,
    ) -> &[f64; RATES.len()] {
        let asked = self.asked;
        if asked.is_some_and(|asked| now.saturating_sub(asked) < SHORTEST) {
            return &self.values;
        }
        self.asked = Some(now);
        // The first gap is not that of the time before anybody asked.
        let figures = figures(asked.unwrap_or(now));
        self.values = figures.map_or([0.0; RATES.len()], |figures| {
            let (since, before) = self.last.unwrap_or((now, figures));
            rates(&figures, &before, now.saturating_sub(since))
        });
        self.last = figures.map(|figures| (now, figures));
        &self.values
    }
}

fn rates(now: &HostFigures, before: &HostFigures, elapsed: Duration) -> [f64; RATES.len()] {
    let seconds = elapsed.as_secs_f64();
    // The counts of a new session begin anew.
    let per_second = |now: u64, before: u64| match seconds > 0.0 {
        true => now.saturating_sub(before) as f64 / seconds,
        false => 0.0,
    };
    let (traffic, former) = (&now.traffic, &before.traffic);
    [
        per_second(traffic.bytes_in, former.bytes_in) / 1000.0,
        per_second(traffic.bytes_out, former.bytes_out) / 1000.0,
        per_second(traffic.payload_in, former.payload_in) / 1000.0,
        per_second(traffic.payload_out, former.payload_out) / 1000.0,
        per_second(traffic.datagrams_in, former.datagrams_in),
        per_second(traffic.datagrams_out, former.datagrams_out),
        now.peers.into(),
        now.rtt_mean.unwrap_or_default().into(),
        now.rtt_max.unwrap_or_default().into(),
        f64::from(now.loss) * 100.0,
        per_second(traffic.retransmissions, former.retransmissions),
        now.waiting.queued.bytes as f64,
        now.poll_gap.as_secs_f64() * 1000.0,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(bytes_in: u64, retransmissions: u64) -> HostFigures {
        let mut figures = HostFigures {
            peers: 2,
            loss: 0.25,
            poll_gap: Duration::from_millis(30),
            ..HostFigures::default()
        };
        figures.traffic.bytes_in = bytes_in;
        figures.traffic.retransmissions = retransmissions;
        figures
    }

    #[test]
    fn a_rate_is_what_happened_since_the_last_moment() {
        let mut rates = Rates::default();
        let at = Duration::from_millis;
        let first = *rates.values(at(10_000), |_| Some(figures(5000, 9)));
        assert_eq!(
            (first[0], first[6], first[9], first[10]),
            (0.0, 2.0, 25.0, 0.0)
        );
        // The others of the same moment.
        let again = *rates.values(at(10_001), |_| panic!("it is too early"));
        assert_eq!(again, first);
        let second = *rates.values(at(12_000), |since| {
            assert_eq!(since, at(10_000));
            Some(figures(15_000, 13))
        });
        assert_eq!((second[0], second[10], second[12]), (5.0, 2.0, 30.0));
    }

    #[test]
    fn without_a_session_everything_is_zero_and_a_new_one_begins_anew() {
        let mut rates = Rates::default();
        let at = Duration::from_secs;
        rates.values(at(1), |_| Some(figures(5000, 9)));
        assert_eq!(*rates.values(at(2), |_| None), [0.0; RATES.len()]);
        let values = *rates.values(at(3), |_| Some(figures(100, 0)));
        assert_eq!((values[0], values[6]), (0.0, 2.0));
        // Closed and created between two moments.
        let values = *rates.values(at(4), |_| Some(figures(50, 0)));
        assert_eq!(values[0], 0.0);
    }

    #[test]
    fn no_name_has_a_slash_and_none_comes_twice() {
        for (index, name) in RATES.iter().enumerate() {
            assert!(!name.contains('/') && !RATES[index + 1..].contains(name));
        }
    }
}
