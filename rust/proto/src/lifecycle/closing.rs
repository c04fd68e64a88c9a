//! The end of a connection.
//!
//! An orderly end is a DISCONNECT that is acknowledged. Where there is no acknowledgement to wait for,
//! one DISCONNECT is sent.

use crate::host::Context;
use crate::peer::Peer;
use crate::send::{queue_control, queue_unacknowledged_control};
use crate::wire::Command;
use crate::{Cause, Disconnect, Event, Limit, PeerState, Refusal};

/// Takes in the remote's DISCONNECT.
pub fn on_disconnect(peer: &mut Peer, context: &mut Context, data: u32, wants_ack: bool) {
    match peer.state() {
        PeerState::Connected | PeerState::DisconnectLater if wants_ack => {
            peer.reset_queues();
            peer.handshake.set_disconnect_data(data);
            // The event follows when the acknowledgement leaves.
            peer.set_state(context, PeerState::AcknowledgingDisconnect);
        }
        // The application may be about to encrypt. If not, the repeated CONNECT is refused as well.
        PeerState::Connecting
            if data == Refusal::NotEncrypted.code() && peer.handshake.note_unencrypted() => {}
        PeerState::Connected
        | PeerState::DisconnectLater
        | PeerState::Connecting
        | PeerState::Disconnecting => {
            let cause = match peer.state() {
                PeerState::Disconnecting => Cause::Local,
                _ => Cause::Remote,
            };
            peer.end(context, Some((data, cause)));
        }
        // The application has not heard of it yet.
        PeerState::AcknowledgingConnect => peer.end(context, None),
        _ => {}
    }
}

/// Ends a connection in the way that the application chose.
pub fn close(peer: &mut Peer, context: &mut Context, data: u32, how: Disconnect) {
    match how {
        Disconnect::Later if peer.is_up() && peer.has_outgoing() => {
            peer.handshake.set_disconnect_data(data);
            peer.set_state(context, PeerState::DisconnectLater);
        }
        Disconnect::Acknowledged | Disconnect::Later => disconnect(peer, context, data),
        Disconnect::Now => {
            if peer.state() != PeerState::Disconnecting {
                send_single_disconnect(peer, context, data);
            }
            peer.end(context, None);
        }
        Disconnect::Silent => peer.end(context, None),
    }
}

/// Ends a connection whose remote exceeded a limit. Nothing waits for its acknowledgement, and packets that the
/// application would have to read in order to get to the end are dropped if they are the reason.
pub fn drop_over_limit(peer: &mut Peer, context: &mut Context, limit: Limit) {
    if !peer.is_up() && !peer.is_half_open() {
        // It ends already, or has not begun.
        return;
    }
    if matches!(limit, Limit::Flood | Limit::Unread) {
        context.events.drop_backlog(peer.id());
    }
    close_over_limit(peer, context, limit);
}

/// Sends a DISCONNECT, and waits for its acknowledgement if the connection is up.
pub fn disconnect(peer: &mut Peer, context: &mut Context, data: u32) {
    match peer.state() {
        PeerState::Connected | PeerState::DisconnectLater => {
            peer.reset_queues();
            queue_control(peer, context, Command::Disconnect { data });
            peer.set_state(context, PeerState::Disconnecting);
        }
        PeerState::Connecting | PeerState::AcknowledgingConnect => {
            send_single_disconnect(peer, context, data);
            peer.end(context, None);
        }
        _ => {}
    }
}

/// Ends a connection in any state for a limit. The remote is told why once.
pub fn close_over_limit(peer: &mut Peer, context: &mut Context, limit: Limit) {
    let data = match peer.state() {
        PeerState::Connected | PeerState::DisconnectLater => {
            context.events.push(Event::OverLimit {
                peer: peer.id(),
                limit,
            });
            send_single_disconnect(peer, context, limit.code());
            Some((limit.code(), Cause::Limit(limit)))
        }
        // The application has not heard of it.
        PeerState::AcknowledgingConnect => None,
        PeerState::AcknowledgingDisconnect => {
            Some((peer.handshake.disconnect_data(), Cause::Remote))
        }
        PeerState::Connecting => Some((limit.code(), Cause::Limit(limit))),
        _ => Some((0, Cause::Local)),
    };
    peer.end(context, data);
}

/// Sends one DISCONNECT, at once and without waiting for an acknowledgement.
fn send_single_disconnect(peer: &mut Peer, context: &mut Context, data: u32) {
    peer.reset_queues();
    if !peer.has_address() {
        return;
    }
    queue_unacknowledged_control(peer, context, Command::Disconnect { data });
    peer.packer.finish(&mut context.output, context.now);
}
