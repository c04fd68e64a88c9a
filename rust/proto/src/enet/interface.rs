//! The calls of a host: checked, and handed to the parts.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::net::SocketAddr;

use super::peer::{DEFAULT_PING_INTERVAL, Peer};
use super::send::Content;
use super::{Enet, wire};
use crate::Time;
use crate::engine::{
    Admission, Disconnect, Event, MAX_CHANNELS, MAX_MTU, MIN_MTU, PacketFlags, PeerId, PeerState,
    PeerStatistics, QueueError, Throttle, Timeout,
};

impl Enet {
    ///
    /// Calls name connections by [`PeerId`]; a stale id is never an error, it names a disconnected peer.
    /// Starts a connection. The CONNECT leaves with the next [`Self::service`] or
    /// [`Self::flush`]. `None` when no slot is free.
    pub fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let now = self.at(now);
        self.begin_connecting(now, address, channels, data)
    }

    /// Takes in one datagram. Hostile bytes are dropped without a report.
    pub fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        let now = self.at(now);
        self.take_datagram(now, from, datagram, datagram.len());
    }

    /// Does what time makes due: resends, timeouts, pings, sharing the bandwidth. Acknowledgements
    /// of what came in wait for [`Self::flush`], so that they ride with the answers.
    pub fn service(&mut self, now: Time) {
        let now = self.at(now);
        // What this sends spares a ping.
        self.share_bandwidth_when_due(now);
        self.work_timers(now);
    }

    /// When [`Self::service`] has something to do next, if no datagram comes and nothing is called
    /// before. Possibly early, never late, and after a service always later than that. `None` if the
    /// engine cannot tell.
    pub fn next_timer(&self) -> Time {
        // An entry that nobody needs any more is early, and the service then takes it off the heap.
        let timer = self.timers.peek().map(|&Reverse((time, ..))| time);
        let share = self.next_share();
        let next = timer.map_or(share, |timer| timer.min(share));
        Time::from_millis(next)
    }

    /// Puts everything that may be sent now into datagrams.
    pub fn flush(&mut self, now: Time) {
        let now = self.at(now);
        self.flush_dirty(now);
    }

    /// The next thing that happened, oldest first.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// Whether [`Self::next_event`] has something to give.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Takes all events there are, oldest first, behind those that are there.
    pub fn take_events(&mut self, events: &mut VecDeque<Event>) {
        self.events.take(events);
    }

    /// Round trips that are longer by so many milliseconds than the shortest ones close no peer's throttle,
    /// from now on. 0, as at first, is C's way. An engine may know no other.
    pub fn tolerate_jitter(&mut self, milliseconds: u32) {
        self.jitter = milliseconds;
    }

    /// Takes in no packets from now on, or does so again. What is reliable comes again later, and
    /// connections live on meanwhile. False from an engine that cannot do this.
    pub fn refuse_data(&mut self, refuse: bool) {
        self.refuses_data = refuse;
    }

    /// Gives the buffer of a [`Event::Received`] back, for the next packets.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.buffers.put_back(buffer);
    }

    /// The next datagram to send, oldest first; its bytes replace those of `datagram`. What is full
    /// may leave before [`Self::flush`].
    pub fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        self.output.next(datagram)
    }

    /// Queues one packet. The protocol makes each 65,536th packet reliable that follows as many
    /// unreliable ordered ones on its channel, without a reliable one between.
    pub fn send(
        &mut self,
        now: Time,
        peer: PeerId,
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<(), QueueError> {
        if data.len() > self.config.max_packet_size {
            return Err(QueueError::TooLarge);
        }
        let mut content = Content {
            bytes: data,
            shared: None,
        };
        let now = self.at(now);
        self.queue_packet(now, peer, channel, flags, &mut content)
    }

    /// Queues one packet for several peers, holding its bytes once, and says for how many. Peers that
    /// are not connected or lack the channel are left out. Only a packet that is too large is an
    /// error.
    pub fn send_to_all(
        &mut self,
        now: Time,
        peers: &[PeerId],
        channel: u8,
        flags: PacketFlags,
        data: &[u8],
    ) -> Result<usize, QueueError> {
        if data.len() > self.config.max_packet_size {
            return Err(QueueError::TooLarge);
        }
        let mut content = Content {
            bytes: data,
            shared: None,
        };
        let now = self.at(now);
        let mut queued = 0;
        for &peer in peers {
            match self.queue_packet(now, peer, channel, flags, &mut content) {
                Ok(()) => queued += 1,
                Err(QueueError::TooLarge) => return Err(QueueError::TooLarge),
                Err(QueueError::NotConnected | QueueError::NoSuchChannel) => {}
            }
        }
        Ok(queued)
    }

    /// Ends a connection.
    pub fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        let now = self.at(now);
        self.begin_disconnecting(now, peer, data, how);
    }

    /// Tells those once that it is over who were let in and have not answered yet: to them they may be
    /// connected. An engine that does not know them leaves them to their timeouts.
    pub fn turn_newcomers_away(&mut self, now: Time) {
        let slots = self.slots.iter().flatten();
        let newcomers: Vec<PeerId> = slots
            .filter(|peer| peer.state == PeerState::AcknowledgingConnect)
            .map(|peer| peer.id())
            .collect();
        for peer in newcomers {
            self.disconnect(now, peer, 0, Disconnect::Now);
        }
    }

    /// The state of a connection.
    pub fn state(&self, peer: PeerId) -> PeerState {
        self.state_of(peer)
    }

    /// The remote's address, while the connection exists.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.live(peer).map(|peer| peer.address)
    }

    /// Number of channels of the connection, 0 when there is none.
    pub fn channels(&self, peer: PeerId) -> usize {
        self.live(peer).map_or(0, |peer| peer.channel_count)
    }

    /// Everything the connection knows of itself.
    pub fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        self.live(peer).map(Peer::statistics)
    }

    /// Peers that are connected.
    pub fn connected_peers(&self) -> usize {
        self.connected
    }

    /// Asks the remote for an acknowledgement, which measures the round trip.
    pub fn ping(&mut self, now: Time, peer: PeerId) {
        self.change(now, peer, |host, peer, now| {
            host.queue_control(peer, wire::Command::Ping, true, now);
        });
    }

    /// Time without an acknowledgement after which a ping is sent, in milliseconds; 0 for the usual
    /// 500.
    pub fn set_ping_interval(&mut self, _now: Time, id: PeerId, interval: u32) {
        let interval = if interval == 0 {
            DEFAULT_PING_INTERVAL
        } else {
            interval
        };
        if let Some(mut peer) = self.take(id) {
            peer.ping_interval = interval;
            self.put_back(peer);
        }
    }

    /// When to give the connection up. A field of 0 stands for its default.
    pub fn set_timeout(&mut self, peer: PeerId, timeout: Timeout) {
        let usual = Timeout::default();
        let or_usual = |value, usual| if value == 0 { usual } else { value };
        let slot = self.slots.get_mut(usize::from(peer.slot));
        if let Some(Some(found)) = slot
            && found.generation == peer.generation
        {
            found.timeout = Timeout {
                limit: or_usual(timeout.limit, usual.limit),
                minimum: or_usual(timeout.minimum, usual.minimum),
                maximum: or_usual(timeout.maximum, usual.maximum),
            };
        }
    }

    /// How both sides' throttles follow the round trips; the remote is told.
    pub fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle) {
        self.change(now, peer, |host, peer, now| {
            peer.throttle_settings = throttle;
            let command = wire::Command::ThrottleConfigure(throttle);
            host.queue_control(peer, command, true, now);
        });
    }

    /// Bandwidth of the whole host in bytes per second, 0 for unlimited. The peers are told within a
    /// second.
    pub fn set_bandwidth(&mut self, incoming: u32, outgoing: u32) {
        self.config.in_bandwidth = incoming;
        self.config.out_bandwidth = outgoing;
        self.announce_bandwidth = true;
    }

    /// Shares the bandwidth out now instead of at the end of its second.
    pub fn share_bandwidth(&mut self, now: Time) {
        let now = self.at(now);
        self.share_bandwidth_when_due(now);
    }

    /// Most channels granted to connections from now on, 1 to [`MAX_CHANNELS`]; 0 stands for the
    /// most.
    pub fn set_channel_limit(&mut self, channels: usize) {
        self.config.max_channels = match channels {
            0 => MAX_CHANNELS,
            channels => channels.min(MAX_CHANNELS),
        };
    }

    /// Chooses whom to let in from now on. See [`crate::EngineConfig::answers_refused`] for the others.
    pub fn set_admission(&mut self, admission: Admission) {
        self.admission = admission;
    }

    /// About how many datagrams [`Self::flush`] would leave ready: those that are, and one for each
    /// peer that has something to send. An engine that does not know says many.
    pub fn unsent_datagrams(&self) -> usize {
        self.dirty.len() + self.output.ready_count()
    }

    /// Datagrams that [`Self::next_datagram`] would give. An engine that does not know says many.
    pub fn ready_datagrams(&self) -> usize {
        self.output.ready_count()
    }

    /// Largest datagram offered to the other side from now on, [`MIN_MTU`] to [`MAX_MTU`] bytes. An
    /// engine may keep the one it was made with.
    pub fn set_mtu(&mut self, mtu: u32) {
        self.config.mtu = mtu.clamp(MIN_MTU, MAX_MTU);
    }

    /// Connections begun here wait from now on, without a datagram, until [`Self::go_on`]; those that
    /// got no answer yet begin anew. An engine that cannot do this sends its CONNECT again and again.
    pub fn hold(&mut self) {
        self.hold_connecting();
    }

    /// Lets connections to an address begin.
    pub fn go_on(&mut self, now: Time, address: SocketAddr) {
        let now = self.at(now);
        self.go_on_with(now, address);
    }

    /// Ends the connections with an address that is known to be gone, as their timeout would. An engine
    /// that cannot do this waits for that.
    pub fn lose(&mut self, address: SocketAddr) {
        self.lose_peers_at(address);
    }

    /// Calls its argument with the address of each peer. An engine that does not know them must not be
    /// used with encryption.
    pub fn each_address(&self, each: &mut dyn FnMut(SocketAddr)) {
        for peer in self.slots.iter().flatten() {
            each(peer.address);
        }
    }

    /// Takes in one datagram that came compressed, in `wire_size` bytes, and was decompressed: see
    /// [`crate::datagram::decompress`].
    pub fn receive_decompressed(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        wire_size: usize,
    ) {
        let now = self.at(now);
        self.take_datagram(now, from, datagram, wire_size);
    }

    /// Most bytes that the payload of a compressed datagram may become, for
    /// [`crate::datagram::decompress`]. `None` for datagrams that belong to no connection: those are
    /// to be dropped.
    pub fn decompressed_room(&self, from: SocketAddr, datagram: &[u8]) -> Option<usize> {
        self.room_for(from, datagram)
    }

    /// Whether every datagram carries a checksum.
    pub fn has_checksum(&self) -> bool {
        self.output.has_checksum
    }
}
