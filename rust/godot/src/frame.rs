//! Coalescing of outgoing packets: when a session flushes within a frame.
//!
//! The engine runs a frame in this order: physics steps, each with the deferred calls made in it; the
//! polls of the multiplayer APIs; the tree's signal `process_frame`; deferred calls; the nodes' processing;
//! deferred calls; the tree's timers; deferred calls.
//!
//! [`FramePlan`] decides. Most flushes happen in a call of the game: a poll, the question how many packets are
//! left, or a put. The only other way is a deferred call, for packets that are put in the nodes' processing and
//! expect company.
//!
//! The deferred call is one of the object's own `notification`. Such a call keeps no object alive and survives a
//! reload of this library, while a Callable to one of the library's functions would not.

use std::cell::Cell;

use enet_multiplayer::{FramePlan, Leave, Multiplayer};
use enet_proto::Time;
use godot::prelude::*;

use crate::clock::{self, Frames};
use crate::convert;
use crate::report::Reports;
use crate::vocabulary::FlushMode;

/// The notification of the deferred call, beyond the engine's own.
const DEFERRED: i32 = 0x4E65_7401;
const NOTIFICATION: &str = "notification";
/// Polls after which a deferred call is given up: the script polls in a loop of its own, or the engine's queue
/// was full.
const PATIENCE: u32 = 1000;

/// What the engine adds to the plan of a session's frames: the deferred call.
#[derive(Debug, Default)]
pub struct FrameEnd {
    /// Polls since the deferred call was made.
    polls: Cell<u32>,
    physics: Physics,
}

/// Where packets are put and polls are made. A game that puts packets in physics steps may have several steps in
/// a frame, each with deferred calls, and then one poll with which all packets can leave.
#[derive(Debug, Default)]
struct Physics {
    /// Whether there were several deferred calls for a poll. The engine is asked only then.
    is_watched: Cell<bool>,
    /// The frame of the last poll that was made outside of physics steps.
    polled_in: Cell<Option<u64>>,
    frames: Frames,
}

impl Physics {
    fn poll_begins(&self) {
        if self.is_watched.get() {
            let is_outside = !self.frames.is_physics();
            let frame = is_outside.then(|| self.frames.number());
            self.polled_in.set(frame);
        }
    }

    /// Whether a poll follows the physics step.
    fn precedes_poll(&self) -> bool {
        let polled_in = self.polled_in.get();
        polled_in.is_some_and(|frame| {
            self.frames.is_physics() && self.frames.number().saturating_sub(frame) <= 1
        })
    }
}

impl FrameEnd {
    fn begin_poll(&self, plan: &mut FramePlan) -> bool {
        self.physics.poll_begins();
        if plan.is_arranged() {
            self.polls.set(self.polls.get() + 1);
            if self.polls.get() > PATIENCE {
                plan.forget_arranged();
            }
        }
        plan.begin_poll()
    }

    /// The deferred call comes. Whether to send now.
    fn end(&self, plan: &mut FramePlan) -> bool {
        if plan.has_ended() {
            self.physics.is_watched.set(true);
        }
        if self.physics.precedes_poll() {
            plan.forget_arranged();
            return false;
        }
        plan.end_frame()
    }
}

/// A class whose session sends at the frame's end.
pub trait Framed: Reports {
    fn core(&self) -> &Multiplayer;

    fn core_mut(&mut self) -> &mut Multiplayer;

    fn frame(&self) -> &FrameEnd;
}

/// A poll begins. Whether something waits, which is to leave when the poll has received.
pub fn poll_begins<T: Framed>(this: &T) -> bool {
    coalesces(this) && with_plan(this, |plan| this.frame().begin_poll(plan))
}

/// A poll ends: sends what does not wait for further packets.
pub fn poll_done<T: Framed>(this: &T, now: Time) {
    let core = this.core();
    // Otherwise everything has left. A handler may have changed the mode.
    let coalesces = coalesces(this);
    let has_unsent = coalesces && core.has_unsent();
    let has_unread = core.available_packets() > 0;
    let leave = |plan: &mut FramePlan| plan.end_poll(has_unsent, has_unread);
    if with_plan(this, leave) == Leave::Now && coalesces {
        core.flush(now);
    }
}

/// A poll failed, and received nothing.
pub fn poll_failed<T: Framed>(this: &T) {
    with_plan(this, |plan| plan.end_poll(false, false));
}

/// A packet was put: sends it, or schedules a flush.
pub fn packet_put<T: Framed>(this: &mut T, now: Time) {
    if !coalesces(this) {
        return;
    }
    match with_plan(this, |plan| plan.put(now)) {
        Leave::Now => this.core().flush(now),
        Leave::AtFrameEnd => {
            this.frame().polls.set(0);
            let mut object = this.to_gd().upcast::<Object>();
            object.call_deferred(NOTIFICATION, &[DEFERRED.to_variant()]);
        }
        Leave::Later => {}
    }
}

/// The script found that no packet is left to read: sends its answers.
pub fn all_is_read<T: Framed>(this: &T) {
    if with_plan(this, FramePlan::end_reading) {
        this.core().flush(clock::now());
    }
}

/// Handles a notification of the object.
pub fn notified<T: Framed>(this: &T, what: i32) {
    if what == DEFERRED && with_plan(this, |plan| this.frame().end(plan)) {
        this.core().flush(clock::now());
    }
}

/// The value of the property `flush_mode`.
pub fn mode<T: Framed>(this: &T) -> FlushMode {
    convert::flush_mode(this.core().flush_mode())
}

/// The value of the property `flush_mode`.
pub fn set_mode<T: Framed>(this: &mut T, mode: FlushMode) {
    let Some(mode) = convert::from_flush_mode(mode) else {
        let cause = format!("{} is not a flush mode", mode.0);
        return this.report("set_flush_mode", &cause);
    };
    this.core_mut().set_flush_mode(mode, clock::now());
    with_plan(this, FramePlan::note_sent);
}

fn with_plan<T: Framed, R>(this: &T, act: impl FnOnce(&mut FramePlan) -> R) -> R {
    let cell = this.core().plan();
    let mut plan = cell.get();
    let done = act(&mut plan);
    cell.set(plan);
    done
}

fn coalesces<T: Framed>(this: &T) -> bool {
    this.core().flush_mode() == enet_multiplayer::FlushMode::OnFlush
}
