//! Figures of sessions and connections as named numbers, for all who show them: scripts, monitors, graphs, metrics.

use enet_net::HostFigures;
use enet_proto::{ChannelFigures, PeerFigures, Traffic};

/// Figures of a session or a connection, all of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Those of the host; a mesh adds up its hosts.
    pub host: HostFigures,
    /// Those of the peers that are connected, by ascending id: of a session the multiplayer id.
    pub peers: Vec<(i32, PeerFigures)>,
}

/// A number with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A count, or a size in bytes.
    Count(u64),
    /// A time in milliseconds; -1 if it is unknown.
    Millis(f64),
    /// A share, 0 to 1.
    Share(f64),
}

impl Number {
    /// The number without its unit.
    pub fn value(self) -> f64 {
        match self {
            Self::Count(count) => count as f64,
            Self::Millis(value) | Self::Share(value) => value,
        }
    }

    fn millis(value: Option<impl Into<f64>>) -> Self {
        Self::Millis(value.map_or(-1.0, Into::into))
    }
}

/// A number with its name in snake_case. The names and their order are fixed: see the help of `get_statistics`.
pub type Named = (&'static str, Number);

/// The numbers of a host. The names are those of `get_statistics`.
pub fn host_numbers(figures: &HostFigures) -> impl Iterator<Item = Named> + use<> {
    use Number::{Count, Share};
    let gap = |gap: std::time::Duration| Number::Millis(gap.as_secs_f64() * 1000.0);
    let own = [
        ("peers", Count(figures.peers.into())),
        ("rtt_mean", Number::millis(figures.rtt_mean)),
        ("rtt_max", Number::millis(figures.rtt_max)),
        ("loss", Share(figures.loss.into())),
        ("poll_gap", gap(figures.poll_gap)),
        ("send_gap", gap(figures.send_gap)),
        ("poll_gap_minute", gap(figures.poll_gap_minute)),
        ("send_gap_minute", gap(figures.send_gap_minute)),
        ("handshakes", Count(figures.handshakes)),
        ("simulated_drops", Count(figures.simulated_drops)),
    ];
    common_numbers(&figures.traffic, &figures.waiting).chain(own)
}

/// The numbers of a peer. The names are those of `get_statistics`.
pub fn peer_numbers(figures: &PeerFigures) -> impl Iterator<Item = Named> + use<> {
    use Number::{Count, Share};
    let own = [
        ("rtt_last", Number::millis(figures.rtt_last)),
        ("rtt_smoothed", Number::millis(figures.rtt_smoothed)),
        ("rtt_variance", Number::millis(figures.rtt_variance)),
        ("rtt_p50", Number::millis(figures.rtt_p50)),
        ("rtt_p99", Number::millis(figures.rtt_p99)),
        ("loss", Share(figures.loss.into())),
        ("throttle", Share(figures.throttle.into())),
        ("mtu", Count(figures.mtu.into())),
    ];
    common_numbers(&figures.traffic, &figures.waiting).chain(own)
}

fn common_numbers(
    traffic: &Traffic,
    waiting: &ChannelFigures,
) -> impl Iterator<Item = Named> + use<> {
    use Number::Count;
    let came_and_went = [
        ("bytes_in", Count(traffic.bytes_in)),
        ("bytes_out", Count(traffic.bytes_out)),
        ("datagrams_in", Count(traffic.datagrams_in)),
        ("datagrams_out", Count(traffic.datagrams_out)),
        ("packets_in", Count(traffic.packets_in)),
        ("packets_out", Count(traffic.packets_out)),
        ("payload_in", Count(traffic.payload_in)),
        ("payload_out", Count(traffic.payload_out)),
        ("datagrams_saved", Count(traffic.datagrams_saved)),
        ("codec_saved_in", Count(traffic.codec_saved_in)),
        ("codec_saved_out", Count(traffic.codec_saved_out)),
        ("retransmissions", Count(traffic.retransmissions)),
        ("throttled_packets", Count(traffic.throttled_packets)),
    ];
    came_and_went.into_iter().chain(channel_numbers(waiting))
}

/// The numbers of a channel.
pub fn channel_numbers(figures: &ChannelFigures) -> impl Iterator<Item = Named> + use<> {
    use Number::Count;
    let ChannelFigures {
        queued,
        in_flight,
        unread,
    } = figures;
    [
        ("queued_packets", Count(queued.packets)),
        ("queued_bytes", Count(queued.bytes)),
        ("in_flight_packets", Count(in_flight.packets)),
        ("in_flight_bytes", Count(in_flight.bytes)),
        ("unread_packets", Count(unread.packets)),
        ("unread_bytes", Count(unread.bytes)),
    ]
    .into_iter()
}

/// Counts an unread packet of a channel.
pub fn count_unread(channels: &mut Vec<(u8, ChannelFigures)>, number: u8, bytes: usize) {
    let place = channels.binary_search_by_key(&number, |&(number, _)| number);
    let index = place.unwrap_or_else(|index| {
        channels.insert(index, (number, ChannelFigures::default()));
        index
    });
    channels[index].1.unread.count(bytes);
}
