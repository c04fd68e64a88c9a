//! The calls of an [`Engine`]: checked, and handed to the parts.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::net::SocketAddr;

use super::peer::{DEFAULT_PING_INTERVAL, Peer};
use super::send::Content;
use super::{Enet, wire};
use crate::Time;
use crate::compress::Codec;
use crate::engine::{
    Admission, Disconnect, Engine, Event, MAX_CHANNELS, MAX_MTU, MIN_MTU, PacketFlags, PeerId,
    PeerState, PeerStatistics, QueueError, Throttle, Timeout,
};

impl Engine for Enet {
    fn connect(
        &mut self,
        now: Time,
        address: SocketAddr,
        channels: usize,
        data: u32,
    ) -> Option<PeerId> {
        let now = self.at(now);
        self.begin_connecting(now, address, channels, data)
    }

    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        let now = self.at(now);
        self.take_datagram(now, from, datagram);
    }

    fn service(&mut self, now: Time) {
        let now = self.at(now);
        // What this sends spares a ping.
        self.share_bandwidth_when_due(now);
        self.work_timers(now);
    }

    fn next_timer(&self) -> Option<Time> {
        // An entry that nobody needs any more is early, and the service then takes it off the heap.
        let timer = self.timers.peek().map(|&Reverse((time, ..))| time);
        let share = self.next_share();
        let next = timer.map_or(share, |timer| timer.min(share));
        Some(Time::from_millis(next))
    }

    fn flush(&mut self, now: Time) {
        let now = self.at(now);
        self.flush_dirty(now);
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    fn take_events(&mut self, events: &mut VecDeque<Event>) {
        self.events.take(events);
    }

    fn tolerate_jitter(&mut self, milliseconds: u32) {
        self.jitter = milliseconds;
    }

    fn refuse_data(&mut self, refuse: bool) -> bool {
        self.refuses_data = refuse;
        true
    }

    fn recycle(&mut self, buffer: Vec<u8>) {
        self.buffers.put_back(buffer);
    }

    fn next_datagram(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        self.output.next(datagram)
    }

    fn send(
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

    fn send_to_all(
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

    fn disconnect(&mut self, now: Time, peer: PeerId, data: u32, how: Disconnect) {
        let now = self.at(now);
        self.begin_disconnecting(now, peer, data, how);
    }

    fn turn_newcomers_away(&mut self, now: Time) {
        let slots = self.slots.iter().flatten();
        let newcomers: Vec<PeerId> = slots
            .filter(|peer| peer.state == PeerState::AcknowledgingConnect)
            .map(|peer| peer.id())
            .collect();
        for peer in newcomers {
            self.disconnect(now, peer, 0, Disconnect::Now);
        }
    }

    fn state(&self, peer: PeerId) -> PeerState {
        self.state_of(peer)
    }

    fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.live(peer).map(|peer| peer.address)
    }

    fn channels(&self, peer: PeerId) -> usize {
        self.live(peer).map_or(0, |peer| peer.channel_count)
    }

    fn statistics(&self, peer: PeerId) -> Option<PeerStatistics> {
        self.live(peer).map(Peer::statistics)
    }

    fn connected_peers(&self) -> usize {
        self.connected
    }

    fn ping(&mut self, now: Time, peer: PeerId) {
        self.change(now, peer, |host, peer, now| {
            host.queue_control(peer, wire::Command::Ping, true, now);
        });
    }

    fn set_ping_interval(&mut self, _now: Time, id: PeerId, interval: u32) {
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

    fn set_timeout(&mut self, peer: PeerId, timeout: Timeout) {
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

    fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle) {
        self.change(now, peer, |host, peer, now| {
            peer.throttle_settings = throttle;
            let command = wire::Command::ThrottleConfigure(throttle);
            host.queue_control(peer, command, true, now);
        });
    }

    fn set_bandwidth(&mut self, incoming: u32, outgoing: u32) {
        self.config.in_bandwidth = incoming;
        self.config.out_bandwidth = outgoing;
        self.announce_bandwidth = true;
    }

    fn share_bandwidth(&mut self, now: Time) {
        let now = self.at(now);
        self.share_bandwidth_when_due(now);
    }

    fn set_channel_limit(&mut self, channels: usize) {
        self.config.max_channels = match channels {
            0 => MAX_CHANNELS,
            channels => channels.min(MAX_CHANNELS),
        };
    }

    fn set_admission(&mut self, admission: Admission) {
        self.admission = admission;
    }

    fn unsent_datagrams(&self) -> usize {
        self.dirty.len() + self.output.ready_count()
    }

    fn ready_datagrams(&self) -> usize {
        self.output.ready_count()
    }

    fn set_mtu(&mut self, mtu: u32) {
        self.config.mtu = mtu.clamp(MIN_MTU, MAX_MTU);
    }

    fn hold(&mut self) {
        Enet::hold(self);
    }

    fn go_on(&mut self, now: Time, address: SocketAddr) {
        let now = self.at(now);
        Enet::go_on(self, now, address);
    }

    fn lose(&mut self, address: SocketAddr) {
        Enet::lose(self, address);
    }

    fn each_address(&self, each: &mut dyn FnMut(SocketAddr)) {
        for peer in self.slots.iter().flatten() {
            each(peer.address);
        }
    }

    fn set_codec(&mut self, codec: Option<Box<dyn Codec + Send>>) {
        self.output.codec = codec;
    }

    fn undecoded(&self) -> u64 {
        self.undecoded
    }
}
