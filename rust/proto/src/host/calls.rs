//! Datagrams, events, packets and connections: the calls that move things.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::Host;
use crate::lifecycle;
use crate::peer::Peer;
use crate::send::{Content, queue_control, queue_packet};
use crate::wire::{Command, Header};
use crate::{
    Disconnect, Event, FormerPeers, IpNet, Limit, PacketFlags, PeerId, QueueError, Refusal, Time,
};

impl Host {
    /// Starts a connection with `channels` channels, 1 to [`crate::MAX_CHANNELS`], which shows the
    /// remote `data`. The CONNECT leaves with the next [`Self::flush`]. `None` if no slot is free.
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        self.context.advance(now);
        self.begin_connecting(address, channels, data)
    }

    /// Takes in one datagram, which is not compressed. Malformed datagrams and those of no connection
    /// are dropped without a report.
    pub fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        self.receive_decompressed(now, from, datagram, datagram.len());
    }

    /// Takes in one datagram that came compressed in `wire_size` bytes, and was decompressed with
    /// [`crate::datagram::decompress`].
    pub fn receive_decompressed(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        wire_size: usize,
    ) {
        self.receive_packed(now, from, datagram, wire_size, wire_size);
    }

    /// Takes in one datagram that came in `packed` bytes before it was decompressed, and in `sealed` bytes before it was
    /// decrypted, which only count for the figures.
    pub fn receive_packed(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        packed: usize,
        sealed: usize,
    ) {
        self.context.advance(now);
        self.take_datagram(from, datagram, packed, sealed);
    }

    /// Takes in a datagram that came without encryption to a host whose caller encrypts. A CONNECT is refused with
    /// [`Refusal::NotEncrypted`], if [`crate::HostConfig::answers_refused`]; the answer waits in
    /// [`Self::next_unencrypted`]. Everything else is dropped. True if the sender wants to connect, also for a
    /// compressed datagram, which the caller could not decompress.
    pub fn refuse_unencrypted(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        wire_size: usize,
    ) -> bool {
        self.context.advance(now);
        self.take_unencrypted(from, datagram, wire_size)
    }

    /// The next datagram that has to leave without encryption, as [`Self::next_datagram`] gives the others.
    pub fn next_unencrypted(&mut self, buffer: &mut Vec<u8>) -> Option<SocketAddr> {
        self.context.output.next_unencrypted(buffer)
    }

    /// Counts a datagram that the caller could not decompress, of which the first two bytes are enough. A peer with too many of
    /// them is dropped: see [`crate::Limits::undecodable`].
    pub fn note_undecodable(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        self.context.advance(now);
        match Header::read_start(datagram) {
            Some(header) => self.on_undecodable(&header, from),
            None => self.context.drops.malformed += 1,
        }
    }

    /// Counts a datagram that the caller dropped because [`Self::decompressed_room`] said so.
    pub fn note_stranger(&mut self) {
        self.context.drops.strangers += 1;
    }

    /// Does what time makes due: retransmissions, timeouts, pings, sharing the bandwidth.
    /// Acknowledgements of received commands wait for [`Self::flush`], so that they ride with the
    /// answers.
    pub fn service(&mut self, now: Time) {
        self.context.advance(now);
        // A bandwidth announcement makes a ping unnecessary.
        self.share_bandwidth_when_due();
        self.run_timers();
        self.make_waiting_room();
        self.requests.expire(self.context.now);
    }

    /// Shares the bandwidth among the peers if its second is over, as [`Self::service`] does.
    pub fn share_bandwidth(&mut self, now: Time) {
        self.context.advance(now);
        self.share_bandwidth_when_due();
    }

    /// Puts everything that may be sent now into datagrams.
    pub fn flush(&mut self, now: Time) {
        self.context.advance(now);
        self.flush_peers();
    }

    /// The next datagram to send, oldest first, and where to. Its bytes replace those of `datagram`,
    /// whose buffer is reused. Full datagrams may be ready before [`Self::flush`].
    pub fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        self.next_datagram_of(datagram).map(|(_, to)| to)
    }

    /// The same; also says whose datagram it is, for [`Self::note_packing`]. An id that never was one stands for none.
    pub fn next_datagram_of(&mut self, datagram: &mut Vec<u8>) -> Option<(PeerId, SocketAddr)> {
        self.context.output.next(datagram)
    }

    /// Counts, for the figures of a peer, by how many bytes the caller made a sent datagram smaller by compression, and
    /// then larger by encryption.
    pub fn note_packing(&mut self, peer: PeerId, saved: usize, added: usize) {
        if self.slots.get(peer).is_some()
            && let Some(peer) = self.slots.at_mut(peer.slot)
            && let Some(counts) = peer.packer.counts_mut()
        {
            counts.on_packed(saved, added);
        }
    }

    /// The next event. Events of a peer are in order. So are those of all peers, while few wait; where hundreds of one peer
    /// wait, those of others go ahead of its later ones.
    pub fn next_event(&mut self) -> Option<Event> {
        self.context.events.pop()
    }

    /// Appends events, oldest first, to `events`: some 512 at most, so that what the application has not taken
    /// counts for the limits. No event means that there is none. What is known of connections whose ends are among
    /// the events goes to `former`; the host forgets them.
    pub fn take_events(&mut self, events: &mut VecDeque<Event>, former: &mut FormerPeers) {
        self.context.events.take(events, former);
    }

    /// Takes the buffer of an [`Event::Received`] back, for later packets.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.context.buffers.put_back(buffer);
    }

    /// Queues a packet of any length up to [`crate::HostConfig::max_packet_size`]. The protocol makes
    /// a packet reliable that follows 65,535 unreliable ordered ones on its channel, without a
    /// reliable one between.
    ///
    /// [`QueueError::Full`] if the packet would exceed [`crate::Limits::unsent_bytes`] of what waits to be sent to the
    /// peer, or to be acknowledged by it; where nothing waits, a packet of any size is queued.
    pub fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        self.check_size(data)?;
        self.context.advance(now);
        self.queue_packet(peer, channel, flags, &mut Content::new(data))
    }

    /// Queues a packet for several peers, keeping its bytes once, and returns for how many. Peers that
    /// are not connected or lack the channel are left out; a packet that is too large is the only
    /// error. A peer to which [`crate::Limits::unsent_bytes`] wait to be sent already is dropped, with
    /// [`Limit::Unsent`]: nobody would tell the caller which packets it lacks.
    pub fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError> {
        self.check_size(data)?;
        self.context.advance(now);
        let mut content = Content::new(data);
        let mut queued = 0;
        for &peer in peers {
            match self.queue_packet(peer, channel, flags, &mut content) {
                Ok(()) => queued += 1,
                Err(QueueError::TooLarge) => return Err(QueueError::TooLarge),
                Err(QueueError::Full) => self.drop_over_limit(now, peer, Limit::Unsent),
                Err(QueueError::NotConnected | QueueError::NoSuchChannel) => {}
            }
        }
        Ok(queued)
    }

    fn check_size(&self, data: &[u8]) -> Result<(), QueueError> {
        match data.len() > self.context.config.max_packet_size {
            true => Err(QueueError::TooLarge),
            false => Ok(()),
        }
    }

    fn queue_packet(
        &mut self,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        content: &mut Content<'_>,
    ) -> Result<(), QueueError> {
        self.with_peer(peer, |peer, context| {
            queue_packet(peer, context, channel, flags, content)?;
            peer.packer.tally.on_queued(content.len());
            Ok(())
        })
        .unwrap_or(Err(QueueError::NotConnected))
    }

    /// Asks the remote for an acknowledgement, which measures the round-trip time.
    pub fn ping(&mut self, now: Time, peer: PeerId) {
        self.context.advance(now);
        self.with_connected(peer, |peer, context| {
            queue_control(peer, context, Command::Ping);
        });
    }

    /// Ends a connection. `data` travels to the remote.
    pub fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        self.context.advance(now);
        self.with_peer(peer, |peer, context| {
            lifecycle::close(peer, context, data, how);
        });
    }

    /// Ends a connection because its remote exceeded a limit: reports [`Event::OverLimit`] and
    /// [`Event::Disconnected`], sends the remote one DISCONNECT with the limit's [`Limit::code`] as data, and frees
    /// what the connection holds.
    pub fn drop_over_limit(&mut self, now: Time, peer: PeerId, limit: Limit) {
        self.context.advance(now);
        self.with_peer(peer, |peer, context| {
            lifecycle::drop_over_limit(peer, context, limit);
        });
    }

    /// Ends all connections with a network that was banned, with [`Limit::Banned`]. Walks all slots. The caller
    /// drops the network's datagrams.
    pub fn end_banned(&mut self, now: Time, network: IpNet) {
        self.context.advance(now);
        let is_banned = |peer: &&Peer| network.contains(&peer.address().ip().to_canonical());
        let banned: Vec<PeerId> = self.slots.iter().filter(is_banned).map(Peer::id).collect();
        for id in banned {
            self.with_peer(id, |peer, context| {
                lifecycle::close_over_limit(peer, context, Limit::Banned);
            });
        }
        self.requests.forget_network(network);
    }

    /// Ends all half-open connections, with [`Disconnect::Now`]: their remotes may take themselves for
    /// connected. Walks all slots.
    pub fn reject_pending(&mut self, now: Time) {
        let peers = self.slots.iter().filter(|peer| peer.is_half_open());
        let pending: Vec<PeerId> = peers.map(Peer::id).collect();
        let data = self.context.refusal_data(Refusal::NotWelcome);
        for peer in pending {
            self.disconnect(now, peer, data, Disconnect::Now);
        }
    }
}
