//! Figures of a host: what came and went on its socket and its connections, and the health of its owner's loop.

use std::time::Duration;

use enet_proto::{ChannelFigures, Drops, Event, PeerFigures, PeerId, PeerState, Time, Traffic};

use super::Host;
use crate::netem::Emulator;

/// Figures of a host.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HostFigures {
    /// What came and went since the host was made: datagrams and bytes of the socket, everything else of the
    /// connections, also of those that ended.
    pub traffic: Traffic,
    /// What waits, of all connections.
    pub waiting: ChannelFigures,
    /// What was dropped, by cause.
    pub drops: Drops,
    /// Peers that are connected.
    pub peers: u32,
    /// Mean of the peers' smoothed round trips, in milliseconds.
    pub rtt_mean: Option<f32>,
    /// The longest of them.
    pub rtt_max: Option<f32>,
    /// Mean of the peers' [`PeerFigures::loss`].
    pub loss: f32,
    /// The longest time between two polls of the owner since the time that the caller asks for.
    pub poll_gap: Duration,
    /// The same between two sends.
    pub send_gap: Duration,
    /// The longest time between two polls of the last minute.
    pub poll_gap_minute: Duration,
    /// The same between two sends.
    pub send_gap_minute: Duration,
    /// Encrypted handshakes that were completed.
    pub handshakes: u64,
    /// Datagrams that an emulated network lost.
    pub simulated_drops: u64,
}

impl HostFigures {
    /// Adds the figures of another host, as of a mesh. Of times, the longer ones count.
    pub fn add(&mut self, other: &Self) {
        let (mine, others) = (self.peers as f32, other.peers as f32);
        let mean = |one: f32, other: f32| match mine + others {
            0.0 => 0.0,
            all => (one * mine + other * others) / all,
        };
        self.rtt_mean = match (self.rtt_mean, other.rtt_mean) {
            (Some(one), Some(other)) => Some(mean(one, other)),
            (one, other) => one.or(other),
        };
        self.rtt_max = match (self.rtt_max, other.rtt_max) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        self.loss = mean(self.loss, other.loss);
        self.traffic.add(&other.traffic);
        self.waiting.add(&other.waiting);
        self.drops.add(&other.drops);
        self.peers += other.peers;
        self.poll_gap = self.poll_gap.max(other.poll_gap);
        self.send_gap = self.send_gap.max(other.send_gap);
        self.poll_gap_minute = self.poll_gap_minute.max(other.poll_gap_minute);
        self.send_gap_minute = self.send_gap_minute.max(other.send_gap_minute);
        self.handshakes += other.handshakes;
        self.simulated_drops += other.simulated_drops;
    }
}

/// Means over the peers that are connected.
#[derive(Default)]
struct Means {
    peers: u32,
    measured: u32,
    rtt: f32,
    rtt_max: f32,
    loss: f32,
}

impl Means {
    fn count(&mut self, figures: &PeerFigures) {
        self.peers += 1;
        self.loss += figures.loss;
        if let Some(rtt) = figures.rtt_smoothed {
            self.measured += 1;
            self.rtt += rtt as f32;
            self.rtt_max = self.rtt_max.max(rtt as f32);
        }
    }

    fn fill(&self, figures: &mut HostFigures) {
        let is_measured = self.measured > 0;
        figures.peers = self.peers;
        figures.rtt_mean = is_measured.then(|| self.rtt / self.measured as f32);
        figures.rtt_max = is_measured.then_some(self.rtt_max);
        figures.loss = match self.peers {
            0 => 0.0,
            peers => self.loss / peers as f32,
        };
    }
}

impl Host {
    /// Figures of the host, and of each of its connections, with their states, by slot. All are of one moment. The gaps
    /// of [`HostFigures`] are the longest since the time `since`. Walks all slots.
    pub fn figures(
        &self,
        now: Time,
        since: Time,
    ) -> (HostFigures, Vec<(PeerId, PeerState, PeerFigures)>) {
        let mut host = HostFigures {
            poll_gap: self.polls.longest_since(now, since),
            poll_gap_minute: self.polls.longest_of_minute(now),
            ..HostFigures::default()
        };
        let mut peers = Vec::new();
        let mut means = Means::default();
        {
            let state = self.driver.state();
            let protocol = &state.host;
            peers.reserve(protocol.connected_peers());
            protocol.for_each_figures(now, |peer, state, figures| {
                peers.push((peer, state, figures));
            });
            host.traffic = protocol.traffic();
            host.traffic.bytes_in = state.wire.bytes_in;
            host.traffic.bytes_out = state.wire.bytes_out;
            host.traffic.datagrams_in = state.wire.datagrams_in;
            host.traffic.datagrams_out = state.wire.datagrams_out;
            [host.traffic.codec_saved_in, host.traffic.codec_saved_out] = state.codec_saved;
            host.drops = protocol.drops();
            host.drops.add(&state.drops);
            host.send_gap = state.sends.longest_since(now, since);
            host.send_gap_minute = state.sends.longest_of_minute(now);
            host.handshakes = state.handshakes;
            host.simulated_drops = state.emulator.as_ref().map_or(0, Emulator::drops);
        }
        host.drops.banned += self.driver.bans().dropped();
        for event in &self.events {
            if let Event::Received { peer, data, .. } = event {
                let found = peers.binary_search_by_key(&peer.slot, |(peer, ..)| peer.slot);
                match found.map(|index| &mut peers[index]) {
                    Ok((id, _, figures)) if id == peer => figures.waiting.unread.count(data.len()),
                    _ => host.waiting.unread.count(data.len()),
                }
            }
        }
        for (_, state, figures) in &peers {
            host.waiting.add(&figures.waiting);
            if let PeerState::Connected | PeerState::DisconnectLater = state {
                means.count(figures);
            }
        }
        means.fill(&mut host);
        (host, peers)
    }

    /// Calls `each` with the smoothed round-trip time of each connection that has measured one, in milliseconds.
    pub fn for_each_round_trip(&self, each: impl FnMut(u32)) {
        self.driver.state().host.for_each_round_trip(each);
    }

    /// Figures of a connection, while it exists and until [`Host::next_event`] reports its end.
    pub fn peer_figures(&self, now: Time, peer: PeerId) -> Option<PeerFigures> {
        let mut figures = match self.former.get(&peer) {
            Some(former) => former.figures,
            None => self.driver.state().host.figures(now, peer)?,
        };
        self.for_each_event(peer, |_, bytes| figures.waiting.unread.count(bytes));
        Some(figures)
    }

    /// Figures of the channels of a connection on which something waits, by ascending number. Goes through everything
    /// that was not read.
    pub fn channel_figures(&self, peer: PeerId) -> Vec<(u8, ChannelFigures)> {
        let mut channels = Vec::new();
        (self.driver.state().host).for_each_channel(peer, |number, figures| {
            channels.push((number, figures));
        });
        self.for_each_event(peer, |number, bytes| {
            let place = channels.binary_search_by_key(&number, |&(number, _)| number);
            let index = place.unwrap_or_else(|index| {
                channels.insert(index, (number, ChannelFigures::default()));
                index
            });
            channels[index].1.unread.count(bytes);
        });
        channels
    }

    /// Calls `each` with the channel and size of each packet of a peer among the events.
    fn for_each_event(&self, peer: PeerId, mut each: impl FnMut(u8, usize)) {
        for event in &self.events {
            if let Event::Received {
                peer: from,
                channel,
                data,
                ..
            } = event
                && *from == peer
            {
                each(*channel, data.len());
            }
        }
    }
}
