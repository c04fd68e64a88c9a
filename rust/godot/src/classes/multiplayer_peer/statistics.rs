//! Statistics of ENetMultiplayerPeerRs.

use godot::global::Error;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::monitors::NotAdded;
use crate::release::release;
use crate::report::Reports;
use crate::{clock, statistics};

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Returns figures of the network since the host was created, as a [Dictionary]. Sizes and counts are of type
    /// [int], times (in milliseconds) and shares (0.0 to 1.0) of type [float].
    /// - [code]bytes_in[/code], [code]bytes_out[/code]: bytes of the datagrams that came and went: UDP's payload, after
    ///   compression and with encryption and its handshakes. The headers of IP and UDP (28 bytes for each datagram with
    ///   IPv4, 48 with IPv6) are not counted;
    /// - [code]datagrams_in[/code], [code]datagrams_out[/code]: those datagrams;
    /// - [code]packets_in[/code]: packets that arrived, whether they were read or not;
    /// - [code]packets_out[/code]: packets that were put, one for each recipient;
    /// - [code]payload_in[/code], [code]payload_out[/code]: bytes of these packets;
    /// - [code]datagrams_saved[/code]: packets and fragments sent that shared the datagram of another one;
    /// - [code]codec_saved_in[/code], [code]codec_saved_out[/code]: bytes saved by compression;
    /// - [code]retransmissions[/code]: reliable packets, fragments, pings and other commands that were retransmitted;
    /// - [code]throttled_packets[/code]: unreliable packets that were not sent because ENet throttled them, see
    ///   [method ENetPacketPeerRs.throttle_configure];
    /// - [code]queued_packets[/code], [code]queued_bytes[/code]: reliable packets and fragments that wait to be sent, or to
    ///   be sent again, and their bytes;
    /// - [code]in_flight_packets[/code], [code]in_flight_bytes[/code]: those that were sent, and for whose acknowledgement
    ///   the host waits;
    /// - [code]unread_packets[/code], [code]unread_bytes[/code]: packets that arrived and were not read;
    /// - [code]drops[/code]: drops by cause: the Dictionary of [method get_dropped];
    /// - [code]peers[/code]: peers that are connected;
    /// - [code]rtt_mean[/code], [code]rtt_max[/code]: mean and maximum of the peers' round-trip times, -1 without a peer;
    /// - [code]loss[/code]: mean of the peers' share of reliable data not acknowledged in time;
    /// - [code]poll_gap[/code], [code]send_gap[/code]: the longest time between two polls, and between two sends,
    ///   since the previous call of this method by any caller, such as the overlay; if there are several callers, use
    ///   the gaps of the last minute instead. A long gap between polls shows that the game was busy, not the network.
    ///   Nothing is sent while there is nothing to send; a connection sends about twice a second at least;
    /// - [code]poll_gap_minute[/code], [code]send_gap_minute[/code]: the longest of the last minute;
    /// - [code]handshakes[/code]: DTLS handshakes that were completed;
    /// - [code]simulated_drops[/code]: datagrams that a simulated network lost.
    ///
    /// A mesh adds up the numbers of its hosts; of gaps, the longest counts. [method ENetPacketPeerRs.get_statistics] has
    /// the figures of one peer. Returns an empty Dictionary and prints an error if this peer is not active.
    ///
    /// ```gdscript
    /// var figures := peer.get_statistics()
    /// print("%d players, %.0f ms, %.1f kB sent" % [figures.peers, figures.rtt_mean, figures.bytes_out / 1000.0])
    /// ```
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        let now = clock::now();
        let figures = self
            .session
            .core
            .figures_since(now, self.session.asked.renew(now));
        match figures {
            Ok(figures) => statistics::of_host(&figures.host),
            Err(error) => {
                self.report_looking("get_statistics", &error);
                VarDictionary::new()
            }
        }
    }

    /// Shows rates of this peer among the [b]Monitors[/b] of the editor's debugger, in a group named `prefix`: kilobytes per
    /// second on the wire and of payload, datagrams per second, peers, round-trip times, loss, retransmissions per second,
    /// bytes that wait to be sent, and the longest gap between polls. They are custom monitors of [Performance], with names
    /// like [code]ENet/Wire in, kB per s[/code]: all are numbers, and 0 while this peer is not active. Rates are those since
    /// the last time that they were asked for, of half a second at least.
    ///
    /// The monitors stay when this peer is closed and created again, and are removed by [method remove_monitors], and when
    /// this object is freed, which they do not prevent. A second call replaces the monitors of this peer.
    ///
    /// Returns [constant OK], or, with an error printed, [constant ERR_INVALID_PARAMETER] if `prefix` is empty or has a slash,
    /// and [constant ERR_ALREADY_EXISTS] if there are monitors of this prefix: each peer needs its own.
    #[func]
    fn add_monitors(&mut self, #[opt(default = "ENet")] prefix: GString) -> Error {
        let this = self.to_gd();
        let object = this.clone().upcast();
        let added = (self.session.monitors).add(&prefix.to_string(), &object, "_get_monitor");
        drop(object);
        release(this);
        let Err(error) = added else {
            return Error::OK;
        };
        self.report("add_monitors", &error);
        match error {
            NotAdded::Prefix(_) => Error::ERR_INVALID_PARAMETER,
            NotAdded::Taken(_) => Error::ERR_ALREADY_EXISTS,
        }
    }

    /// Removes the monitors that [method add_monitors] added. Does nothing if there are none.
    #[func]
    fn remove_monitors(&self) {
        self.session.monitors.remove();
    }

    /// Called by the monitors of [method add_monitors], with the number of one of them. Returns its present value.
    #[func]
    fn _get_monitor(&self, number: i64) -> f64 {
        let now = clock::now();
        let core = &self.session.core;
        let figures = |since| Some(core.figures_since(now, since).ok()?.host);
        self.session.monitors.value(number, now, figures)
    }
}
