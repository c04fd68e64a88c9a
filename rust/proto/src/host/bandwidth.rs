//! Sharing a limited bandwidth.
//!
//! Once a second a host compares what was queued for each peer with what the peer, and its own line,
//! can take. Peers for which more was queued get a lower throttle limit: the share of unreliable
//! packets that are sent at all. Whenever connections come or go, every peer is told anew how much the
//! host can receive from it.

use super::Host;
use crate::THROTTLE_SCALE;
use crate::peer::Peer;
use crate::send::{queue_control, retransmit_if_due};
use crate::wire::Command;

const INTERVAL: u64 = 1000;

impl Host {
    /// When the bandwidth is shared next, in milliseconds.
    pub(super) fn next_share(&self) -> u64 {
        self.last_share.saturating_add(INTERVAL)
    }

    /// Shares the bandwidth if its second is over.
    pub(super) fn share_bandwidth_when_due(&mut self) {
        let now = self.context.now;
        if now >= self.next_share() {
            self.share_among_peers(now);
        }
    }

    /// Once a second, so it is kept out of the code of every frame.
    #[cold]
    fn share_among_peers(&mut self, now: u64) {
        let elapsed = now - self.last_share;
        self.last_share = now;
        self.incoming.rate.tidy(now);
        if self.context.census.connected() == 0 {
            return;
        }
        // Without limits too: the counts begin anew, and earlier limits are lifted.
        self.limit_throttles(elapsed);
        if self.context.census.take_changed() {
            self.announce_bandwidth();
        }
    }

    fn limit_throttles(&mut self, elapsed: u64) {
        let now = self.context.now;
        let mut peers: Vec<&mut Peer> = self.slots.iter_mut().filter(|it| it.is_up()).collect();
        let mut total = 0;
        let mut bandwidth = u64::MAX;
        if self.context.config.out_bandwidth != 0 {
            bandwidth = u64::from(self.context.config.out_bandwidth) * elapsed / 1000;
            total = peers.iter().map(|peer| peer.bandwidth.queued()).sum();
        }
        // Peers that can receive less than their share are limited on their own, which leaves more
        // for the others.
        let scale = u64::from(THROTTLE_SCALE);
        let mut remaining = peers.len();
        let mut again = self.context.census.has_limited();
        while remaining > 0 && again {
            again = false;
            let throttle = throttle_for(total, bandwidth);
            for peer in &mut peers {
                if !peer.bandwidth.is_limited() || peer.bandwidth.was_limited_at(now) {
                    continue;
                }
                let receives = u64::from(peer.bandwidth.incoming()) * elapsed / 1000;
                let queued = peer.bandwidth.queued();
                if throttle * queued / scale <= receives {
                    continue;
                }
                set_limit(peer, (receives * scale / queued).max(1));
                peer.bandwidth.mark_limited(now);
                again = true;
                remaining -= 1;
                bandwidth = bandwidth.saturating_sub(receives);
                total = total.saturating_sub(receives);
            }
        }
        let throttle = throttle_for(total, bandwidth);
        for peer in peers {
            if !peer.bandwidth.was_limited_at(now) {
                set_limit(peer, throttle);
            }
        }
    }

    /// Tells each peer its share of what we can receive. A peer that sends less than an equal share
    /// keeps what it sends, and the others share the rest.
    fn announce_bandwidth(&mut self) {
        let peers = self.slots.iter().filter(|peer| peer.is_up());
        let peers: Vec<_> = peers
            .map(|peer| (peer.id(), peer.bandwidth.outgoing()))
            .collect();
        let sending: Vec<u32> = peers.iter().map(|&(_, sends)| sends).collect();
        let shares = incoming_shares(self.context.config.in_bandwidth, &sending);
        for ((id, _), incoming) in peers.into_iter().zip(shares) {
            self.with_peer(id, |peer, context| {
                let outgoing = context.config.out_bandwidth;
                // Late commands go first.
                retransmit_if_due(peer, context);
                if peer.is_up() {
                    let command = Command::BandwidthLimit { incoming, outgoing };
                    queue_control(peer, context, command);
                }
            });
        }
    }
}

/// The throttle with which `total` bytes fit into a bandwidth.
fn throttle_for(total: u64, bandwidth: u64) -> u64 {
    let scale = u64::from(THROTTLE_SCALE);
    if total <= bandwidth {
        scale
    } else {
        bandwidth * scale / total
    }
}

fn set_limit(peer: &mut Peer, limit: u64) {
    peer.throttle.set_limit(limit as u32);
    peer.bandwidth.reset_queued();
}

/// Divides the bandwidth that we can receive (bytes per second, 0 for unlimited) among peers, of which
/// each sends at most `sending` (0 for unlimited).
fn incoming_shares(mut bandwidth: u32, sending: &[u32]) -> Vec<u32> {
    let mut is_modest = vec![false; sending.len()];
    let mut limit = 0;
    let mut remaining = sending.len() as u32;
    let mut again = bandwidth != 0;
    while remaining > 0 && again {
        again = false;
        limit = bandwidth / remaining;
        for (&sends, is_modest) in sending.iter().zip(&mut is_modest) {
            if *is_modest || (sends > 0 && sends >= limit) || remaining == 0 {
                continue;
            }
            *is_modest = true;
            again = true;
            remaining -= 1;
            bandwidth = bandwidth.saturating_sub(sends);
        }
    }
    let shares = sending.iter().zip(is_modest);
    shares
        .map(|(&sends, is_modest)| if is_modest { sends } else { limit })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modest_senders_leave_their_rest_to_the_others() {
        assert_eq!(incoming_shares(0, &[5, 0]), [0, 0]);
        assert_eq!(incoming_shares(900, &[500, 500, 100]), [400, 400, 100]);
    }

    #[test]
    fn the_throttle_is_the_share_that_fits() {
        assert_eq!(throttle_for(100, u64::MAX), 32);
        assert_eq!(throttle_for(200, 100), 16);
    }
}
