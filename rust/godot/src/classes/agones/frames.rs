//! What AgonesRs does in each frame: signs of life, players, and the signals.

use enet_fleet::agones::{Event, Request};
use enet_proto::Time;
use godot::classes::notify::ObjectNotification;
use godot::classes::{IRefCounted, Object};
use godot::obj::InstanceId;
use godot::prelude::*;

use super::{AgonesRs, json};
use crate::classes::multiplayer_peer::ENetMultiplayerPeerRs;
use crate::clock;
use crate::report::Reports;

/// The notification of each frame, beyond the engine's own.
pub const TICK: i32 = 0x4E65_7403;
/// After a failure to tell the players.
const RETRY: Time = Time::from_secs(10);
/// Events that are told in a frame.
const MOST_EVENTS: usize = 32;

#[godot_api]
impl IRefCounted for AgonesRs {
    fn on_notification(&mut self, what: ObjectNotification) {
        if i32::from(what) == TICK && self.state.agones.is_some() {
            self.tick();
        }
    }
}

impl AgonesRs {
    fn tick(&mut self) {
        self.look_at_peer();
        for _ in 0..MOST_EVENTS {
            let event = self
                .state
                .agones
                .as_ref()
                .and_then(|agones| agones.next_event());
            match event {
                Some(event) => self.tell(event),
                None => return,
            }
        }
    }

    /// Takes signs of life, and tells the players of the peer.
    fn look_at_peer(&mut self) {
        let peer = self.get_peer();
        let players = match &peer {
            None => {
                self.state.pulse.beat();
                Players::default()
            }
            Some(peer) => {
                let bound = peer.bind();
                let session = bound.session_of_fleet();
                // Each poll of the peer is a sign of life, but nobody polls one that is closed.
                if !session.is_active() {
                    self.state.pulse.beat();
                }
                Players {
                    of: Some((peer.instance_id(), session.tally().changes())),
                    ids: match self.is_due(peer, session.tally().changes()) {
                        true => session.peer_ids().collect(),
                        false => return,
                    },
                }
            }
        };
        self.tell_players(players);
    }

    /// Whether the players of the peer have to be told.
    fn is_due(&self, peer: &Gd<ENetMultiplayerPeerRs>, changes: u64) -> bool {
        let has_name = !self.state.counter.is_empty() || !self.state.list.is_empty();
        let is_told = self.state.told == Some(Some((peer.instance_id(), changes)));
        has_name && (!is_told || self.is_retry_due())
    }

    fn is_retry_due(&self) -> bool {
        self.state.retry.is_some_and(|at| clock::now() >= at)
    }

    fn tell_players(&mut self, players: Players) {
        let Some(agones) = &self.state.agones else {
            return;
        };
        // Of a peer that has gone, nobody is left. Before there was one, the script may count for itself.
        let is_told = self.state.told == Some(players.of);
        let is_new = self.state.told.is_none() && players.of.is_none();
        if is_new || (is_told && !self.is_retry_due()) {
            return;
        }
        let mut put = Ok(());
        if !self.state.counter.is_empty() {
            let count = i64::try_from(players.ids.len()).unwrap_or(i64::MAX);
            put = agones.request(Request::SetCount(self.state.counter.clone(), count));
        }
        if !self.state.list.is_empty() {
            let ids = players.ids.iter().map(ToString::to_string).collect();
            put = put.and(agones.request(Request::SetValues(self.state.list.clone(), ids)));
        }
        // Where too many requests wait, the next frame tries again.
        if put.is_ok() {
            self.state.told = Some(players.of);
            self.state.retry = None;
        }
    }

    /// Sees to it that the players are told once more, if a request failed that told them.
    fn note_failure(&mut self, request: &Request) {
        let is_of_players = match request {
            Request::SetCount(name, _) => *name == self.state.counter,
            Request::SetValues(name, _) => *name == self.state.list,
            _ => false,
        };
        if is_of_players && self.state.told.is_some() {
            self.state.retry = Some(clock::now() + RETRY);
        }
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Done(request, answer) => {
                let answer = json::dictionary(&answer);
                let [name, subject] = named(&request);
                self.emit("request_done", &[name, subject, answer.to_variant()]);
            }
            Event::Failed(request, cause) => {
                let [name, subject] = named(&request);
                let of = request
                    .subject()
                    .map(|subject| format!(" of \"{subject}\""));
                self.note_failure(&request);
                self.trouble(
                    script_name(&request),
                    &format!(
                        "Agones did not carry out {}{}: {cause}",
                        request.name(),
                        of.unwrap_or_default()
                    ),
                );
                self.emit(
                    "request_failed",
                    &[name, subject, GString::from(&cause).to_variant()],
                );
            }
            Event::GameServer(server) => {
                let server = json::dictionary(&server);
                self.state.server = server.clone();
                let phase = self.phase();
                let is_new = phase != self.state.phase;
                self.state.phase = phase.clone();
                self.emit("game_server_changed", &[server.to_variant()]);
                if is_new {
                    self.emit("state_changed", &[phase.to_variant()]);
                }
            }
            Event::HealthLost(cause) => {
                self.trouble(
                    "start",
                    &format!("reports of health do not arrive: {cause}"),
                );
            }
            Event::PulseLost => {
                let seconds = self.state.stall_timeout;
                self.trouble("start", &format!(
                    "the main thread gave no sign of life for {seconds} seconds (stall_timeout), so health was not reported"
                ));
            }
            Event::HealthReported => {}
        }
    }

    /// Prints a line that the network can cause.
    fn trouble(&mut self, method: &str, cause: &str) {
        if let Some(left_out) = self.state.trouble.pass(clock::now()) {
            self.report(method, &format!("{cause}{left_out}"));
        }
    }

    /// Emits a signal with nothing borrowed.
    fn emit(&mut self, signal: &str, arguments: &[Variant]) {
        self.lend(|object: &mut Gd<Object>| {
            object.emit_signal(signal, arguments);
        });
    }
}

/// The players of a peer, and of which peer in which state they are.
#[derive(Default)]
struct Players {
    of: Option<(InstanceId, u64)>,
    ids: Vec<i32>,
}

/// The method that makes a request.
fn script_name(request: &Request) -> &'static str {
    match request {
        Request::Ready => "ready",
        Request::Allocate => "allocate",
        Request::Reserve(_) => "reserve",
        Request::Shutdown => "shutdown",
        Request::GameServer => "get_game_server",
        Request::SetLabel(..) => "set_label",
        Request::SetAnnotation(..) => "set_annotation",
        Request::GetCounter(_) => "request_counter",
        Request::SetCount(..) => "set_counter_count",
        Request::AddCount(..) => "increment_counter",
        Request::SetCounterCapacity(..) => "set_counter_capacity",
        Request::GetList(_) => "request_list",
        Request::SetValues(..) => "set_list_values",
        Request::AddValue(..) => "append_list_value",
        Request::RemoveValue(..) => "delete_list_value",
        Request::SetListCapacity(..) => "set_list_capacity",
    }
}

/// The name of a request and its subject, for scripts.
fn named(request: &Request) -> [Variant; 2] {
    [request.name(), request.subject().unwrap_or_default()]
        .map(|text| GString::from(text).to_variant())
}
