//! One connection: its state, its clocks, and what it has to send.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::channel::Channel;
use super::sent::{Control, Draft, Key, Timing};
use super::wire::{Command, Framed, NO_SLOT};
use crate::engine::{PeerId, PeerState, PeerStatistics, THROTTLE_SCALE, Throttle, Timeout};

pub const MIN_WINDOW: u32 = 4096;
pub const MAX_WINDOW: u32 = 65536;
const DEFAULT_ROUND_TRIP: u32 = 500;
pub const DEFAULT_PING_INTERVAL: u32 = 500;
/// Entries of a queue that stay allocated when it is empty.
const KEPT_CAPACITY: usize = 64;
/// Bytes of a log that do.
const KEPT_LOG: usize = 8192;
/// A host remembers so many unsequenced groups, bit by bit, to drop the repeated ones.
pub const UNSEQUENCED_WINDOW: u16 = 1024;

/// A received command to acknowledge.
#[derive(Debug, Clone, Copy)]
pub struct Ack {
    pub channel: u8,
    pub is_disconnect: bool,
    /// Of a VERIFY_CONNECT: it must stand in front of its datagram.
    pub goes_first: bool,
    pub sequence: u16,
    pub sent_time: u16,
}

impl Ack {
    pub fn new(received: &Framed, sent_time: u16) -> Self {
        Self {
            channel: received.channel,
            is_disconnect: matches!(received.command, Command::Disconnect { .. }),
            goes_first: matches!(received.command, Command::VerifyConnect(_)),
            sequence: received.sequence,
            sent_time,
        }
    }

    pub fn framed(self) -> Framed {
        Framed {
            channel: self.channel,
            sequence: self.sequence,
            wants_ack: false,
            unsequenced: false,
            command: Command::Acknowledge {
                sequence: self.sequence,
                sent_time: self.sent_time,
            },
        }
    }
}

/// One connection. The order of the fields is that of their use: what every datagram touches lies
/// together, which a server with many peers feels.
#[derive(Debug)]
#[repr(C)]
pub struct Peer {
    pub address: SocketAddr,
    pub generation: u32,
    /// Our slot, which the remote puts into its headers.
    pub slot: u16,
    /// The remote's slot, which we put into ours.
    pub remote_slot: u16,
    pub mtu: u32,
    pub state: PeerState,
    pub incoming_session: u8,
    pub outgoing_session: u8,
    pub is_dirty: bool,
    pub channel_count: usize,
    /// Whether it counts as connected for the host's bookkeeping.
    pub is_counted: bool,
    /// Whether the remote began, and so counts for its address.
    pub is_incoming: bool,

    /// The datagram that commands are being written to.
    pub draft: Option<Draft>,
    /// Channels up to the highest one used so far, each made at its first use.
    pub channels: Vec<Option<Box<Channel>>>,

    pub acks: Vec<Ack>,
    /// Reliable commands in flight, in the order of their sending, and when that was; what is
    /// acknowledged meanwhile is skipped when met.
    pub in_flight: VecDeque<(Key, u64)>,
    pub throttle: u32,
    pub throttle_counter: u32,

    /// When the timer will look at this peer, if it will.
    pub armed: Option<u64>,
    pub last_receive: Option<u64>,
    pub next_timeout: u64,
    pub ping_interval: u32,
    pub throttle_limit: u32,
    /// A bit per group of the current window, made when the first one comes.
    pub unsequenced_seen: Option<Box<[u32; UNSEQUENCED_WINDOW as usize / 32]>>,
    pub in_unsequenced_group: u16,
    pub out_unsequenced_group: u16,
    pub out_control: u16,
    /// The highest control number received.
    pub in_control: u16,

    /// Reliable packets that wait for the window: those to be sent again, then new ones.
    pub pending: VecDeque<Key>,
    pub outgoing_data_total: u32,
    pub packets_sent: u32,
    pub loss_epoch: Option<u64>,
    pub in_flight_bytes: u32,
    /// Bytes waiting for their turn or for their fragments.
    pub waiting_data: usize,

    pub token: u32,
    /// What a connection begun here brings.
    pub request: u32,
    /// Whether its CONNECT waits. See [`super::held`].
    pub is_held: bool,
    /// What the connector brought, on the accepting side.
    pub connect_data: u32,
    /// The same until the connection is up; disconnect data while a later disconnect is due.
    pub event_data: u32,
    pub window: u32,
    pub in_bandwidth: u32,
    pub out_bandwidth: u32,
    pub controls: VecDeque<Control>,
    /// Reliable commands not acknowledged, sent or not.
    pub outstanding: usize,
    /// Reliable commands queued so far; wraps.
    pub turns: u32,
    pub earliest_timeout: Option<u64>,
    pub timeout: Timeout,
    pub round_trip: u32,
    pub round_trip_variance: u32,
    pub last_round_trip: u32,
    pub last_round_trip_variance: u32,
    pub lowest_round_trip: u32,
    pub highest_variance: u32,
    pub throttle_epoch: Option<u64>,
    pub throttle_settings: Throttle,
    pub throttled_at: Option<u64>,
    pub packets_lost: u32,
    pub packet_loss: u32,
    pub packet_loss_variance: u32,
}

impl Peer {
    pub fn new(slot: u16, generation: u32, address: SocketAddr, state: PeerState) -> Self {
        Self {
            state,
            generation,
            address,
            slot,
            remote_slot: NO_SLOT,
            incoming_session: 0xFF,
            outgoing_session: 0xFF,
            token: 0,
            request: 0,
            is_held: false,
            connect_data: 0,
            event_data: 0,
            channel_count: 0,
            channels: Vec::new(),
            mtu: crate::engine::DEFAULT_MTU,
            window: MAX_WINDOW,
            in_bandwidth: 0,
            out_bandwidth: 0,
            draft: None,
            acks: Vec::new(),
            controls: VecDeque::new(),
            pending: VecDeque::new(),
            in_flight: VecDeque::new(),
            outstanding: 0,
            turns: 0,
            in_flight_bytes: 0,
            out_control: 0,
            in_control: 0,
            out_unsequenced_group: 0,
            in_unsequenced_group: 0,
            unsequenced_seen: None,
            waiting_data: 0,
            next_timeout: 0,
            earliest_timeout: None,
            last_receive: None,
            timeout: Timeout::default(),
            ping_interval: DEFAULT_PING_INTERVAL,
            round_trip: DEFAULT_ROUND_TRIP,
            round_trip_variance: 0,
            last_round_trip: DEFAULT_ROUND_TRIP,
            last_round_trip_variance: 0,
            lowest_round_trip: DEFAULT_ROUND_TRIP,
            highest_variance: 0,
            throttle: THROTTLE_SCALE,
            throttle_limit: THROTTLE_SCALE,
            throttle_counter: 0,
            throttle_epoch: None,
            throttle_settings: Throttle::default(),
            outgoing_data_total: 0,
            throttled_at: None,
            packets_sent: 0,
            packets_lost: 0,
            packet_loss: 0,
            packet_loss_variance: 0,
            loss_epoch: None,
            armed: None,
            is_dirty: false,
            is_counted: false,
            is_incoming: state == PeerState::AcknowledgingConnect,
        }
    }

    pub fn id(&self) -> PeerId {
        PeerId {
            slot: self.slot,
            generation: self.generation,
        }
    }

    /// Whether it connects to the broadcast address, so that anybody may answer.
    pub fn asks_everybody(&self) -> bool {
        self.state == PeerState::Connecting && self.address.ip() == IpAddr::V4(Ipv4Addr::BROADCAST)
    }

    pub fn is_up(&self) -> bool {
        matches!(
            self.state,
            PeerState::Connected | PeerState::DisconnectLater
        )
    }

    /// A channel of the connection, made now if it was never used.
    pub fn channel(&mut self, number: u8) -> Option<&mut Channel> {
        let index = usize::from(number);
        if index >= self.channel_count {
            return None;
        }
        if index >= self.channels.len() {
            self.channels.resize_with(index + 1, || None);
        }
        Some(self.channels[index].get_or_insert_default())
    }

    /// A channel that was used already.
    pub fn used_channel(&mut self, number: u8) -> Option<&mut Channel> {
        self.channels.get_mut(usize::from(number))?.as_deref_mut()
    }

    pub fn has_outgoing(&self) -> bool {
        self.outstanding > 0 || self.draft.as_ref().is_some_and(|draft| draft.commands > 0)
    }

    /// Forgets everything queued, in both directions.
    pub fn reset_queues(&mut self) {
        self.acks.clear();
        self.draft = None;
        self.controls.clear();
        self.pending.clear();
        self.in_flight.clear();
        self.outstanding = 0;
        self.in_flight_bytes = 0;
        self.channels.clear();
        self.waiting_data = 0;
    }

    /// Gives memory back that only a burst needed, when nothing is on the way. A peer is idle if what
    /// came last was a ping's acknowledgement, or the like: it keeps nothing.
    pub fn release_memory(&mut self, is_idle: bool) {
        self.controls = VecDeque::new();
        let capacity = self.in_flight.capacity().max(self.pending.capacity());
        if is_idle || capacity > KEPT_CAPACITY {
            self.in_flight = VecDeque::new();
            self.pending = VecDeque::new();
        }
        for channel in self.channels.iter_mut().flatten() {
            channel.sent.release_memory(KEPT_CAPACITY);
            channel
                .log
                .release_memory(if is_idle { 0 } else { KEPT_LOG });
        }
    }

    /// The timing of a reliable command that is being queued.
    pub fn next_timing(&mut self) -> Timing {
        self.turns = self.turns.wrapping_add(1);
        Timing {
            turn: self.turns,
            ..Timing::default()
        }
    }

    /// The timing of a reliable command, if it is not acknowledged.
    pub fn timing(&mut self, key: Key) -> Option<&mut Timing> {
        if key.channel == super::wire::CONTROL_CHANNEL {
            let number = key.number as u16;
            let mut controls = self.controls.iter_mut();
            let control = controls.find(|control| control.sequence == number)?;
            Some(&mut control.timing)
        } else {
            let sent = self.used_channel(key.channel)?.sent.get_mut(key.number)?;
            Some(&mut sent.timing)
        }
    }

    /// The oldest command still in flight.
    pub fn oldest_in_flight(&mut self) -> Option<Timing> {
        while let Some(&(key, sent_at)) = self.in_flight.front() {
            if let Some(timing) = self.timing(key)
                && timing.in_flight
                && timing.sent_at == sent_at
            {
                return Some(*timing);
            }
            self.in_flight.pop_front();
        }
        None
    }

    /// When this peer needs attention next by itself.
    pub fn deadline(&mut self) -> Option<u64> {
        let waits = match self.state {
            PeerState::Disconnected => return None,
            PeerState::AcknowledgingConnect => true,
            _ => self.oldest_in_flight().is_some(),
        };
        if waits {
            Some(self.next_timeout)
        } else {
            self.is_up().then(|| self.next_ping())
        }
    }

    pub fn next_ping(&self) -> u64 {
        self.last_receive.unwrap_or(0) + u64::from(self.ping_interval)
    }

    pub fn statistics(&self) -> PeerStatistics {
        let epoch = |time: Option<u64>| time.unwrap_or(0) as u32;
        PeerStatistics {
            packet_loss: self.packet_loss,
            packet_loss_variance: self.packet_loss_variance,
            packet_loss_epoch: epoch(self.loss_epoch),
            packets_sent: self.packets_sent,
            packets_lost: self.packets_lost,
            round_trip_time: self.round_trip,
            round_trip_time_variance: self.round_trip_variance,
            last_round_trip_time: self.last_round_trip,
            last_round_trip_time_variance: self.last_round_trip_variance,
            packet_throttle: self.throttle,
            packet_throttle_limit: self.throttle_limit,
            packet_throttle_counter: self.throttle_counter,
            packet_throttle_epoch: epoch(self.throttle_epoch),
            packet_throttle_acceleration: self.throttle_settings.acceleration,
            packet_throttle_deceleration: self.throttle_settings.deceleration,
            packet_throttle_interval: self.throttle_settings.interval,
            mtu: self.mtu,
            window_size: self.window,
            reliable_data_in_transit: self.in_flight_bytes,
            waiting_data: self.waiting_data,
            in_bandwidth: self.in_bandwidth,
            out_bandwidth: self.out_bandwidth,
            ping_interval: self.ping_interval,
            last_receive_time: epoch(self.last_receive),
        }
    }
}
