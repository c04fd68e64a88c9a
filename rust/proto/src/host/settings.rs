//! Settings that can change while a host runs.

use super::{Host, millis, slot_count};
use crate::send::queue_control;
use crate::wire::Command;
use crate::{Admission, MAX_CHANNELS, MAX_MTU, MIN_MTU, PeerId, Throttle, Time, Timeout};

impl Host {
    /// Sets the time in milliseconds without an acknowledgement after which a ping is sent; 0 for the
    /// default of 500.
    pub fn set_ping_interval(&mut self, now: Time, peer: PeerId, interval: u32) {
        self.context.advance(now);
        self.with_peer(peer, |peer, _| peer.keep_alive.set_interval(interval));
    }

    /// Sets when to give the connection up. A field of 0 stands for its default.
    pub fn set_timeout(&mut self, peer: PeerId, timeout: Timeout) {
        self.with_peer(peer, |peer, _| peer.set_timeout(timeout));
    }

    /// Limits the time of an attempt to connect, from `started` on; `None`, as at first, for that of the peer's limits
    /// ([`Self::set_timeout`]): as long as its CONNECT is retransmitted, 31.5 seconds by default, also where
    /// [`Self::pause_connecting`] makes the CONNECT wait. Limits that were set end it where they are shorter. A peer
    /// that is connected is not affected.
    pub fn set_connect_timeout(&mut self, peer: PeerId, started: Time, timeout: Option<Time>) {
        let timeout = timeout.map(millis);
        self.with_peer(peer, |peer, _| {
            peer.handshake.attempt.limit(millis(started), timeout);
        });
    }

    /// Sets how the throttles of both sides follow the round trips; the remote is told.
    pub fn configure_throttle(&mut self, now: Time, peer: PeerId, throttle: Throttle) {
        self.context.advance(now);
        self.with_connected(peer, |peer, context| {
            peer.throttle.configure(throttle);
            queue_control(peer, context, Command::ThrottleConfigure(throttle));
        });
    }

    /// Sets the bandwidth of the whole host in bytes per second, 0 for unlimited. The peers are told
    /// within a second.
    pub fn set_bandwidth(&mut self, incoming: u32, outgoing: u32) {
        self.context.config.in_bandwidth = incoming;
        self.context.config.out_bandwidth = outgoing;
        self.context.census.mark_changed();
    }

    /// Sets the most channels granted to new connections, 1 to [`MAX_CHANNELS`]; 0 stands for the
    /// most.
    pub fn set_channel_limit(&mut self, channels: usize) {
        self.context.config.max_channels = match channels {
            0 => MAX_CHANNELS,
            channels => channels.min(MAX_CHANNELS),
        };
    }

    /// Chooses which connectors are accepted from now on. See
    /// [`crate::HostConfig::answers_refused`] for the others.
    pub fn set_admission(&mut self, admission: Admission) {
        self.incoming.set_rule(admission);
    }

    /// Sets the largest datagram offered to new connections, [`MIN_MTU`] to [`MAX_MTU`] bytes.
    pub fn set_mtu(&mut self, mtu: u32) {
        self.context.config.mtu = mtu.clamp(MIN_MTU, MAX_MTU);
    }

    /// Sets what remotes may cost from now on. Connections that exist stay.
    pub fn set_limits(&mut self, limits: crate::Limits) {
        self.context.config.limits = limits;
        self.slots.grow(slot_count(&self.context.config));
    }

    /// Says that a layer below, such as an encrypted session, has proven the addresses of all connectors.
    pub fn set_addresses_proven(&mut self, are_proven: bool) {
        self.addresses_are_proven = are_proven;
    }

    /// Sets by how many milliseconds a round trip may exceed the shortest ones without lowering the
    /// peer's throttle. C has no such tolerance, and neither has a new host: the default is 0.
    pub fn set_jitter_tolerance(&mut self, milliseconds: u32) {
        self.context.jitter_tolerance = milliseconds;
    }

    /// Pauses the receiving of packets, or resumes it. Meanwhile connections stay up; the remotes
    /// retransmit reliable packets later, and unreliable ones are lost.
    pub fn pause_receiving(&mut self, pause: bool) {
        self.context.receiving_is_paused = pause;
    }
}
