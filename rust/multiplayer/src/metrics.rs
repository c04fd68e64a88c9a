//! Metrics of a session for Prometheus. Names end with their units, as Prometheus demands: seconds, bytes, ratio, total.
//!
//! The numbers of the host begin anew with each session of the object, which Prometheus takes for a restart.

use std::net::SocketAddr;
use std::sync::Arc;

use enet_fleet::metrics::{Histogram, Kind, Page, Server, Text};
use enet_net::HostFigures;
use enet_proto::Time;

use crate::{Multiplayer, Reason, Tally};

mod host;

/// Upper bounds of round trips, in seconds.
const ROUND_TRIPS: &[f64] = &[
    0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0,
];
/// Upper bounds of times between two polls and of ticks, in seconds: fractions and multiples of a frame.
const FRAMES: &[f64] = &[
    0.001, 0.002, 0.004, 0.008, 0.012, 0.017, 0.025, 0.034, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];
/// The time between two observations of the peers' round trips.
const SAMPLE: Time = Time::from_secs(1);

/// The metrics of one object, and the server that shows them.
#[derive(Debug)]
pub struct Metrics {
    page: Arc<Page>,
    server: Server,
    observed: Observed,
    last_poll: Option<Time>,
    next_sample: Time,
    was_active: bool,
}

/// What is counted here alone.
#[derive(Debug, Clone)]
struct Observed {
    round_trips: Histogram,
    polls: Histogram,
    ticks: Histogram,
}

/// A copy of all figures, from which the server's thread writes the text.
struct Snapshot {
    is_active: bool,
    tally: Tally,
    observed: Observed,
    host: Option<HostFigures>,
}

impl Metrics {
    /// Begins to listen on an address. The metrics are there before the first poll.
    pub fn bind(address: SocketAddr, now: Time, session: &Multiplayer) -> std::io::Result<Self> {
        let page = Arc::new(Page::default());
        let metrics = Self {
            server: Server::bind(address, Arc::clone(&page))?,
            page,
            observed: Observed {
                round_trips: Histogram::new(ROUND_TRIPS),
                polls: Histogram::new(FRAMES),
                ticks: Histogram::new(FRAMES),
            },
            last_poll: None,
            next_sample: Time::ZERO,
            was_active: session.is_active(),
        };
        metrics.publish(now, session);
        Ok(metrics)
    }

    /// Where the metrics are.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Counts the time that a tick of the game took, in seconds.
    pub fn observe_tick(&mut self, seconds: f64) {
        self.observed.ticks.observe(seconds);
    }

    /// The session was polled: observes it, and hands out the metrics if a scrape waits for them.
    pub fn polled(&mut self, now: Time, session: &Multiplayer) {
        if session.is_active() {
            if let Some(last) = self.last_poll.replace(now) {
                let passed = now.saturating_sub(last).as_secs_f64();
                self.observed.polls.observe(passed);
            }
            if now >= self.next_sample {
                self.next_sample = now + SAMPLE;
                let round_trips = &mut self.observed.round_trips;
                session
                    .for_each_round_trip(|millis| round_trips.observe(f64::from(millis) / 1000.0));
            }
        }
        self.changed(now, session);
        if self.page.is_wanted() {
            self.publish(now, session);
        }
    }

    /// The session may have ended: nobody polls it then, so its last figures are handed out now.
    pub fn changed(&mut self, now: Time, session: &Multiplayer) {
        let is_active = session.is_active();
        if std::mem::replace(&mut self.was_active, is_active) != is_active {
            self.last_poll = None;
            self.publish(now, session);
        }
    }

    fn publish(&self, now: Time, session: &Multiplayer) {
        let snapshot = Snapshot {
            is_active: session.is_active(),
            tally: session.tally().clone(),
            observed: self.observed.clone(),
            // A session that is not active has none.
            host: session.figures(now).ok().map(|figures| figures.host),
        };
        match snapshot.is_active {
            true => self.page.publish(move || snapshot.text()),
            false => self.page.settle(move || snapshot.text()),
        }
    }
}

impl Snapshot {
    fn text(&self) -> String {
        let mut text = Text::new();
        text.family(
            "enet_build_info",
            Kind::Gauge,
            "The version of the extension; always 1.",
        );
        text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        text.family(
            "enet_active",
            Kind::Gauge,
            "1 while the peer is a server, a client or a mesh, 0 while it is closed.",
        );
        text.sample(&[], u8::from(self.is_active).into());
        text.family("enet_joins_total", Kind::Counter, "Peers that joined.");
        text.sample(&[], self.tally.joins as f64);
        text.family(
            "enet_leaves_total",
            Kind::Counter,
            "Peers that left, by the reason.",
        );
        for (reason, count) in self.tally.leaves() {
            text.sample(&[("reason", label(reason))], count as f64);
        }
        text.family(
            "enet_connect_failures_total",
            Kind::Counter,
            "Attempts of a client to connect that failed, by the reason.",
        );
        for (reason, count) in self.tally.failures() {
            text.sample(&[("reason", label(reason))], count as f64);
        }
        text.family(
            "enet_round_trip_seconds",
            Kind::Histogram,
            "Smoothed round-trip times, one observation for each peer and second.",
        );
        text.histogram(&[], &self.observed.round_trips);
        text.family(
            "enet_poll_interval_seconds",
            Kind::Histogram,
            "Times between two polls of the main thread.",
        );
        text.histogram(&[], &self.observed.polls);
        text.family(
            "enet_tick_seconds",
            Kind::Histogram,
            "Times that ticks of the game took, as the game reports them.",
        );
        text.histogram(&[], &self.observed.ticks);
        if let Some(figures) = &self.host {
            host::write(&mut text, figures);
        }
        text.finish()
    }
}

/// The reason as a label.
fn label(reason: Reason) -> &'static str {
    match reason {
        Reason::None => "unknown",
        Reason::Remote => "remote",
        Reason::Kicked => "kicked",
        Reason::Local => "local",
        Reason::Timeout => "timeout",
        Reason::Stalled => "stalled",
        Reason::Protocol => "protocol",
        Reason::Handshake => "handshake",
        Reason::Unresolved => "unresolved",
        Reason::PortClosed => "port_closed",
        Reason::Socket => "socket_lost",
        Reason::Flood => "flood",
        Reason::Unread => "unread",
        Reason::Unsent => "unsent",
        Reason::Undecodable => "undecodable",
        Reason::Banned => "banned",
        Reason::Refused => "refused",
        Reason::Full => "full",
        Reason::IdInUse => "id_in_use",
        Reason::TooManyOfAddress => "too_many_of_address",
        Reason::NotEncrypted => "not_encrypted",
        Reason::Credential => "credential",
    }
}
