//! When what a session sends leaves: once a frame, at its end.
//!
//! The engine does not tell of a frame's end. A frame is, in this order: physics steps, each with the
//! deferred calls made in it; the multiplayer APIs' polls; the tree's signal `process_frame`; deferred
//! calls; the nodes' processing; deferred calls; the tree's timers; deferred calls. So what is sent
//! leaves with a deferred call, except what was sent before the nodes' processing: a timer made at
//! `process_frame`, with no time to wait, is behind it.
//!
//! A script that polls in a loop of its own lets no frame go by: its polls send. So does everything on
//! another thread than the main one.
//!
//! All three ways lead through the object's own `notification`. They keep nothing alive and outlive a
//! reload of this library, which a function of its own in the engine's hands would not.

use enet_core::Status;
use godot::classes::{Engine, SceneTree};
use godot::init::is_main_thread;
use godot::prelude::*;

use crate::clock;
use crate::enums::FlushMode;
use crate::session::HasSession;

/// The notifications, beyond the engine's own: a deferred call, the frame's begin, the timer.
const DEFERRED: i32 = 0x4E65_7401;
const FRAME_BEGINS: i32 = DEFERRED + 1;
const FRAME_ENDS: i32 = DEFERRED + 2;

const NOTIFICATION: &str = "notification";
const BEGIN_SIGNAL: &str = "process_frame";

const FRAME: FlushMode = FlushMode(0);
const IMMEDIATE: FlushMode = FlushMode(1);

/// What is on its way to tell a session that it shall send.
#[derive(Debug, Default)]
pub struct FrameEnd {
    is_deferred: bool,
    is_timed: bool,
    /// Whether the tree tells of frames.
    is_told: bool,
    /// The last frame it told of.
    begun: Option<u64>,
}

impl FrameEnd {
    fn is_due(&self) -> bool {
        self.is_deferred || self.is_timed
    }

    /// Whether frames go by.
    fn is_running(&self) -> bool {
        let frame = Engine::singleton().get_process_frames();
        self.begun
            .is_some_and(|begun| frame.saturating_sub(begun) <= 1)
    }
}

/// Whether what the coming poll finds may wait for the end of the frame.
pub fn poll_may_wait<T: HasSession>(this: &mut T) -> bool {
    if !waits(this) || !is_main_thread() {
        return false;
    }
    if !this.session().frame.is_told {
        listen(this);
    }
    let session = this.session();
    // If nothing ran since the last time, no frame goes by between the two.
    session.core.status() == Status::Connected
        && !session.frame.is_due()
        && session.frame.is_running()
}

/// After a packet, or a poll: sees to its being sent.
pub fn put_off<T: HasSession>(this: &mut T) {
    let session = this.session_mut();
    if session.frame.is_due() || !waits(this) {
        return;
    }
    let session = this.session_mut();
    if !is_main_thread() {
        return session.core.flush(clock::now());
    }
    session.frame.is_deferred = true;
    let mut object = this.to_gd().upcast::<Object>();
    object.call_deferred(NOTIFICATION, &[DEFERRED.to_variant()]);
}

/// The same after a poll, which may have left nothing to send.
pub fn put_off_answers<T: HasSession>(this: &mut T) {
    let session = this.session();
    if !session.frame.is_due() && session.core.has_unsent() {
        put_off(this);
    }
}

/// One of the notifications came.
pub fn notified<T: HasSession>(this: &mut T, what: i32) {
    match what {
        DEFERRED => {
            let session = this.session_mut();
            session.frame.is_deferred = false;
            // After the physics steps comes the rest of the frame.
            let goes_on = session.frame.is_timed
                || (session.frame.is_told && Engine::singleton().is_in_physics_frame());
            if !goes_on {
                session.core.flush(clock::now());
            }
        }
        FRAME_BEGINS => begin_frame(this),
        FRAME_ENDS => {
            let session = this.session_mut();
            session.frame.is_timed = false;
            session.core.flush(clock::now());
        }
        _ => {}
    }
}

/// See the property of this name.
pub fn mode<T: HasSession>(this: &T) -> FlushMode {
    match this.session().core.flush_mode() {
        enet_core::FlushMode::OnFlush => FRAME,
        enet_core::FlushMode::Immediate => IMMEDIATE,
    }
}

/// See the property of this name.
pub fn set_mode<T>(this: &mut T, mode: FlushMode)
where
    T: HasSession + Inherits<RefCounted> + Inherits<Object>,
{
    let mode = match mode {
        FRAME => enet_core::FlushMode::OnFlush,
        IMMEDIATE => enet_core::FlushMode::Immediate,
        FlushMode(other) => {
            let cause = format!("{other} is not a flush mode");
            return this.report("set_flush_mode", &cause);
        }
    };
    (this.session_mut().core).set_flush_mode(mode, clock::now());
}

fn waits<T: HasSession>(this: &T) -> bool {
    this.session().core.flush_mode() == enet_core::FlushMode::OnFlush
}

fn begin_frame<T: HasSession>(this: &mut T) {
    let frame = Engine::singleton().get_process_frames();
    let waits = waits(this);
    let session = this.session_mut();
    session.frame.begun = Some(frame);
    // A timer of an earlier frame that did not come belonged to a tree that is gone.
    session.frame.is_timed = waits && session.core.has_unsent();
    if session.frame.is_timed {
        set_timer(this);
    } else if !session.core.is_active() {
        session.frame.is_told = false;
        let call = call_of(this, FRAME_BEGINS);
        if let Some(mut tree) = tree() {
            tree.disconnect(BEGIN_SIGNAL, &call);
        }
    }
}

fn set_timer<T: HasSession>(this: &mut T) {
    let timer = tree().and_then(|mut tree| {
        tree.create_timer_ex(0.0)
            .process_always(true)
            .process_in_physics(false)
            .ignore_time_scale(true)
            .done()
    });
    match timer {
        Some(mut timer) => drop(timer.connect("timeout", &call_of(this, FRAME_ENDS))),
        None => this.session_mut().frame.is_timed = false,
    }
}

/// Has the tree tell of frames, where there is a tree.
fn listen<T: HasSession>(this: &mut T) {
    let Some(mut tree) = tree() else {
        return;
    };
    let call = call_of(this, FRAME_BEGINS);
    // It may still do so from before a reload.
    if !tree.is_connected(BEGIN_SIGNAL, &call) {
        tree.connect(BEGIN_SIGNAL, &call);
    }
    this.session_mut().frame.is_told = true;
}

fn call_of<T: HasSession>(this: &T, notification: i32) -> Callable {
    let call = Callable::from_object_method(&this.to_gd(), NOTIFICATION);
    call.bindv(&varray![notification])
}

fn tree() -> Option<Gd<SceneTree>> {
    let main_loop = Engine::singleton().get_main_loop()?;
    main_loop.try_cast().ok()
}
