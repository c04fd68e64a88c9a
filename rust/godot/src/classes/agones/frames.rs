//! What AgonesRs does in each frame: signs of life, players, and the signals.

use enet_fleet::agones::{Event, Request};
use godot::classes::notify::ObjectNotification;
use godot::classes::{IRefCounted, Object};
use godot::prelude::*;

use super::{AgonesRs, json};
use crate::clock;
use crate::report::Reports;

/// The notification of each frame, beyond the engine's own.
pub const TICK: i32 = 0x4E65_7403;
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

    /// Takes signs of life of the peer, and tells its players.
    fn look_at_peer(&mut self) {
        let Some(peer) = self.get_peer() else {
            return self.state.pulse.beat();
        };
        let id = peer.instance_id();
        let peer = peer.bind();
        let session = peer.session_of_fleet();
        if !session.is_active() || session.last_poll() != self.state.last_poll {
            self.state.last_poll = session.last_poll();
            self.state.pulse.beat();
        }
        let now = Some((id, session.tally().changes()));
        if self.state.told == now || (self.state.counter.is_empty() && self.state.list.is_empty()) {
            return;
        }
        let Some(agones) = &self.state.agones else {
            return;
        };
        let mut put = Ok(());
        if !self.state.counter.is_empty() {
            let count = i64::try_from(session.peer_count()).unwrap_or(i64::MAX);
            put = agones.request(Request::SetCount(self.state.counter.clone(), count));
        }
        if !self.state.list.is_empty() {
            let ids = session.peer_ids().map(|id| id.to_string()).collect();
            put = put.and(agones.request(Request::SetValues(self.state.list.clone(), ids)));
        }
        // Where too many requests wait, the next frame tries again.
        if put.is_ok() {
            self.state.told = now;
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
                self.trouble(&format!(
                    "Agones did not carry out {}{}: {cause}",
                    request.name(),
                    of.unwrap_or_default()
                ));
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
                self.trouble(&format!("reports of health do not arrive: {cause}"));
            }
            Event::PulseLost => {
                let seconds = self.state.stall_timeout;
                self.trouble(&format!(
                    "the main thread gave no sign of life for {seconds} seconds (stall_timeout), so health was not reported"
                ));
            }
            Event::HealthReported => {}
        }
    }

    /// Prints a line that the network can cause.
    fn trouble(&mut self, cause: &str) {
        if let Some(left_out) = self.state.trouble.pass(clock::now()) {
            self.report("poll", &format!("{cause}{left_out}"));
        }
    }

    /// Emits a signal with nothing borrowed.
    fn emit(&mut self, signal: &str, arguments: &[Variant]) {
        self.lend(|object: &mut Gd<Object>| {
            object.emit_signal(signal, arguments);
        });
    }
}

/// The name of a request and its subject, for scripts.
fn named(request: &Request) -> [Variant; 2] {
    [request.name(), request.subject().unwrap_or_default()]
        .map(|text| GString::from(text).to_variant())
}
