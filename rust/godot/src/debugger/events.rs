//! The log of what happened: joins, leaves, refusals, warnings.

use enet_proto::Time;
use godot::prelude::*;

use super::{agent, millis, send};
use crate::clock;

/// Lines of a message; the last tells how many were left out.
const MOST: usize = 50;
/// Characters of a line.
const LONGEST: usize = 300;

/// The kind of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Host,
    Closed,
    Join,
    Leave,
    Refused,
    Warning,
    Spike,
    Simulation,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Closed => "closed",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Refused => "refused",
            Self::Warning => "warning",
            Self::Spike => "spike",
            Self::Simulation => "simulation",
        }
    }
}

struct Event {
    time: Time,
    object: i64,
    kind: Kind,
    peer: i32,
    text: String,
}

/// The events since the last message.
#[derive(Default)]
pub struct Events {
    waiting: Vec<Event>,
    left_out: u64,
}

/// Notes an event of an object (0 for none) and a peer (0 for none).
pub fn note(object: i64, kind: Kind, peer: i32, text: impl FnOnce() -> String) {
    let time = clock::now();
    agent::with(|agent| {
        let events = &mut agent.events;
        if events.waiting.len() >= MOST - 1 {
            events.left_out += 1;
            return;
        }
        let text = text().chars().take(LONGEST).collect();
        events.waiting.push(Event {
            time,
            object,
            kind,
            peer,
            text,
        });
    });
}

/// Sends what was noted.
pub fn send_waiting() {
    let Some(events) = agent::with(|agent| std::mem::take(&mut agent.events)) else {
        return;
    };
    let Events {
        mut waiting,
        left_out,
    } = events;
    if left_out > 0 {
        waiting.push(Event {
            time: clock::now(),
            object: 0,
            kind: Kind::Warning,
            peer: 0,
            text: format!("{left_out} more events were left out"),
        });
    }
    if waiting.is_empty() {
        return;
    }
    let rows: VarArray = (waiting.iter())
        .map(|event| {
            let text = GString::from(&event.text);
            let kind = event.kind.name();
            varray![millis(event.time), event.object, kind, event.peer, &text].to_variant()
        })
        .collect();
    send("events", &varray![&rows]);
}
