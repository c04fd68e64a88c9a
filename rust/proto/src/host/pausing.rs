//! Connections that wait before they send their CONNECT: for a layer below ENet, such as an encrypted
//! session, or for the remote's address. A CONNECT that is lost while the other layer is not ready would
//! cost half a second, and its round-trip time would be that of the other layer's handshake.

use std::net::SocketAddr;

use super::Host;
use crate::host::Context;
use crate::lifecycle;
use crate::peer::{NO_ADDRESS, Peer};
use crate::{Cause, PeerId, PeerState, Time};

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
    /// would. The events have the caller's `cause`.
    pub fn fail_peers_at(&mut self, address: SocketAddr, cause: Cause) {
        self.with_peers_at(address, |peer, context| fail(peer, context, cause));
    }

    /// Ends all connections and attempts, as their timeouts would: the caller cannot reach anybody. Walks all slots.
    pub fn fail_all(&mut self, now: Time, cause: Cause) {
        self.context.advance(now);
        let is_used = |peer: &&Peer| peer.state() != PeerState::Disconnected;
        let used: Vec<PeerId> = self.slots.iter().filter(is_used).map(Peer::id).collect();
        for id in used {
            self.with_peer(id, |peer, context| fail(peer, context, cause));
        }
    }

    /// Starts a connection as [`Self::connect`] does, with a remote whose address is not known yet. Nothing is
    /// sent, and no timeout runs, until [`Self::set_address`] or [`Self::fail_peer`].
    pub fn connect_unresolved(&mut self, now: Time, channels: usize, data: u32) -> Option<PeerId> {
        self.context.advance(now);
        self.begin_connecting(NO_ADDRESS, channels, data)
    }

    /// Sets the address of a remote that had none, and sends the CONNECT; if connecting is paused, it waits for
    /// [`Self::resume_connecting`]. False if the connection has ended or has an address.
    pub fn set_address(&mut self, now: Time, peer: PeerId, address: SocketAddr) -> bool {
        self.context.advance(now);
        let is_paused = self.connecting_is_paused;
        let set = |peer: &mut Peer, context: &mut Context| {
            if peer.has_address() {
                return false;
            }
            peer.set_address(address);
            peer.handshake.set_paused(is_paused);
            if !is_paused {
                lifecycle::send_connect(peer, context);
            }
            true
        };
        self.with_peer(peer, set).unwrap_or(false)
    }

    /// Ends a connection as its timeout would. The event has the caller's `cause`.
    pub fn fail_peer(&mut self, now: Time, peer: PeerId, cause: Cause) {
        self.context.advance(now);
        self.with_peer(peer, |peer, context| fail(peer, context, cause));
    }
}

fn fail(peer: &mut Peer, context: &mut Context, cause: Cause) {
    let event = match peer.state() {
        // The application has not heard of it.
        PeerState::AcknowledgingConnect => None,
        PeerState::AcknowledgingDisconnect => {
            Some((peer.handshake.disconnect_data(), Cause::Remote))
        }
        PeerState::Disconnecting | PeerState::DisconnectLater => Some((0, Cause::Local)),
        _ => Some((0, cause)),
    };
    peer.end(context, event);
}
