//! One connection: its state, its clocks, and what it has to send.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use super::channel::Channel;
use super::wire::{Command, NO_SLOT};
use crate::engine::PeerState;

pub const DEFAULT_MTU: u32 = 1392;
pub const MIN_MTU: u32 = 576;
pub const MAX_MTU: u32 = 4096;
pub const MIN_WINDOW: u32 = 4096;
pub const MAX_WINDOW: u32 = 65536;
pub const THROTTLE_SCALE: u32 = 32;
const DEFAULT_ROUND_TRIP: u32 = 500;
const DEFAULT_THROTTLE_INTERVAL: u32 = 5000;
const DEFAULT_THROTTLE_CHANGE: u32 = 2;
const DEFAULT_PING_INTERVAL: u64 = 500;
/// A fragment's or packet's share of 1024 groups, remembered bit by bit.
pub const UNSEQUENCED_WINDOW: u16 = 1024;

/// The part of a packet that a command carries. Fragments and recipients share the bytes.
#[derive(Debug, Clone)]
pub struct Payload {
    pub data: Rc<[u8]>,
    pub start: usize,
    pub length: usize,
}

/// A command that waits to be sent, or to be acknowledged.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub channel: u8,
    pub sequence: u16,
    pub wants_ack: bool,
    pub unsequenced: bool,
    pub command: Command,
    pub payload: Option<Payload>,
    /// Unreliable: parts of one packet share this, and are dropped together.
    pub unreliable_sequence: u16,
    pub attempts: u32,
    /// Sent, and neither acknowledged nor given up for lost.
    pub in_flight: bool,
    pub sent_at: u64,
    pub resend_after: u32,
    /// Order in which commands were queued, across new ones and repeated ones.
    pub queued: u64,
}

/// A received command to acknowledge.
#[derive(Debug, Clone, Copy)]
pub struct Ack {
    pub channel: u8,
    pub sequence: u16,
    pub sent_time: u16,
    pub is_disconnect: bool,
}

/// Names a reliable command: its channel and sequence number.
pub type Key = (u8, u16);

impl Outgoing {
    pub fn payload_size(&self) -> u32 {
        self.payload
            .as_ref()
            .map_or(0, |payload| payload.length as u32)
    }
}

#[derive(Debug)]
pub struct Peer {
    pub state: PeerState,
    pub generation: u32,
    pub address: SocketAddr,
    /// Our slot, which the remote puts into its headers.
    pub slot: u16,
    /// The remote's slot, which we put into ours.
    pub remote_slot: u16,
    pub incoming_session: u8,
    pub outgoing_session: u8,
    pub token: u32,
    /// Connect data on the accepting side; disconnect data while a later disconnect is due.
    pub event_data: u32,
    pub channels: Vec<Channel>,
    pub mtu: u32,
    pub window: u32,
    pub in_bandwidth: u32,
    pub out_bandwidth: u32,

    pub acks: Vec<Ack>,
    /// Commands without payload and unreliable packets.
    pub outgoing: VecDeque<Outgoing>,
    /// Reliable packets: they alone can be held back by the window.
    pub reliable: VecDeque<Outgoing>,
    /// Repeated reliable packets, which go before new ones of the same age.
    pub resend: VecDeque<Key>,
    /// Reliable commands sent at least once and not acknowledged.
    pub unacknowledged: HashMap<Key, Outgoing>,
    /// Those in flight, in the order of their sending; acknowledged ones are skipped when met.
    pub in_flight: VecDeque<(Key, u64)>,
    pub in_flight_bytes: u32,
    pub out_control: u16,
    pub out_unsequenced_group: u16,
    pub in_unsequenced_group: u16,
    pub unsequenced_seen: [u32; UNSEQUENCED_WINDOW as usize / 32],
    /// Bytes waiting for their turn or for their fragments.
    pub waiting_data: usize,

    pub next_timeout: u64,
    pub earliest_timeout: Option<u64>,
    pub last_receive: Option<u64>,
    pub timeout_limit: u32,
    pub timeout_min: u64,
    pub timeout_max: u64,
    pub ping_interval: u64,

    pub round_trip: u32,
    pub round_trip_variance: u32,
    pub last_round_trip: u32,
    pub last_round_trip_variance: u32,
    pub lowest_round_trip: u32,
    pub highest_variance: u32,

    pub throttle: u32,
    pub throttle_limit: u32,
    pub throttle_counter: u32,
    pub throttle_epoch: Option<u64>,
    pub throttle_acceleration: u32,
    pub throttle_deceleration: u32,
    pub throttle_interval: u32,
    pub outgoing_data_total: u32,
    pub throttled_at: Option<u64>,

    pub packets_sent: u32,
    pub packets_lost: u32,
    pub packet_loss: u32,
    pub packet_loss_variance: u32,
    pub loss_epoch: Option<u64>,

    /// When the timer will look at this peer, if it will.
    pub armed: Option<u64>,
    pub is_dirty: bool,
    /// Whether it counts as connected for the host's bookkeeping.
    pub is_counted: bool,
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
            event_data: 0,
            channels: Vec::new(),
            mtu: DEFAULT_MTU,
            window: MAX_WINDOW,
            in_bandwidth: 0,
            out_bandwidth: 0,
            acks: Vec::new(),
            outgoing: VecDeque::new(),
            reliable: VecDeque::new(),
            resend: VecDeque::new(),
            unacknowledged: HashMap::new(),
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            out_control: 0,
            out_unsequenced_group: 0,
            in_unsequenced_group: 0,
            unsequenced_seen: [0; UNSEQUENCED_WINDOW as usize / 32],
            waiting_data: 0,
            next_timeout: 0,
            earliest_timeout: None,
            last_receive: None,
            timeout_limit: 32,
            timeout_min: 5000,
            timeout_max: 30_000,
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
            throttle_acceleration: DEFAULT_THROTTLE_CHANGE,
            throttle_deceleration: DEFAULT_THROTTLE_CHANGE,
            throttle_interval: DEFAULT_THROTTLE_INTERVAL,
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
        }
    }

    pub fn is_up(&self) -> bool {
        matches!(
            self.state,
            PeerState::Connected | PeerState::DisconnectLater
        )
    }

    pub fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty() || !self.reliable.is_empty() || !self.unacknowledged.is_empty()
    }

    /// Forgets everything queued, in both directions.
    pub fn reset_queues(&mut self) {
        self.acks.clear();
        self.outgoing.clear();
        self.reliable.clear();
        self.resend.clear();
        self.unacknowledged.clear();
        self.in_flight.clear();
        self.in_flight_bytes = 0;
        self.channels.clear();
        self.waiting_data = 0;
    }

    /// The oldest command still in flight.
    pub fn oldest_in_flight(&mut self) -> Option<Key> {
        while let Some(&(key, sent_at)) = self.in_flight.front() {
            let is_current = self
                .unacknowledged
                .get(&key)
                .is_some_and(|command| command.in_flight && command.sent_at == sent_at);
            if is_current {
                return Some(key);
            }
            self.in_flight.pop_front();
        }
        None
    }

    /// When this peer needs attention next by itself.
    pub fn deadline(&mut self) -> Option<u64> {
        if self.state == PeerState::Disconnected {
            None
        } else if self.oldest_in_flight().is_some() {
            Some(self.next_timeout)
        } else if self.is_up() {
            Some(self.last_receive.unwrap_or(0) + self.ping_interval)
        } else {
            None
        }
    }
}
