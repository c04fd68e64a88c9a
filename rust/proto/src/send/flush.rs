//! The flush: everything that a peer may send now leaves.

use super::acks::Ack;
use super::reliable::send_pending;
use crate::host::Context;
use crate::lifecycle;
use crate::peer::Peer;
use crate::{Cause, PeerState};

/// Sends the packets that waited and may go now, the acknowledgements and the open datagram.
pub fn flush_peer(peer: &mut Peer, context: &mut Context) {
    peer.clear_dirty();
    send_pending(peer, context);
    let acknowledges_disconnect = peer.packer.acks().iter().any(Ack::is_of_disconnect);
    peer.packer.write_acks(&mut context.output, context.now);
    peer.packer.finish(&mut context.output, context.now);
    let data = peer.handshake.disconnect_data();
    if acknowledges_disconnect {
        peer.end(context, Some((data, Cause::Remote)));
    } else if peer.state() == PeerState::DisconnectLater && !peer.has_outgoing() {
        lifecycle::disconnect(peer, context, data);
        peer.packer.finish(&mut context.output, context.now);
    }
}
