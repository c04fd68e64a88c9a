//! Statistics of ENetPacketPeerRs.

use enet_multiplayer::figures::count_unread;
use enet_proto::Backlog;
use godot::prelude::*;

use super::{ENetPacketPeerRs, INACTIVE};
use crate::report::Reports;
use crate::{clock, statistics};

#[godot_api(secondary)]
impl ENetPacketPeerRs {
    /// Returns figures of the connection since it was established, as a [Dictionary]. The keys up to [code]drops[/code] are
    /// those of [method ENetMultiplayerPeerRs.get_statistics], for this peer only; DTLS handshakes are not counted. The others are:
    /// - [code]rtt_last[/code], [code]rtt_smoothed[/code], [code]rtt_variance[/code]: the last round-trip time, their
    ///   smoothed mean, and the mean deviation from that, in milliseconds; -1 if none was measured;
    /// - [code]rtt_p50[/code], [code]rtt_p99[/code]: half of the round trips of the last minute, and 99 of 100, took no longer
    ///   than this (above 32 milliseconds to within 4 percent); -1 if none was measured;
    /// - [code]loss[/code]: share of the reliable data sent in the last 10 to 20 seconds that was not acknowledged in time;
    /// - [code]throttle[/code]: share of the unreliable packets that is sent, see [method throttle_configure];
    /// - [code]mtu[/code]: the largest datagram that is sent to the peer, in bytes, before encryption;
    /// - [code]channels[/code]: a Dictionary with the numbers of the ENet channels on which packets wait as keys, and as values
    ///   Dictionaries with [code]queued_packets[/code], [code]queued_bytes[/code], [code]in_flight_packets[/code],
    ///   [code]in_flight_bytes[/code], [code]unread_packets[/code] and [code]unread_bytes[/code] of the channel.
    ///
    /// Returns an empty Dictionary and prints an error if this peer is inactive.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        let now = clock::now();
        let found = self.look(|host, peer| {
            let figures = host.peer_figures(now, peer)?;
            Some((figures, host.channel_figures(peer)))
        });
        let Some((mut figures, mut channels)) = found else {
            self.report_looking("get_statistics", &INACTIVE);
            return VarDictionary::new();
        };
        for unread in &*self.inbox.borrow() {
            figures.waiting.unread.count(unread.data.len());
            count_unread(&mut channels, unread.channel, unread.data.len());
        }
        statistics::of_peer(&figures, &channels)
    }
}

impl ENetPacketPeerRs {
    /// The packets that wait to be read.
    pub fn unread(&self) -> Backlog {
        statistics::backlog(self.inbox.borrow().iter().map(|unread| &unread.data))
    }
}
