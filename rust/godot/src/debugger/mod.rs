//! The game's side of the tab "ENet" in the editor's debugger. docs/debugger.md describes the messages.
//!
//! An object with a session keeps what is watched of it in a [`Watch`], so that a packet is counted without a look-up.
//! What concerns the whole process is in `agent.rs`: the editor's wishes, the list of hosts, the events.
//!
//! Without a debugger all of this costs a comparison in each call. With a debugger but without a watching editor only
//! the numbers of nodes are learned, which peers tell each other once. The main thread does everything; nothing here
//! is emitted or printed, and nothing is sent while the agent's state is borrowed.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use enet_multiplayer::Notice;
use enet_proto::Time;
use godot::classes::EngineDebugger;
use godot::global::PrintLevel;
use godot::obj::InstanceId;
use godot::prelude::*;

use crate::clock;
use crate::session::{HasSession, Session};

mod agent;
mod capture;
mod commands;
mod events;
mod figures;
mod hosts;
mod methods;
mod names;
mod taps;
mod ticking;
mod watch;

pub use watch::Watch;

/// The prefix of all messages.
const PREFIX: &str = "enet_rs";

/// No debugger is attached.
const NONE: u8 = 0;
/// A debugger is attached, and no editor watches.
const ATTACHED: u8 = 1;
/// An editor watches.
const WATCHED: u8 = 2;

static LEVEL: AtomicU8 = AtomicU8::new(NONE);
/// Number of the present watching: an editor that begins to watch is told everything.
static WATCHING: AtomicU32 = AtomicU32::new(0);

fn level() -> u8 {
    LEVEL.load(Ordering::Relaxed)
}

fn is_watched() -> bool {
    level() == WATCHED
}

/// Listens to the editor, if a debugger is attached. To be called once the classes are registered, as the editor may
/// ask before there is a host.
pub fn start() {
    if EngineDebugger::singleton().is_active() && capture::register() {
        LEVEL.store(ATTACHED, Ordering::Relaxed);
    }
}

/// Leaves the debugger alone again, before the library is unloaded.
pub fn stop() {
    if LEVEL.swap(NONE, Ordering::Relaxed) != NONE {
        capture::unregister();
    }
}

/// A poll of an object ends.
#[inline]
pub fn polled<T: HasSession>(this: &mut T, now: Time) {
    match level() {
        NONE => {}
        WATCHED => ticking::polled(this, now),
        _ => watch::release(this),
    }
}

/// The timer of an object that may not be polled ended: see `frames.rs`.
pub fn ticked<T: HasSession>(this: &mut T) {
    if is_watched() {
        ticking::ticked(this, clock::now());
    }
}

/// The object has no host any more.
pub fn closed<T: HasSession>(this: &mut T) {
    if level() != NONE {
        this.session_mut().watch = Watch::default();
    }
}

/// A packet was put.
#[inline]
pub fn put(session: &mut Session, packet: &[u8]) {
    if level() != NONE {
        watch::put(session, packet);
    }
}

/// A packet was taken that came from a peer.
#[inline]
pub fn taken(session: &mut Session, from: i32, packet: &[u8]) {
    if level() != NONE {
        watch::taken(session, from, packet);
    }
}

/// A signal is about to be emitted.
pub fn signalled<T: HasSession>(this: &mut T, notice: &Notice) {
    if level() != NONE {
        watch::signalled(this, notice);
    }
}

/// An error or a warning is about to be printed.
pub fn printed(level: PrintLevel, object: Option<InstanceId>, text: &str) {
    if is_watched() {
        let kind = match level {
            PrintLevel::Error => "error: ",
            _ => "",
        };
        let object = object.map_or(0, InstanceId::to_i64);
        events::note(object, events::Kind::Warning, 0, || format!("{kind}{text}"));
    }
}

/// Sends a message to the editor.
fn send(message: &str, data: &VarArray) {
    let mut debugger = EngineDebugger::singleton();
    // The engine ends its debugger before it frees the last objects.
    if debugger.is_active() {
        debugger.send_message(&format!("{PREFIX}:{message}"), data);
    }
}

/// Milliseconds of a point in time, as all messages have them.
fn millis(time: Time) -> i64 {
    i64::try_from(clock::since_start(time).as_millis()).unwrap_or(i64::MAX)
}
