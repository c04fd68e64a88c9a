//! Class AgonesRs: a game server in a fleet of Agones.

use std::sync::Arc;
use std::time::Duration;

use enet_fleet::agones::{Agones, Pulse, Request};
use enet_multiplayer::LineLimit;
use enet_proto::Time;
use godot::classes::RefCounted;
use godot::global::Error;
use godot::obj::InstanceId;
use godot::prelude::*;

use crate::classes::multiplayer_peer::ENetMultiplayerPeerRs;
use crate::clock;
use crate::report::Reports;

mod accessors;
mod frames;
mod json;
mod requests;
mod starting;

/// The time without a sign of life after which a server counts as hung, in seconds.
const STALL_TIMEOUT: f64 = 60.0;

/// Connects a game server to Agones, a system that runs fleets of game servers on Kubernetes.
///
/// Agones starts a helper, the SDK server, beside each game server. A game server has to report to the helper every few
/// seconds that it is healthy; otherwise Agones deletes it, and starts another one. This object reports from a thread
/// of its own. So Agones keeps a server that loads a level for 20 seconds, and replaces a server whose main thread
/// hangs for longer than [member stall_timeout].
///
/// ```gdscript
/// var agones := AgonesRs.new() # Keep it in a variable: its end is the end of the reports.
///
/// func _ready() -> void:
///     agones.start() # Before long loading.
///     var peer := ENetMultiplayerPeerRs.new()
///     peer.create_server(24565)
///     multiplayer.multiplayer_peer = peer
///     agones.peer = peer
///     agones.player_counter = "players" # A counter in the fleet's configuration.
///     agones.ready() # From now on, players are sent here.
///
/// func _on_match_over() -> void:
///     agones.shutdown() # Agones ends this process, and starts another server.
/// ```
///
/// Calls return at once, and are carried out one after another. While the SDK server does not answer, because it may
/// start after the game, a call is tried again for 30 seconds. If the SDK server answers with an error, the call is
/// tried again for 2 seconds. Then [signal request_done] or [signal request_failed] is emitted. Signals come in the
/// frames of the [SceneTree], also while it is paused.
///
/// Where Agones does not run, the first call prints one line. All calls that would tell Agones something then do
/// nothing, and return [constant ERR_UNAVAILABLE]. So the same game runs anywhere.
#[derive(GodotClass)]
#[class(tool, init, base = RefCounted)]
pub struct AgonesRs {
    base: Base<RefCounted>,
    /// The peer of this server, which is optional. With a peer, the server counts as alive as long as the peer is
    /// polled, and [member player_counter] and [member player_list] are kept up to date. Without a peer, or with a
    /// closed one, the server counts as alive as long as frames go by. [code]null[/code] by default. The property does
    /// not keep the peer alive: keep the peer in a variable, too.
    #[var(get = get_peer, set = set_peer)]
    peer: PhantomVar<Option<Gd<ENetMultiplayerPeerRs>>>,
    /// The time without a poll of [member peer] (or, without a peer, without a frame) after which this object stops
    /// reporting health, in seconds: 60 by default, 0 for never. Agones then deletes the server, by default after 15
    /// more seconds. A poll before that begins the reports again. Choose a time that is longer than the longest loading
    /// of the main thread. A negative number prints an error and changes nothing.
    #[var(get = get_stall_timeout, set = set_stall_timeout)]
    stall_timeout: PhantomVar<f64>,
    /// The name of a counter of the game server (a number that Agones keeps), which this object sets to the number of
    /// peers of [member peer]. Empty by default, for none. The counter must be in the fleet's configuration, with a
    /// sufficient capacity. If the number cannot be set, it is set again after 10 seconds, or when the next peer joins
    /// or leaves. If the peer is freed, the counter becomes 0.
    #[var(get = get_player_counter, set = set_player_counter)]
    player_counter: PhantomVar<GString>,
    /// The name of a list of the game server (texts that Agones keeps), which this object fills with the ids of the
    /// peers of [member peer], as texts. Empty by default, for none. The list must be in the fleet's configuration,
    /// with a sufficient capacity, at most 1000: further ids are left out. For names of your own, leave this property
    /// empty and use [method append_list_value]. Otherwise like [member player_counter].
    #[var(get = get_player_list, set = set_player_list)]
    player_list: PhantomVar<GString>,
    #[init(val = State::default())]
    state: State,
}

/// What an object knows.
struct State {
    peer: Option<InstanceId>,
    stall_timeout: f64,
    counter: String,
    list: String,
    pulse: Arc<Pulse>,
    agones: Option<Agones>,
    /// The peer and its changes of players that were told to Agones; that it has gone, if that was told.
    told: Option<Option<(InstanceId, u64)>>,
    /// When the players are told once more, after a failure.
    retry: Option<Time>,
    server: VarDictionary,
    phase: GString,
    trouble: LineLimit,
    busy: LineLimit,
}

impl Default for State {
    fn default() -> Self {
        Self {
            peer: None,
            stall_timeout: STALL_TIMEOUT,
            counter: String::new(),
            list: String::new(),
            pulse: Arc::new(Pulse::new(Some(Duration::from_secs_f64(STALL_TIMEOUT)))),
            agones: None,
            told: None,
            retry: None,
            server: VarDictionary::new(),
            phase: GString::new(),
            trouble: LineLimit::default(),
            busy: LineLimit::default(),
        }
    }
}

impl AgonesRs {
    /// Puts a request, if Agones runs.
    fn put(&mut self, method: &str, request: Request) -> Error {
        let started = self.begin(method);
        if started != Error::OK {
            return started;
        }
        if let Err(bad) = request.check() {
            self.report(method, &bad);
            return Error::ERR_INVALID_PARAMETER;
        }
        let put = self
            .state
            .agones
            .as_ref()
            .map(|agones| agones.request(request));
        match put {
            Some(Err(too_many)) => {
                // A script may call in each frame while the SDK server does not answer.
                if let Some(left_out) = self.state.busy.pass(clock::now()) {
                    self.report(method, &format!("{too_many}{left_out}"));
                }
                Error::ERR_BUSY
            }
            Some(Ok(())) => Error::OK,
            None => Error::ERR_UNAVAILABLE,
        }
    }
}

impl Reports for AgonesRs {
    const NAME: &'static str = "AgonesRs";
}
