//! What acknowledgements teach: round trips, the packet throttle, and when to give up.
//!
//! Each acknowledgement brings back the time its command was sent. From that ENet keeps a smoothed
//! round trip (an eighth of each new one) and its variance (a quarter), and from both the patience
//! with a reliable command: after that it is sent again, with twice the patience. The throttle, 0 to
//! 32, is the share of unreliable packets that are sent at all: round trips better than the last
//! interval's raise it, markedly worse ones lower it.

use super::peer::Peer;
use super::sent::Key;
use super::wire::CONTROL_CHANNEL;
use crate::engine::LOSS_SCALE;

/// Milliseconds over which losses are counted before they are averaged.
const LOSS_INTERVAL: u64 = 10_000;

impl Peer {
    /// Learns from one round trip, in milliseconds.
    pub fn learn_round_trip(&mut self, now: u64, round_trip: u32, jitter: u32) {
        let round_trip = round_trip.max(1);
        if self.last_receive.is_some() {
            self.adapt_throttle(round_trip, jitter);
            self.round_trip_variance -= self.round_trip_variance / 4;
            let difference = round_trip.abs_diff(self.round_trip);
            self.round_trip_variance += difference / 4;
            if round_trip >= self.round_trip {
                self.round_trip += difference / 8;
            } else {
                self.round_trip -= difference / 8;
            }
        } else {
            self.round_trip = round_trip;
            self.round_trip_variance = round_trip.div_ceil(2);
        }
        self.lowest_round_trip = self.lowest_round_trip.min(self.round_trip);
        self.highest_variance = self.highest_variance.max(self.round_trip_variance);
        let interval = u64::from(self.throttle_settings.interval);
        if self
            .throttle_epoch
            .is_none_or(|epoch| now - epoch >= interval)
        {
            self.last_round_trip = self.lowest_round_trip;
            self.last_round_trip_variance = self.highest_variance.max(1);
            self.lowest_round_trip = self.round_trip;
            self.highest_variance = self.round_trip_variance;
            self.throttle_epoch = Some(now);
        }
        self.last_receive = Some(now);
        self.earliest_timeout = None;
    }

    fn adapt_throttle(&mut self, round_trip: u32, jitter: u32) {
        let settings = self.throttle_settings;
        if self.last_round_trip <= self.last_round_trip_variance {
            self.throttle = self.throttle_limit;
        } else if round_trip <= self.last_round_trip {
            let raised = self.throttle.saturating_add(settings.acceleration);
            self.throttle = raised.min(self.throttle_limit);
        } else if round_trip
            > self
                .last_round_trip
                .saturating_add(self.last_round_trip_variance.saturating_mul(2).max(jitter))
        {
            self.throttle = self.throttle.saturating_sub(settings.deceleration);
        }
    }

    /// Finds what was not acknowledged in time, in the order in which it is to be sent again; packets
    /// wait for that before new ones. `None` when it is time to give up: after 30 seconds without any
    /// acknowledgement, or after 5 when a command has doubled its patience often enough.
    pub fn check_timeouts(&mut self, now: u64) -> Option<Vec<Key>> {
        let mut late = Vec::new();
        let mut in_flight = std::mem::take(&mut self.in_flight);
        let mut has_given_up = false;
        in_flight.retain(|&(key, sent_at)| {
            let Some(timing) = self.timing(key) else {
                return false;
            };
            if !timing.in_flight || timing.sent_at != sent_at {
                return false;
            }
            if now - sent_at < u64::from(timing.patience) {
                return true;
            }
            timing.patience = timing.patience.saturating_mul(2);
            timing.in_flight = false;
            let doublings = 1u64 << timing.attempts.saturating_sub(1).min(32);
            let earliest = self
                .earliest_timeout
                .map_or(sent_at, |time| time.min(sent_at));
            self.earliest_timeout = Some(earliest);
            let waited = now - earliest;
            let tried_enough = doublings >= u64::from(self.timeout.limit);
            has_given_up |= waited >= u64::from(self.timeout.maximum)
                || (tried_enough && waited >= u64::from(self.timeout.minimum));
            self.packets_lost += 1;
            late.push(key);
            false
        });
        self.in_flight = in_flight;
        if has_given_up {
            return None;
        }
        let (controls, packets): (Vec<_>, Vec<_>) = late
            .into_iter()
            .partition(|key| key.channel == CONTROL_CHANNEL);
        for &key in packets.iter().rev() {
            let sent = self.used_channel(key.channel);
            let size = sent
                .and_then(|channel| channel.sent.get_mut(key.number))
                .map_or(0, |sent| u32::from(sent.length));
            self.in_flight_bytes = self.in_flight_bytes.saturating_sub(size);
            self.pending.push_front(key);
        }
        self.set_next_timeout();
        Some(self.by_turn(controls, packets))
    }

    /// Joins two lists so that of their first ones the one queued first comes next, as C does. The
    /// clock follows the first command in flight, so the order shows.
    fn by_turn(&mut self, controls: Vec<Key>, packets: Vec<Key>) -> Vec<Key> {
        let mut joined = Vec::with_capacity(controls.len() + packets.len());
        let mut controls = controls.into_iter().peekable();
        for packet in packets {
            let turn = self.turn(packet);
            while let Some(&control) = controls.peek()
                && (turn.wrapping_sub(self.turn(control)) as i32) > 0
            {
                joined.push(control);
                controls.next();
            }
            joined.push(packet);
        }
        joined.extend(controls);
        joined
    }

    fn turn(&mut self, key: Key) -> u32 {
        self.timing(key).map_or(0, |timing| timing.turn)
    }

    /// Averages the share of lost commands, every ten seconds.
    pub fn measure_loss(&mut self, now: u64) {
        let Some(epoch) = self.loss_epoch else {
            self.loss_epoch = Some(now);
            return;
        };
        if now - epoch >= LOSS_INTERVAL && self.packets_sent > 0 {
            let lost = u64::from(self.packets_lost) * u64::from(LOSS_SCALE);
            let loss = lost / u64::from(self.packets_sent);
            let difference = loss.abs_diff(self.packet_loss.into());
            let smoothed = |old: u32, weight: u64, new: u64| {
                ((u64::from(old) * weight + new) / (weight + 1)).min(u32::MAX.into()) as u32
            };
            self.packet_loss_variance = smoothed(self.packet_loss_variance, 3, difference);
            self.packet_loss = smoothed(self.packet_loss, 7, loss);
            self.loss_epoch = Some(now);
            self.packets_sent = 0;
            self.packets_lost = 0;
        }
    }

    pub fn set_next_timeout(&mut self) {
        if let Some(oldest) = self.oldest_in_flight() {
            self.next_timeout = oldest.sent_at + u64::from(oldest.patience);
        }
    }
}
