//! Why the connections of ENetMultiplayerPeerRs end: what is told to remotes, and what is known afterwards.

use enet_multiplayer::{End, Reason};
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::clock;
use crate::release::release;
use crate::report::Reports;
use crate::session::HasSession;
use crate::vocabulary::DisconnectReason;

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Disconnects the peer `peer` like [method MultiplayerPeer.disconnect_peer], and tells it why. `force` is that of
    /// [method MultiplayerPeer.disconnect_peer]. `reason` is a number of 32 bits. The remote's
    /// [method get_disconnect_data] returns it, and it is the data of the remote's
    /// [constant ENetConnectionRs.EVENT_DISCONNECT], also with Godot's [ENetConnection].
    ///
    /// The game decides what a number means. A client of this extension gets [constant REASON_KICKED] with any number
    /// other than 0. The numbers from 1162761217 (0x454E5401) to 1162761471 are those of [enum DisconnectReason]: a client
    /// takes such a number of its server for the reason itself. So a server can say, for example, [constant REASON_BANNED]
    /// or [constant REASON_CREDENTIAL_REFUSED].
    ///
    /// ```gdscript
    /// const AWAY_TOO_LONG := 7 # A number of the game.
    ///
    /// func kick(id: int) -> void:
    ///     peer.disconnect_peer_with_reason(id, AWAY_TOO_LONG)
    /// ```
    ///
    /// If `reason` does not fit into 32 bits, or there is no such peer, the method prints an error and does nothing.
    #[func]
    fn disconnect_peer_with_reason(
        &mut self,
        peer: i64,
        reason: i64,
        #[opt(default = false)] force: bool,
    ) {
        const METHOD: &str = "disconnect_peer_with_reason";
        let object = self.to_gd();
        match (i32::try_from(peer), u32::try_from(reason)) {
            (Ok(peer), Ok(reason)) => {
                let core = &mut self.session.core;
                let done = core.disconnect_peer_with(peer, reason, force, clock::now());
                self.session.observe_end();
                self.tidy();
                self.report_failure(METHOD, done);
            }
            (Err(_), _) => {
                let cause = format!("the id {peer} does not fit into 32 bits");
                self.report(METHOD, &cause);
            }
            (_, Err(_)) => {
                let cause = format!("the reason must be 0 to 4294967295, not {reason}");
                self.report(METHOD, &cause);
            }
        }
        release(object);
    }

    /// Returns why the last connection to the peer `peer_id` ended. On a client, the peer 1 is the server, even if the
    /// attempt to connect failed.
    ///
    /// The reason is this side's own judgement; no client can choose the reason that a server returns. A client
    /// believes its server, which may say that it is full, for example. [method get_disconnect_data] returns the
    /// number that the remote sent.
    ///
    /// The reason is known when [signal MultiplayerPeer.peer_disconnected] is emitted, and later until this peer
    /// becomes a server, client or mesh again; the reasons of the last 256 peers are kept. Returns
    /// [constant REASON_NONE] for peers that did not leave, and for other clients of a server with
    /// [constant WIRE_GODOT3], which does not say why they left. Prints an error if `peer_id` does not fit into 32 bits.
    #[func]
    fn get_disconnect_reason(&self, peer_id: i64) -> DisconnectReason {
        self.ended("get_disconnect_reason", peer_id).reason.into()
    }

    /// Returns the number of 32 bits with which the last connection to the peer `peer_id` ended. If the remote ended it,
    /// that is the number which the remote passed to [method disconnect_peer_with_reason],
    /// [method ENetPacketPeerRs.peer_disconnect] or one of its variants. If this side ended it, that is the number which
    /// this side passed, or the [enum DisconnectReason] if a limit of this side ended it. A remote chooses its number
    /// freely: do not trust it.
    ///
    /// Returns 0 if no number was given, as with [method MultiplayerPeer.disconnect_peer], [method MultiplayerPeer.close]
    /// and after a timeout. For how long it is known, see [method get_disconnect_reason]. Prints an error if `peer_id`
    /// does not fit into 32 bits.
    #[func]
    fn get_disconnect_data(&self, peer_id: i64) -> i64 {
        self.ended("get_disconnect_data", peer_id).data.into()
    }

    /// Returns a short sentence in English for a [enum DisconnectReason], for players and logs, for example
    /// [code]"the server is full"[/code]. With `data` (see [method get_disconnect_data]), the sentence also says what the
    /// number adds to the reason. It has no full stop, and begins with a small letter.
    #[func]
    fn get_reason_text(reason: DisconnectReason, #[opt(default = 0)] data: i64) -> GString {
        let known = u32::try_from(reason.0).ok().and_then(Reason::of_code);
        let Some(reason) = known else {
            return GString::from(&format!("unknown reason {}", reason.0));
        };
        // The wire format has 32 bits for the data.
        let data = data as u32;
        GString::from(&End { reason, data }.text())
    }

    fn ended(&self, method: &str, peer_id: i64) -> End {
        match i32::try_from(peer_id) {
            Ok(id) => self.session.core.ended(id),
            Err(_) => {
                let cause = format!("the id {peer_id} does not fit into 32 bits");
                self.report_looking(method, &cause);
                End::default()
            }
        }
    }
}
