//! How a game on ENetMultiplayerPeerRs quits when its process is asked to end.

use godot::global::Error;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::report::{Reports, print_error};
use crate::termination;

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// From now on, the signals SIGTERM and SIGINT (Ctrl+C) quit the game in the next frame, as closing its window
    /// does: all nodes get [constant Node.NOTIFICATION_WM_CLOSE_REQUEST], and the game quits if
    /// [member SceneTree.auto_accept_quit] is [code]true[/code]. Its peers are closed on the way, so that the remote
    /// peers learn of it at once. Without this call, the signals end a headless game before it can say anything, and the
    /// remote peers notice after a timeout of some 5 to 30 seconds.
    ///
    /// Service managers and containers send SIGTERM to stop a server. Call this once, for example in the first scene of
    /// a dedicated server:
    ///
    /// ```gdscript
    /// func _ready() -> void:
    ///     if DisplayServer.get_name() == "headless":
    ///         ENetMultiplayerPeerRs.quit_on_sigterm()
    /// ```
    ///
    /// A second signal of the same kind ends the process at once. Returns [constant OK], or, with an error printed,
    /// [constant ERR_UNAVAILABLE] on systems without these signals, in the editor, and before there is a [SceneTree].
    /// Windows has no such signals: there, Ctrl+C ends a headless server at once, and its clients notice after a timeout.
    /// Have the server quit by a command of your own there, for example when a file appears.
    #[func]
    fn quit_on_sigterm() -> Error {
        match termination::listen() {
            Ok(()) => Error::OK,
            Err(cause) => {
                print_error(Self::NAME, "quit_on_sigterm", &cause);
                Error::ERR_UNAVAILABLE
            }
        }
    }
}
