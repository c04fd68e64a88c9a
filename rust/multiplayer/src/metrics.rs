//! Metrics of a session for Prometheus. Names end with their units, as Prometheus demands: seconds, bytes, ratio, total.
//!
//! The numbers of the host begin anew with each session of the object, which Prometheus takes for a restart.

use std::net::SocketAddr;
use std::sync::Arc;

use enet_fleet::metrics::{Histogram, Kind, Page, Server, Text};
use enet_net::HostFigures;
use enet_proto::Time;

use crate::{Multiplayer, Reason};

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
    round_trips: Histogram,
    polls: Histogram,
    ticks: Histogram,
    last_poll: Option<Time>,
    next_sample: Time,
}

impl Metrics {
    /// Begins to listen on an address.
    pub fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let page = Arc::new(Page::default());
        Ok(Self {
            server: Server::bind(address, Arc::clone(&page))?,
            page,
            round_trips: Histogram::new(ROUND_TRIPS),
            polls: Histogram::new(FRAMES),
            ticks: Histogram::new(FRAMES),
            last_poll: None,
            next_sample: Time::ZERO,
        })
    }

    /// Where the metrics are.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Counts the time that a tick of the game took, in seconds.
    pub fn observe_tick(&mut self, seconds: f64) {
        self.ticks.observe(seconds);
    }

    /// The session was polled: observes it, and writes the metrics if a scrape waits for them.
    pub fn polled(&mut self, now: Time, session: &Multiplayer) {
        if let Some(last) = self.last_poll.replace(now) {
            self.polls.observe(now.saturating_sub(last).as_secs_f64());
        }
        if now >= self.next_sample {
            self.next_sample = now + SAMPLE;
            let round_trips = &mut self.round_trips;
            session.for_each_round_trip(|millis| round_trips.observe(f64::from(millis) / 1000.0));
        }
        if self.page.is_wanted() {
            self.page.publish(self.text(now, session));
        }
    }

    fn text(&self, now: Time, session: &Multiplayer) -> String {
        let mut text = Text::new();
        let tally = session.tally();
        text.family(
            "enet_build_info",
            Kind::Gauge,
            "The version of the extension; always 1.",
        );
        text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        text.family("enet_joins_total", Kind::Counter, "Peers that joined.");
        text.sample(&[], tally.joins as f64);
        text.family(
            "enet_leaves_total",
            Kind::Counter,
            "Peers that left, by the reason.",
        );
        for (reason, count) in tally.leaves() {
            text.sample(&[("reason", label(reason))], count as f64);
        }
        text.family(
            "enet_connect_failures_total",
            Kind::Counter,
            "Attempts of a client to connect that failed, by the reason.",
        );
        for (reason, count) in tally.failures() {
            text.sample(&[("reason", label(reason))], count as f64);
        }
        text.family(
            "enet_round_trip_seconds",
            Kind::Histogram,
            "Smoothed round-trip times, one observation for each peer and second.",
        );
        text.histogram(&[], &self.round_trips);
        text.family(
            "enet_poll_interval_seconds",
            Kind::Histogram,
            "Times between two polls of the main thread.",
        );
        text.histogram(&[], &self.polls);
        text.family(
            "enet_tick_seconds",
            Kind::Histogram,
            "Times that ticks of the game took, as the game reports them.",
        );
        text.histogram(&[], &self.ticks);
        // A session that has just ended has no figures.
        if let Ok(figures) = session.figures(now) {
            host(&mut text, &figures.host);
        }
        text.finish()
    }
}

/// A counter or gauge without labels: name, kind, help, value.
type Plain = (&'static str, Kind, &'static str, f64);

fn host(text: &mut Text, host: &HostFigures) {
    use Kind::{Counter, Gauge};
    let traffic = &host.traffic;
    let plain: [Plain; 18] = [
        (
            "enet_peers",
            Gauge,
            "Peers that are connected.",
            host.peers.into(),
        ),
        (
            "enet_received_bytes_total",
            Counter,
            "Bytes of received datagrams, without the headers of IP and UDP.",
            traffic.bytes_in as f64,
        ),
        (
            "enet_sent_bytes_total",
            Counter,
            "Bytes of sent datagrams, without the headers of IP and UDP.",
            traffic.bytes_out as f64,
        ),
        (
            "enet_received_datagrams_total",
            Counter,
            "Received datagrams.",
            traffic.datagrams_in as f64,
        ),
        (
            "enet_sent_datagrams_total",
            Counter,
            "Sent datagrams.",
            traffic.datagrams_out as f64,
        ),
        (
            "enet_received_packets_total",
            Counter,
            "Packets that arrived.",
            traffic.packets_in as f64,
        ),
        (
            "enet_sent_packets_total",
            Counter,
            "Packets that were put, one for each recipient.",
            traffic.packets_out as f64,
        ),
        (
            "enet_received_payload_bytes_total",
            Counter,
            "Bytes of the packets that arrived.",
            traffic.payload_in as f64,
        ),
        (
            "enet_sent_payload_bytes_total",
            Counter,
            "Bytes of the packets that were put.",
            traffic.payload_out as f64,
        ),
        (
            "enet_retransmissions_total",
            Counter,
            "Commands that were sent again.",
            traffic.retransmissions as f64,
        ),
        (
            "enet_throttled_packets_total",
            Counter,
            "Unreliable packets that ENet's throttle dropped.",
            traffic.throttled_packets as f64,
        ),
        (
            "enet_handshakes_total",
            Counter,
            "Completed DTLS handshakes.",
            host.handshakes as f64,
        ),
        (
            "enet_loss_ratio",
            Gauge,
            "Mean of the peers' share of reliable data not acknowledged in time.",
            host.loss.into(),
        ),
        (
            "enet_round_trip_max_seconds",
            Gauge,
            "The longest smoothed round-trip time of a peer.",
            f64::from(host.rtt_max.unwrap_or_default()) / 1000.0,
        ),
        (
            "enet_poll_gap_seconds",
            Gauge,
            "The longest time between two polls of the last minute.",
            host.poll_gap_minute.as_secs_f64(),
        ),
        (
            "enet_send_gap_seconds",
            Gauge,
            "The longest time between two sends of the last minute.",
            host.send_gap_minute.as_secs_f64(),
        ),
        (
            "enet_datagrams_saved_total",
            Counter,
            "Packets and fragments that shared the datagram of another one.",
            traffic.datagrams_saved as f64,
        ),
        (
            "enet_compression_saved_bytes_total",
            Counter,
            "Bytes that compression saved, both ways.",
            (traffic.codec_saved_in + traffic.codec_saved_out) as f64,
        ),
    ];
    for (name, kind, help, value) in plain {
        text.family(name, kind, help).sample(&[], value);
    }
    let drops = &host.drops;
    text.family(
        "enet_dropped_total",
        Counter,
        "What was dropped, by the cause.",
    );
    for (cause, count) in [
        ("malformed", drops.malformed),
        ("undecodable", drops.undecodable),
        ("stranger", drops.strangers),
        ("over_limit", drops.over_limit),
        ("banned", drops.banned),
        ("full", drops.full),
        ("refused", drops.refused),
        ("handshake", drops.handshakes),
    ] {
        text.sample(&[("cause", cause)], count as f64);
    }
    let waiting = &host.waiting;
    let queues = [
        ("queued", &waiting.queued),
        ("in_flight", &waiting.in_flight),
        ("unread", &waiting.unread),
    ];
    text.family(
        "enet_queue_packets",
        Gauge,
        "Packets and fragments that wait: to be sent, for an acknowledgement, to be read.",
    );
    for (queue, backlog) in queues {
        text.sample(&[("queue", queue)], backlog.packets as f64);
    }
    text.family("enet_queue_bytes", Gauge, "Their bytes.");
    for (queue, backlog) in queues {
        text.sample(&[("queue", queue)], backlog.bytes as f64);
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
