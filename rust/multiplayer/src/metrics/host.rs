//! The metrics of a host.

use enet_fleet::metrics::{Kind, Text};
use enet_net::HostFigures;

/// A counter or gauge without labels: name, kind, help, value.
type Plain = (&'static str, Kind, &'static str, f64);

/// Writes the figures of a host.
pub fn write(text: &mut Text, host: &HostFigures) {
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
            "The longest smoothed round-trip time of a peer; 0 while none is known.",
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
            "enet_saved_datagrams_total",
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
        "enet_drops_total",
        Counter,
        "Datagrams, packets, attempts to connect and handshakes that were dropped, by the cause.",
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
    text.family(
        "enet_queue_bytes",
        Gauge,
        "Bytes of the packets and fragments that wait: to be sent, for an acknowledgement, to be read.",
    );
    for (queue, backlog) in queues {
        text.sample(&[("queue", queue)], backlog.bytes as f64);
    }
}
