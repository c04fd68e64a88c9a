//! Accessors of the properties of AgonesRs, and its signals. The bindings require them in the class's first block.

use std::time::Duration;

use enet_fleet::agones::Request;
use godot::prelude::*;

use super::AgonesRs;
use crate::classes::multiplayer_peer::ENetMultiplayerPeerRs;
use crate::report::Reports;

// The bindings find the items generated beside the class by this path.
#[godot_api(no_typed_signals)]
impl super::AgonesRs {
    /// Emitted when a call was carried out. `request` is the call's name in Agones' documentation, such as
    /// [code]Ready[/code]. `subject` is the name of the counter, list, label or annotation, or empty. `answer` is what
    /// the SDK server returned. For [method request_counter] it has [code]name[/code] (a [String]), [code]count[/code]
    /// and [code]capacity[/code] (each an [int]). For [method request_list] it has [code]name[/code],
    /// [code]values[/code] (an [Array] of texts) and [code]capacity[/code]. For other calls the content of `answer` is
    /// not defined, because Agones carries out changes later. The calls that [member player_counter] and
    /// [member player_list] make emit this signal, too.
    #[signal]
    fn request_done(request: GString, subject: GString, answer: VarDictionary);

    /// Emitted when a call was not carried out. `request` and `subject` are those of [signal request_done]. `cause` is
    /// a sentence, which is also printed as an error, at most every 10 seconds.
    #[signal]
    fn request_failed(request: GString, subject: GString, cause: GString);

    /// Emitted when Agones' record of the game server changed, whoever changed it, and when the record is read for the
    /// first time. `game_server` is what [method get_game_server] returns. If the record changed several times between
    /// two frames, only the last change is told.
    #[signal]
    fn game_server_changed(game_server: VarDictionary);

    /// Emitted when the state of the game server changed. `state` is the new state: [code]Scheduled[/code],
    /// [code]Ready[/code], [code]Allocated[/code] (players are on their way), [code]Reserved[/code],
    /// [code]Shutdown[/code] or another one.
    #[signal]
    fn state_changed(state: GString);

    /// See [member peer].
    #[func]
    pub(super) fn get_peer(&self) -> Option<Gd<ENetMultiplayerPeerRs>> {
        self.state
            .peer
            .and_then(|id| Gd::try_from_instance_id(id).ok())
    }

    /// See [member peer].
    #[func]
    pub(super) fn set_peer(&mut self, peer: Option<Gd<ENetMultiplayerPeerRs>>) {
        if let Some(peer) = &peer {
            peer.bind().beat_at_polls(&self.state.pulse);
        }
        self.state.peer = peer.as_ref().map(Gd::instance_id);
        self.state.pulse.beat();
    }

    /// See [member stall_timeout].
    #[func]
    pub(super) fn get_stall_timeout(&self) -> f64 {
        self.state.stall_timeout
    }

    /// See [member stall_timeout].
    #[func]
    pub(super) fn set_stall_timeout(&mut self, seconds: f64) {
        match Duration::try_from_secs_f64(seconds) {
            Ok(timeout) => {
                self.state.stall_timeout = seconds;
                let timeout = (!timeout.is_zero()).then_some(timeout);
                self.state.pulse.set_timeout(timeout);
            }
            Err(_) => {
                let cause = format!("stall_timeout must be 0 or more seconds, not {seconds}");
                self.report("set_stall_timeout", &cause);
            }
        }
    }

    /// See [member player_counter].
    #[func]
    pub(super) fn get_player_counter(&self) -> GString {
        GString::from(&self.state.counter)
    }

    /// See [member player_counter].
    #[func]
    pub(super) fn set_player_counter(&mut self, name: GString) {
        if self.is_name("set_player_counter", &name) {
            self.state.counter = name.to_string();
            self.state.told = None;
        }
    }

    /// See [member player_list].
    #[func]
    pub(super) fn get_player_list(&self) -> GString {
        GString::from(&self.state.list)
    }

    /// See [member player_list].
    #[func]
    pub(super) fn set_player_list(&mut self, name: GString) {
        if self.is_name("set_player_list", &name) {
            self.state.list = name.to_string();
            self.state.told = None;
        }
    }
}

impl AgonesRs {
    fn is_name(&mut self, method: &str, name: &GString) -> bool {
        if name.is_empty() {
            return true;
        }
        let checked = Request::GetCounter(name.to_string()).check();
        let is_name = checked.is_ok();
        self.report_failure(method, checked);
        is_name
    }
}
