//! Connections that wait for a layer below ENet, such as an encrypted session, before they send their
//! CONNECT. A CONNECT that is lost meanwhile would cost half a second, and its round-trip time would
//! be that of the other layer's handshake.

use std::net::SocketAddr;

use super::Host;
use crate::lifecycle;
use crate::peer::Peer;
use crate::{PeerId, PeerState, Time};

impl Host {
    /// Pauses connections that begin here, from now on, until [`Self::resume_connecting`]. Attempts
    /// that got no answer yet are paused too, and begin anew.
    pub fn pause_connecting(&mut self) {
        self.connecting_is_paused = true;
        let peers = self.slots.iter();
        let unanswered: Vec<PeerId> = peers
            .filter(|peer| peer.state() == PeerState::Connecting && !peer.handshake.is_paused())
            .map(Peer::id)
            .collect();
        for id in unanswered {
            self.with_peer(id, |peer, _| {
                peer.restart_connecting();
                peer.handshake.set_paused(true);
            });
        }
    }

    /// Sends the CONNECT of paused connections to `address`.
    pub fn resume_connecting(&mut self, now: Time, address: SocketAddr) {
        self.context.advance(now);
        self.with_peers_at(address, |peer, context| {
            if peer.handshake.is_paused() {
                peer.handshake.set_paused(false);
                lifecycle::send_connect(peer, context);
            }
        });
    }

    /// Ends all connections with `address`, which is known to be unreachable, as their timeouts
    /// would.
    pub fn fail_peers_at(&mut self, address: SocketAddr) {
        self.with_peers_at(address, |peer, context| {
            let event = match peer.state() {
                // The application has not heard of it.
                PeerState::AcknowledgingConnect => None,
                PeerState::AcknowledgingDisconnect => Some(peer.handshake.disconnect_data()),
                _ => Some(0),
            };
            peer.end(context, event);
        });
    }
}
