//! The numbers of a snapshot.

use super::hosts::Connected;
use crate::session::HasSession;

/// Names of the numbers of a host, in their order.
pub const HOST_COLUMNS: &[&str] = &[
    "bytes_in",
    "bytes_out",
    "datagrams_in",
    "datagrams_out",
    "peers",
    "rtt_mean",
    "rtt_max",
    "loss",
];

/// Names of the numbers of a peer, in their order.
pub const PEER_COLUMNS: &[&str] = &[
    "rtt_last",
    "rtt_smoothed",
    "rtt_variance",
    "loss",
    "throttle",
    "mtu",
    "in_flight_bytes",
];

/// The numbers of a host, and of its peers, row after row.
pub struct Rows {
    pub host: Vec<f64>,
    pub peers: Vec<f64>,
}

/// The numbers of an object's host and of these peers.
pub fn read<T: HasSession>(this: &T, peers: &[Connected]) -> Rows {
    let mut rows = Vec::with_capacity(peers.len() * PEER_COLUMNS.len());
    let (mut rtt_sum, mut rtt_max, mut loss_sum) = (0.0, -1.0_f64, 0.0);
    for each in peers {
        let host = each.host.borrow();
        let known = host.statistics(each.peer).unwrap_or_default();
        let rtt = f64::from(known.round_trip_time);
        let loss = f64::from(known.packet_loss) / f64::from(enet_proto::LOSS_SCALE);
        rtt_sum += rtt;
        rtt_max = rtt_max.max(rtt);
        loss_sum += loss;
        rows.extend([
            f64::from(known.last_round_trip_time),
            rtt,
            f64::from(known.round_trip_time_variance),
            loss,
            f64::from(known.packet_throttle) / f64::from(enet_proto::THROTTLE_SCALE),
            f64::from(known.mtu),
            f64::from(known.reliable_data_in_transit),
        ]);
    }
    let totals = this.own_host().and_then(|host| {
        let mut host = host.borrow_mut();
        Some(host.host()?.totals())
    });
    let totals = totals.unwrap_or_default();
    let count = peers.len() as f64;
    let mean = |sum: f64, none: f64| if count > 0.0 { sum / count } else { none };
    let host = vec![
        totals.received_bytes as f64,
        totals.sent_bytes as f64,
        totals.received_datagrams as f64,
        totals.sent_datagrams as f64,
        count,
        mean(rtt_sum, -1.0),
        rtt_max,
        mean(loss_sum, 0.0),
    ];
    Rows { host, peers: rows }
}
