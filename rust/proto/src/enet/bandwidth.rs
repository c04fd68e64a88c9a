//! Sharing a limited line.
//!
//! Once a second a host compares what was queued for each peer with what the peer, and its own line,
//! can take. Who wants more than that gets a lower throttle limit: the share of unreliable packets
//! that are sent at all. Whenever connections come or go, everybody is told anew what the host can
//! take from him.

use super::Enet;
use super::wire::Command;
use crate::engine::THROTTLE_SCALE;

const INTERVAL: u64 = 1000;

impl Enet {
    /// When the second is over.
    pub(super) fn next_share(&self) -> u64 {
        self.bandwidth_epoch.saturating_add(INTERVAL)
    }

    /// Shares the bandwidth out, if its second is over.
    pub(super) fn share_bandwidth_when_due(&mut self, now: u64) {
        if now < self.next_share() {
            return;
        }
        let elapsed = now - self.bandwidth_epoch;
        self.bandwidth_epoch = now;
        if self.connected == 0 {
            return;
        }
        // Without limits too: the counts begin anew, and the limits that were are lifted.
        self.limit_throttles(now, elapsed);
        if std::mem::take(&mut self.announce_bandwidth) {
            self.announce(now);
        }
    }

    fn limit_throttles(&mut self, now: u64, elapsed: u64) {
        let slots = self.connected_slots();
        let mut remaining = slots.len();
        let mut total = 0;
        let mut bandwidth = u64::MAX;
        if self.config.out_bandwidth != 0 {
            bandwidth = u64::from(self.config.out_bandwidth) * elapsed / 1000;
            let queued = slots.iter().filter_map(|&slot| self.slots[slot].as_ref());
            total = queued.map(|peer| u64::from(peer.outgoing_data_total)).sum();
        }
        let scale = u64::from(THROTTLE_SCALE);
        let share = |total: u64, bandwidth: u64| {
            if total <= bandwidth {
                scale
            } else {
                bandwidth * scale / total
            }
        };
        let mut again = self.limited > 0;
        while remaining > 0 && again {
            again = false;
            let throttle = share(total, bandwidth);
            for &slot in &slots {
                let Some(peer) = self.slots[slot].as_mut() else {
                    continue;
                };
                if peer.in_bandwidth == 0 || peer.throttled_at == Some(now) {
                    continue;
                }
                let can_take = u64::from(peer.in_bandwidth) * elapsed / 1000;
                let queued = u64::from(peer.outgoing_data_total);
                if throttle * queued / scale <= can_take {
                    continue;
                }
                let limit = (can_take * scale / queued).max(1) as u32;
                peer.throttle_limit = limit;
                peer.throttle = peer.throttle.min(limit);
                peer.throttled_at = Some(now);
                peer.outgoing_data_total = 0;
                again = true;
                remaining -= 1;
                bandwidth = bandwidth.saturating_sub(can_take);
                total = total.saturating_sub(can_take);
            }
        }
        let throttle = share(total, bandwidth) as u32;
        for &slot in &slots {
            if let Some(peer) = self.slots[slot].as_mut()
                && peer.throttled_at != Some(now)
            {
                peer.throttle_limit = throttle;
                peer.throttle = peer.throttle.min(throttle);
                peer.outgoing_data_total = 0;
            }
        }
    }

    /// Tells everybody his share of what we can take. Who says that he sends less than an equal
    /// share keeps what he says, and the rest is shared among the others.
    fn announce(&mut self, now: u64) {
        let slots = self.connected_slots();
        let mut modest = vec![false; slots.len()];
        let mut limit = 0;
        if self.config.in_bandwidth != 0 {
            let mut bandwidth = self.config.in_bandwidth;
            let mut remaining = slots.len() as u32;
            let mut again = true;
            while remaining > 0 && again {
                again = false;
                limit = bandwidth / remaining;
                for (&slot, is_modest) in slots.iter().zip(&mut modest) {
                    let sends = self.slots[slot]
                        .as_ref()
                        .map_or(0, |peer| peer.out_bandwidth);
                    if *is_modest || (sends > 0 && sends >= limit) || remaining == 0 {
                        continue;
                    }
                    *is_modest = true;
                    again = true;
                    remaining -= 1;
                    bandwidth = bandwidth.saturating_sub(sends);
                }
            }
        }
        for (&slot, is_modest) in slots.iter().zip(modest) {
            if let Some(mut peer) = self.slots[slot].take() {
                let incoming = if is_modest { peer.out_bandwidth } else { limit };
                let outgoing = self.config.out_bandwidth;
                // What is late goes first.
                self.repeat_if_late(&mut peer, now);
                if peer.is_up() {
                    let command = Command::BandwidthLimit { incoming, outgoing };
                    self.queue_control(&mut peer, command, true, now);
                }
                self.put_back(peer);
            }
        }
    }

    fn connected_slots(&self) -> Vec<usize> {
        let is_up = |slot: &usize| self.slots[*slot].as_ref().is_some_and(|peer| peer.is_up());
        (0..self.slots.len()).filter(is_up).collect()
    }
}
