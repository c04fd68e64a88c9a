//! Calls that change nothing.

use std::net::SocketAddr;

use super::Host;
use crate::peer::Peer;
use crate::{ChannelFigures, PeerFigures, PeerId, PeerState, PeerStatistics, Time, Traffic};

impl Host {
    /// When [`Self::service`] has something to do next, if no datagram comes and nothing is called
    /// before. The time may be early, is never late, and is later than now after a service.
    pub fn next_timer(&self) -> Time {
        // An outdated timer is early; the service removes it.
        let share = self.next_share();
        let next = self.timers.next().map_or(share, |timer| timer.min(share));
        Time::from_millis(next)
    }

    /// Whether [`Self::next_event`] has something to give.
    pub fn has_events(&self) -> bool {
        !self.context.events.is_empty()
    }

    /// About how many datagrams [`Self::flush`] would leave ready: those that are ready, and one for
    /// each peer with something to send.
    pub fn unsent_datagrams(&self) -> usize {
        self.context.dirty.len() + self.context.output.ready_count()
    }

    /// How many datagrams [`Self::next_datagram`] would give.
    pub fn ready_datagrams(&self) -> usize {
        self.context.output.ready_count()
    }

    /// The state of a connection.
    pub fn state(&self, peer: PeerId) -> PeerState {
        self.slots.state(peer)
    }

    /// The remote's address, if it is known, while the connection exists and until its end is taken.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        match self.slots.get(peer) {
            Some(peer) => peer.known_address(),
            None => self.context.events.former(peer)?.address,
        }
    }

    /// Number of channels of the connection, 0 if it does not exist.
    pub fn channels(&self, peer: PeerId) -> usize {
        self.slots.get(peer).map_or(0, |peer| peer.channels.count())
    }

    /// Statistics of a connection, while it exists and until its end is taken.
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        let former = || Some(self.context.events.former(peer)?.statistics);
        self.slots.get(peer).map(Peer::statistics).or_else(former)
    }

    /// What came and went on all connections so far. Walks all slots.
    pub fn traffic(&self) -> Traffic {
        let mut all = self.former_traffic;
        for peer in self.slots.iter() {
            all.add(&peer.traffic());
            all.count_arrived(self.context.events.arrived(peer.id()));
        }
        all
    }

    /// Figures of a connection, while it exists and until its end is taken.
    pub fn figures(&self, now: Time, peer: PeerId) -> Option<PeerFigures> {
        let now = self.context.now.max(super::millis(now));
        match self.slots.get(peer) {
            Some(peer) => Some(self.figures_of(now, peer)),
            None => {
                let mut figures = self.context.events.former(peer)?.figures;
                figures.waiting.unread = self.context.events.unread(peer);
                Some(figures)
            }
        }
    }

    /// Calls `each` with the state and the figures of every connection. Walks all slots.
    pub fn for_each_figures(
        &self,
        now: Time,
        mut each: impl FnMut(PeerId, PeerState, PeerFigures),
    ) {
        let now = self.context.now.max(super::millis(now));
        for peer in self.slots.iter() {
            each(peer.id(), peer.state(), self.figures_of(now, peer));
        }
    }

    /// Calls `each` with the smoothed round-trip time of each connection that is up and has measured one, in milliseconds.
    pub fn for_each_round_trip(&self, each: impl FnMut(u32)) {
        let is_up = |peer: &&Peer| {
            matches!(
                peer.state(),
                PeerState::Connected | PeerState::DisconnectLater
            )
        };
        let up = self.slots.iter().filter(is_up);
        up.filter_map(Peer::round_trip).for_each(each);
    }

    fn figures_of(&self, now: u64, peer: &Peer) -> PeerFigures {
        let mut figures = peer.figures(now);
        let events = &self.context.events;
        figures.waiting.unread = events.unread(peer.id());
        figures.traffic.count_arrived(events.arrived(peer.id()));
        figures
    }

    /// Calls `each` with the number and the figures of every channel of a connection on which something waits. Goes
    /// through everything that the application has not taken.
    pub fn for_each_channel(&self, peer: PeerId, mut each: impl FnMut(u8, ChannelFigures)) {
        let mut channels = [ChannelFigures::default(); crate::MAX_CHANNELS];
        let used = self.slots.get(peer).into_iter();
        for (number, channel) in used.flat_map(|peer| peer.channels.iter()) {
            let figures = &mut channels[usize::from(number)];
            [figures.queued, figures.in_flight] = channel.sending.backlogs();
        }
        let events = &self.context.events;
        events.for_each_unread(peer, |channel, bytes| {
            channels[usize::from(channel)].unread.count(bytes);
        });
        let filled = (0..=u8::MAX)
            .zip(&channels)
            .filter(|(_, it)| !it.is_empty());
        filled.for_each(|(number, figures)| each(number, *figures));
    }

    /// What remotes may cost.
    pub fn limits(&self) -> &crate::Limits {
        &self.context.config.limits
    }

    /// Bytes that count for [`crate::Limits::unsent_bytes`] of a connection.
    pub fn unsent_bytes(&self, peer: PeerId) -> usize {
        self.slots
            .get(peer)
            .map_or(0, |peer| peer.queue.unsent_bytes())
    }

    /// What the host dropped so far, by cause.
    pub fn drops(&self) -> crate::Drops {
        self.context.drops
    }

    /// What the host dropped of a connection, by cause, while the connection exists and until its end is taken.
    pub fn peer_drops(&self, peer: PeerId) -> Option<crate::Drops> {
        let former = || Some(self.context.events.former(peer)?.drops);
        self.slots.get(peer).map(Peer::drops).or_else(former)
    }

    /// Bytes of all peers together that wait for reordering and reassembly.
    pub fn waiting_data(&self) -> usize {
        self.context.waiting
    }

    /// Number of peers that are connected.
    pub fn connected_peers(&self) -> usize {
        self.context.census.connected()
    }

    /// Calls `each` with the address and state of every connection whose address is known, and of every connector that
    /// waits for an answer. Walks all slots.
    pub fn for_each_address(&self, mut each: impl FnMut(SocketAddr, PeerState)) {
        for peer in self.slots.iter().filter(|peer| peer.has_address()) {
            each(peer.address(), peer.state());
        }
        let waiting = self.requests.addresses();
        waiting.for_each(|address| each(address, PeerState::AcknowledgingConnect));
    }

    /// Most bytes that the payload of a compressed datagram may become, for
    /// [`crate::datagram::decompress`]. `None` for datagrams that belong to no connection; they are to
    /// be dropped.
    pub fn decompressed_room(&self, from: SocketAddr, datagram: &[u8]) -> Option<usize> {
        self.decompression_limit(from, datagram)
    }

    /// Whether every datagram carries a checksum: [`crate::HostConfig::checksum`].
    pub fn has_checksum(&self) -> bool {
        self.context.output.has_checksum()
    }
}
