//! One connection. [`Peer`] owns parts that keep their own rules, and joins them where a rule needs
//! several.

mod attempt;
mod bandwidth;
mod channels;
mod counts;
mod handshake;
mod keep_alive;
mod loss;
mod negotiation;
mod recent_loss;
mod recovery;
mod round_trips;
mod rtt;
mod throttle;
mod undecodable;
mod unsequenced;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub use attempt::Attempt;
pub use bandwidth::PeerBandwidth;
pub use channels::Channels;
pub use counts::{Counts, Tally};
pub use handshake::{Handshake, Lots};
pub use keep_alive::KeepAlive;
pub use loss::LossEstimator;
pub use recent_loss::RecentLoss;
pub use recovery::{GiveUp, Recovery, Transmission, Transmissions};
pub use round_trips::{RoundTrips, Samples};
pub use rtt::RttEstimator;
pub use throttle::PacketThrottle;
pub use undecodable::Undecodable;
pub use unsequenced::UnsequencedGroups;

use crate::host::{Alarm, Context};
use crate::recv::{Intake, ReceiveBudget};
use crate::send::{ControlQueue, Key, Packer, SendQueue};
use crate::wire::CONTROL_CHANNEL;
use crate::{
    Cause, Drops, FormerPeer, PeerFigures, PeerId, PeerState, PeerStatistics, THROTTLE_SCALE,
    Traffic,
};

/// Stands for the address of a remote while it is not known. No datagram comes from it.
pub const NO_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// One connection.
///
/// The order of the fields is that of their use: what every datagram touches lies together, which a
/// server with many peers feels.
#[derive(Debug)]
#[repr(C)]
pub struct Peer {
    id: PeerId,
    state: PeerState,
    is_dirty: bool,
    /// Whether the host counts it as connected.
    is_counted: bool,
    /// Whether the remote began the connection.
    is_incoming: bool,
    /// Whether it has one of the host's places for connections.
    has_place: bool,
    incoming_session: u8,
    pub packer: Packer,
    pub channels: Channels,
    pub budget: ReceiveBudget,
    pub intake: Intake,
    pub alarm: Alarm,
    pub keep_alive: KeepAlive,
    rtt: RttEstimator,
    /// Round trips that [`Counts`] does not have yet.
    samples: Samples,
    pub unsequenced: UnsequencedGroups,
    recovery: Recovery,
    pub queue: SendQueue,
    pub bandwidth: PeerBandwidth,
    pub throttle: PacketThrottle,
    /// Reliable bytes that may be in flight.
    window: u32,
    pub controls: ControlQueue,
    pub handshake: Handshake,
    pub undecodable: Undecodable,
    drops: Drops,
}

/// The reliable commands of a peer that are not acknowledged.
struct Unacknowledged<'a> {
    channels: &'a mut Channels,
    controls: &'a mut ControlQueue,
}

impl Transmissions for Unacknowledged<'_> {
    fn find(&mut self, key: Key) -> Option<&mut Transmission> {
        find_transmission(self.channels, self.controls, key)
    }
}

fn find_transmission<'a>(
    channels: &'a mut Channels,
    controls: &'a mut ControlQueue,
    key: Key,
) -> Option<&'a mut Transmission> {
    if key.channel == CONTROL_CHANNEL {
        controls.transmission(key.number as u16)
    } else {
        let channel = channels.used_mut(key.channel)?;
        channel.sending.transmission(key.number)
    }
}

impl Peer {
    /// A connection in its first state, [`PeerState::Connecting`] or
    /// [`PeerState::AcknowledgingConnect`]. `sessions` are the slot's incoming and outgoing ones.
    pub fn new(
        id: PeerId,
        address: SocketAddr,
        mtu: u32,
        sessions: (u8, u8),
        state: PeerState,
    ) -> Self {
        let (incoming_session, outgoing_session) = sessions;
        Self {
            id,
            state,
            is_dirty: false,
            is_counted: false,
            is_incoming: state == PeerState::AcknowledgingConnect,
            has_place: false,
            incoming_session,
            packer: Packer::new(id, address, outgoing_session, mtu),
            channels: Channels::default(),
            budget: ReceiveBudget::default(),
            intake: Intake::default(),
            alarm: Alarm::default(),
            keep_alive: KeepAlive::default(),
            rtt: RttEstimator::default(),
            samples: Samples::default(),
            unsequenced: UnsequencedGroups::default(),
            recovery: Recovery::default(),
            queue: SendQueue::default(),
            bandwidth: PeerBandwidth::default(),
            throttle: PacketThrottle::default(),
            window: negotiation::MAX_WINDOW,
            controls: ControlQueue::default(),
            handshake: Handshake::default(),
            undecodable: Undecodable::default(),
            drops: Drops::default(),
        }
    }

    pub fn id(&self) -> PeerId {
        self.id
    }

    pub fn state(&self) -> PeerState {
        self.state
    }

    pub fn address(&self) -> SocketAddr {
        self.packer.route().address()
    }

    /// Whether the remote's address is known; until then, connecting waits for [`crate::Host::set_address`].
    pub fn has_address(&self) -> bool {
        self.address() != NO_ADDRESS
    }

    /// The remote's address, if it is known.
    pub fn known_address(&self) -> Option<SocketAddr> {
        self.has_address().then(|| self.address())
    }

    pub fn is_incoming(&self) -> bool {
        self.is_incoming
    }

    /// The address of the remote that began the connection; `None` if it began here.
    pub fn begun_from(&self) -> Option<IpAddr> {
        self.is_incoming.then(|| self.address().ip())
    }

    pub fn has_place(&self) -> bool {
        self.has_place
    }

    /// Takes one of the host's places for connections.
    pub fn take_place(&mut self, context: &mut Context) {
        self.has_place = true;
        context.places.take(self.begun_from());
    }

    /// The incoming and outgoing sessions, which the slot's next connection follows on.
    pub fn sessions(&self) -> (u8, u8) {
        (self.incoming_session, self.packer.route().session())
    }

    /// Whether it connects to the broadcast address, so that any host may answer.
    pub fn is_broadcasting(&self) -> bool {
        self.state == PeerState::Connecting
            && self.address().ip() == IpAddr::V4(Ipv4Addr::BROADCAST)
    }

    /// Whether a datagram with this sender and session belongs to the connection.
    pub fn accepts_from(&self, from: SocketAddr, session: u8) -> bool {
        (self.address() == from || self.is_broadcasting())
            && (!self.packer.route().has_slot() || self.incoming_session & 3 == session)
    }

    pub fn is_up(&self) -> bool {
        matches!(
            self.state,
            PeerState::Connected | PeerState::DisconnectLater
        )
    }

    /// Whether the remote has not proved yet that it received our answer.
    pub fn is_half_open(&self) -> bool {
        self.state == PeerState::AcknowledgingConnect
    }

    /// Changes the state, and the host's count of connected peers with it.
    pub fn set_state(&mut self, context: &mut Context, state: PeerState) {
        self.state = state;
        if self.is_up() == self.is_counted {
            return;
        }
        self.is_counted = self.is_up();
        if self.is_counted {
            self.packer.begin_counting(context.now);
        }
        let data = self.is_incoming.then(|| self.handshake.connect_data());
        let is_limited = self.bandwidth.is_limited();
        if self.is_counted {
            context.census.add(is_limited, data);
        } else {
            context.census.remove(is_limited, data);
        }
    }

    /// Ends the connection at once; with data and cause, an event reports it.
    pub fn end(&mut self, context: &mut Context, event: Option<(u32, Cause)>) {
        if let Some((data, cause)) = event {
            let former = self.former(context.now);
            context.events.push_end(self.id, (data, cause), former);
        }
        self.set_state(context, PeerState::Disconnected);
        self.reset_queues();
    }

    /// Why the connection ends whose remote is silent.
    pub fn cause_of_silence(&self, context: &Context) -> Cause {
        // What had arrived before the stall ended was taken in at its end.
        let heard = self.keep_alive.last_acknowledgement();
        match self.state {
            PeerState::Disconnecting | PeerState::DisconnectLater => Cause::Local,
            // The CONNECT never left.
            PeerState::Connecting if !self.has_address() => Cause::Unresolved,
            PeerState::Connecting if self.handshake.is_paused() => Cause::Handshake,
            // Nothing was ever heard of the remote.
            PeerState::Connecting => Cause::Timeout,
            _ if context.stalled_until.is_some() && heard <= context.stalled_until => {
                Cause::Stalled
            }
            _ => Cause::Timeout,
        }
    }

    fn former(&self, now: u64) -> FormerPeer {
        FormerPeer {
            address: self.known_address(),
            statistics: self.statistics(),
            drops: self.drops,
            figures: self.figures(now),
        }
    }

    /// What was dropped of this connection.
    pub fn drops(&self) -> Drops {
        self.drops
    }

    /// Counts something that is dropped, for the connection and for the host.
    pub fn count_drop(&mut self, context: &mut Context, count: impl Fn(&mut Drops)) {
        count(&mut self.drops);
        count(&mut context.drops);
    }

    /// Has the next flush visit this peer.
    pub fn mark_dirty(&mut self, context: &mut Context) {
        if !self.is_dirty {
            self.is_dirty = true;
            context.dirty.push(self.id.slot);
        }
    }

    pub fn clear_dirty(&mut self) {
        self.is_dirty = false;
    }

    /// Whether a reliable command is not acknowledged, or a command has not left yet.
    pub fn has_outgoing(&self) -> bool {
        self.queue.has_unacknowledged() || self.packer.has_commands()
    }

    /// Forgets everything queued, in both directions.
    pub fn reset_queues(&mut self) {
        self.packer.clear();
        self.controls.clear();
        self.queue.clear();
        self.recovery.clear();
        self.channels.clear();
        self.budget.clear();
    }

    /// Forgets a CONNECT that was sent already, so that the attempt can begin anew.
    pub fn restart_connecting(&mut self) {
        self.reset_queues();
        self.controls.restart();
        self.packer.forget_sent();
        self.recovery.on_response();
    }

    /// Reliable bytes that may be in flight now.
    pub fn send_window(&self) -> u32 {
        self.throttle.share_of(self.window).max(self.packer.mtu())
    }

    pub fn bytes_in_flight(&self) -> u32 {
        self.recovery.bytes_in_flight()
    }

    /// The transmissions of a reliable command that is not acknowledged.
    pub fn transmission(&mut self, key: Key) -> Option<&mut Transmission> {
        find_transmission(&mut self.channels, &mut self.controls, key)
    }

    fn recovery(&mut self) -> (&mut Recovery, Unacknowledged<'_>) {
        let unacknowledged = Unacknowledged {
            channels: &mut self.channels,
            controls: &mut self.controls,
        };
        (&mut self.recovery, unacknowledged)
    }

    /// Records the transmission of a reliable command; false if it is acknowledged already.
    pub fn on_transmit(&mut self, key: Key, now: u64) -> bool {
        let rto = self.rtt.rto();
        let (recovery, mut commands) = self.recovery();
        let is_sent = recovery.on_transmit(key, now, rto, &mut commands);
        if is_sent {
            self.packer.on_transmit();
        }
        is_sent
    }

    /// Records that a reliable command was acknowledged, which is removed from its queue already and had
    /// so many bytes in flight. An idle peer keeps no memory when nothing is left.
    pub fn on_acknowledged(&mut self, bytes: u32, is_idle: bool) {
        self.queue.on_acknowledged();
        if !self.queue.has_unacknowledged() {
            self.release_memory(is_idle);
        }
        let (recovery, mut commands) = self.recovery();
        recovery.on_acknowledged(bytes, &mut commands);
    }

    fn release_memory(&mut self, is_idle: bool) {
        self.controls.release_memory();
        self.queue.release_memory(is_idle);
        self.recovery.release_memory(is_idle);
        self.channels.release_memory(is_idle);
    }

    /// Follows a measured round trip, in milliseconds.
    pub fn on_round_trip(&mut self, now: u64, sample: u32, jitter: u32) {
        let sample = sample.max(1);
        if self.rtt.is_measured() {
            self.throttle.adapt(sample, jitter);
        }
        self.rtt.add_sample(sample);
        if self.samples.is_due(now) {
            self.keep_sample(now, sample);
        }
        self.throttle.track(now, &self.rtt);
        self.keep_alive.on_acknowledgement(now);
        self.recovery.on_response();
    }

    #[cold]
    fn keep_sample(&mut self, now: u64, sample: u32) {
        if self.samples.push(now, sample) {
            if let Some(counts) = self.packer.counts_mut() {
                counts.round_trips.add(now, self.samples.buckets());
            }
            self.samples.clear();
        }
    }

    /// When a retransmission is due, if a reliable command is in flight.
    pub fn retransmission_deadline(&mut self) -> Option<u64> {
        let (recovery, mut commands) = self.recovery();
        recovery.deadline(&mut commands)
    }

    /// Removes the commands whose RTO is over from those in flight. See [`Recovery::take_expired`].
    pub fn take_expired(&mut self, now: u64) -> Result<Vec<Key>, GiveUp> {
        let patient = self.attempt_deadline().is_some();
        let (recovery, mut commands) = self.recovery();
        let expired = recovery.take_expired(now, patient, &mut commands)?;
        self.packer.on_lost(expired.len());
        Ok(expired)
    }

    /// Sets when to give the connection up.
    pub fn set_timeout(&mut self, limits: crate::Timeout) {
        self.recovery.set_limits(limits);
    }

    /// When our attempt to connect ends, unless the retransmissions decide that.
    pub fn attempt_deadline(&self) -> Option<u64> {
        if self.state != PeerState::Connecting {
            return None;
        }
        let limits = self.recovery.own_limits();
        (self.handshake.attempt).deadline(limits, self.rtt.rto())
    }

    /// When the peer needs attention next by itself.
    pub fn deadline(&mut self) -> Option<u64> {
        match self.state {
            PeerState::Disconnected => None,
            PeerState::AcknowledgingConnect => Some(self.handshake.expires_at()),
            PeerState::Connecting => {
                let deadlines = [self.retransmission_deadline(), self.attempt_deadline()];
                deadlines.into_iter().flatten().min()
            }
            _ => self
                .retransmission_deadline()
                .or_else(|| self.is_up().then(|| self.keep_alive.next_ping())),
        }
    }

    /// What came and went, without the packets that arrived: [`crate::host::Events`] counts them.
    pub fn traffic(&self) -> Traffic {
        let mut traffic = counts::traffic(&self.packer.tally, self.packer.counts());
        traffic.retransmissions = self.recovery.retransmissions();
        traffic
    }

    /// What waits on all channels, without what the application has not taken.
    fn waiting(&self) -> crate::ChannelFigures {
        let in_flight = self.bytes_in_flight();
        let [queued, in_flight] = self.queue.backlogs(self.controls.len(), in_flight);
        crate::ChannelFigures {
            queued,
            in_flight,
            ..crate::ChannelFigures::default()
        }
    }

    /// The figures, without what the application has not taken.
    pub fn figures(&self, now: u64) -> PeerFigures {
        let measured = |value: u32| self.rtt.is_measured().then_some(value);
        let counts = self.packer.counts();
        let samples = self.samples.buckets();
        let percentiles = counts.and_then(|it| it.round_trips.percentiles(now, samples, [50, 99]));
        PeerFigures {
            traffic: self.traffic(),
            waiting: self.waiting(),
            drops: self.drops,
            rtt_last: self.rtt.last(),
            rtt_smoothed: measured(self.rtt.smoothed()),
            rtt_variance: measured(self.rtt.variance()),
            rtt_p50: percentiles.map(|[half, _]| half),
            rtt_p99: percentiles.map(|[_, most]| most),
            loss: self.packer.loss().recent_share(),
            throttle: self.throttle.share_of(THROTTLE_SCALE) as f32 / THROTTLE_SCALE as f32,
            mtu: self.packer.mtu(),
        }
    }

    /// The smoothed round-trip time in milliseconds, if one was measured.
    pub fn round_trip(&self) -> Option<u32> {
        self.rtt.is_measured().then_some(self.rtt.smoothed())
    }

    pub fn statistics(&self) -> PeerStatistics {
        let mut statistics = PeerStatistics {
            round_trip_time: self.rtt.smoothed(),
            round_trip_time_variance: self.rtt.variance(),
            mtu: self.packer.mtu(),
            window_size: self.window,
            reliable_data_in_transit: self.recovery.bytes_in_flight(),
            waiting_data: self.budget.held(),
            in_bandwidth: self.bandwidth.incoming(),
            out_bandwidth: self.bandwidth.outgoing(),
            ping_interval: self.keep_alive.interval(),
            last_receive_time: self.keep_alive.last_acknowledgement().unwrap_or(0) as u32,
            ..PeerStatistics::default()
        };
        self.packer.loss().report(&mut statistics);
        self.throttle.report(&mut statistics);
        statistics
    }
}
