//! What acknowledgements teach: round trips, the packet throttle, and when to give up.
//!
//! Each acknowledgement brings back the time its command was sent. From that ENet keeps a smoothed
//! round trip (an eighth of each new one) and its variance (a quarter), and from both the time after
//! which a reliable command is sent again. The throttle, 0 to 32, is the share of unreliable packets
//! that are sent at all: round trips better than the last interval's raise it, markedly worse ones
//! lower it.

use std::collections::VecDeque;

use super::peer::Peer;

impl Peer {
    /// Learns from one round trip, in milliseconds.
    pub fn learn_round_trip(&mut self, now: u64, round_trip: u32) {
        let round_trip = round_trip.max(1);
        if self.last_receive.is_some() {
            self.adapt_throttle(round_trip);
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
        let interval = u64::from(self.throttle_interval);
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

    fn adapt_throttle(&mut self, round_trip: u32) {
        if self.last_round_trip <= self.last_round_trip_variance {
            self.throttle = self.throttle_limit;
        } else if round_trip <= self.last_round_trip {
            self.throttle =
                (self.throttle.saturating_add(self.throttle_acceleration)).min(self.throttle_limit);
        } else if round_trip
            > self
                .last_round_trip
                .saturating_add(self.last_round_trip_variance.saturating_mul(2))
        {
            self.throttle = self.throttle.saturating_sub(self.throttle_deceleration);
        }
    }

    /// Puts what was not acknowledged in time up for sending again. True when it is time to give up:
    /// after 30 seconds without any acknowledgement, or after 5 when a command has doubled its
    /// patience often enough.
    pub fn check_timeouts(&mut self, now: u64) -> bool {
        let mut patient = VecDeque::with_capacity(self.in_flight.len());
        for (key, sent_at) in std::mem::take(&mut self.in_flight) {
            let command = self.unacknowledged.get_mut(&key);
            let Some(command) = command.filter(|it| it.in_flight && it.sent_at == sent_at) else {
                continue;
            };
            if now - sent_at < u64::from(command.resend_after) {
                patient.push_back((key, sent_at));
                continue;
            }
            let earliest = self
                .earliest_timeout
                .map_or(sent_at, |time| time.min(sent_at));
            self.earliest_timeout = Some(earliest);
            let waited = now - earliest;
            let doublings = 1u64 << command.attempts.saturating_sub(1).min(32);
            let tried_enough = doublings >= u64::from(self.timeout_limit);
            if waited >= self.timeout_max || (tried_enough && waited >= self.timeout_min) {
                return true;
            }
            self.packets_lost += 1;
            command.resend_after = command.resend_after.saturating_mul(2);
            command.in_flight = false;
            self.in_flight_bytes = self.in_flight_bytes.saturating_sub(command.payload_size());
            self.resend.push_back(key);
        }
        self.in_flight = patient;
        self.set_next_timeout();
        false
    }

    pub fn set_next_timeout(&mut self) {
        if let Some(key) = self.oldest_in_flight()
            && let Some(command) = self.unacknowledged.get(&key)
        {
            self.next_timeout = command.sent_at + u64::from(command.resend_after);
        }
    }
}
