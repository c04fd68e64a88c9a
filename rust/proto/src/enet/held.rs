//! Connections that wait for something below ENet before they ask: an encrypted session, say. A CONNECT
//! that is lost costs half a second, and its measured round trip would be the other thing's.

use std::net::SocketAddr;

use super::Enet;
use super::peer::Peer;
use super::wire::{Command, Terms};
use crate::engine::PeerState;

impl Enet {
    /// Sends the CONNECT.
    pub(super) fn ask(&mut self, peer: &mut Peer, now: u64) {
        peer.mtu = self.config.mtu;
        let terms = Terms {
            window: peer.window,
            ..self.terms(peer)
        };
        let data = peer.request;
        self.queue_control(peer, Command::Connect { terms, data }, true, now);
    }

    pub(super) fn hold_connecting(&mut self) {
        self.holds = true;
        for slot in 0..self.slots.len() {
            if let Some(mut peer) = self.slots[slot].take() {
                if peer.state == PeerState::Connecting && !peer.is_held {
                    // As if it had not begun: with the numbers of before.
                    peer.reset_queues();
                    peer.out_control = 0;
                    peer.packets_sent = 0;
                    peer.earliest_timeout = None;
                    peer.is_held = true;
                }
                self.put_back(peer);
            }
        }
    }

    pub(super) fn go_on_with(&mut self, now: u64, address: SocketAddr) {
        self.each_at(address, |host, peer| {
            if std::mem::take(&mut peer.is_held) {
                host.ask(peer, now);
            }
        });
    }

    /// Ends what there is with an address that is known to be gone.
    pub(super) fn lose_peers_at(&mut self, address: SocketAddr) {
        self.each_at(address, |host, peer| {
            host.forget_half_open(peer.id());
            let event = match peer.state {
                // Nobody was told of it.
                PeerState::AcknowledgingConnect | PeerState::ConnectionPending => None,
                PeerState::AcknowledgingDisconnect => Some(peer.event_data),
                _ => Some(0),
            };
            host.end(peer, event);
        });
    }

    fn each_at(&mut self, address: SocketAddr, mut each: impl FnMut(&mut Self, &mut Peer)) {
        for slot in 0..self.slots.len() {
            if self.slots[slot]
                .as_ref()
                .is_some_and(|it| it.address == address)
                && let Some(mut peer) = self.slots[slot].take()
            {
                each(self, &mut peer);
                self.put_back(peer);
            }
        }
    }
}
