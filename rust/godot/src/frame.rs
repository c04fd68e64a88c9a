//! When what a session sends leaves: together, before a frame's processing or at its end.
//!
//! A frame of the engine is, in this order: physics steps, each with the deferred calls made in it; the
//! multiplayer APIs' polls; the tree's signal `process_frame`; deferred calls; the nodes' processing;
//! deferred calls; the tree's timers; deferred calls. Packets that were put when the signal comes, in
//! physics steps and in handlers, leave with it: the answer to a packet need not wait for the processing.
//! What is put later leaves with a deferred call. Acknowledgements alone wait for such packets; if there
//! are none, a timer without time to wait sends them after the processing.
//!
//! A script that polls in a loop of its own lets no frame go by: its polls send.
//!
//! All three ways lead through the object's own `notification`. They keep nothing alive and outlive a
//! reload of this library, which a function of its own in the engine's hands would not.

use enet_multiplayer::{Multiplayer, Status};
use godot::classes::{Engine, SceneTree};
use godot::prelude::*;

use crate::clock::{self, Frames};
use crate::convert;
use crate::report::Reports;
use crate::vocabulary::FlushMode;

/// The notifications, beyond the engine's own: a deferred call, the frame's begin, the timer.
const DEFERRED: i32 = 0x4E65_7401;
const FRAME_BEGINS: i32 = DEFERRED + 1;
const FRAME_ENDS: i32 = DEFERRED + 2;

const NOTIFICATION: &str = "notification";
const BEGIN_SIGNAL: &str = "process_frame";

/// What is on its way to tell a session that it shall send.
#[derive(Debug, Default)]
pub struct FrameEnd {
    /// Whether packets wait, and not acknowledgements alone.
    has_packets: bool,
    is_deferred: bool,
    is_timed: bool,
    /// Whether the tree tells of frames.
    is_told: bool,
    /// The last frame it told of.
    begun: Option<u64>,
    frames: Frames,
}

impl FrameEnd {
    fn is_due(&self) -> bool {
        self.is_deferred || self.is_timed
    }

    /// They left otherwise.
    pub fn forget_packets(&mut self) {
        self.has_packets = false;
    }

    /// Whether frames go by.
    fn is_running(&self) -> bool {
        let frame = self.frames.number();
        self.begun
            .is_some_and(|begun| frame.saturating_sub(begun) <= 1)
    }
}

/// A class whose session sends at the frame's end.
pub trait Framed: Reports {
    fn core(&self) -> &Multiplayer;

    fn core_mut(&mut self) -> &mut Multiplayer;

    fn frame(&self) -> &FrameEnd;

    fn frame_mut(&mut self) -> &mut FrameEnd;
}

/// Whether what the coming poll finds may wait for the end of the frame.
pub fn poll_may_wait<T: Framed>(this: &mut T) -> bool {
    if !waits(this) {
        return false;
    }
    if !this.frame().is_told {
        listen(this);
    }
    let frame = this.frame();
    // If nothing ran since the last time, no frame goes by between the two.
    this.core().status() == Status::Connected && !frame.is_due() && frame.is_running()
}

/// After a packet: sees to its being sent.
pub fn packet_put<T: Framed>(this: &mut T) {
    if !waits(this) {
        return;
    }
    this.frame_mut().has_packets = true;
    defer(this);
}

/// The same after a poll, which may have left nothing to send.
pub fn poll_done<T: Framed>(this: &mut T) {
    if waits(this) && this.core().has_unsent() {
        defer(this);
    }
}

/// One of the notifications came.
pub fn notified<T: Framed>(this: &mut T, what: i32) {
    match what {
        DEFERRED => {
            let frame = &mut this.frame_mut();
            frame.is_deferred = false;
            // After the physics steps comes the signal.
            let goes_on = (frame.is_timed && !frame.has_packets)
                || (frame.is_told && frame.frames.is_physics());
            if !goes_on {
                send(this);
            }
        }
        FRAME_BEGINS => begin_frame(this),
        FRAME_ENDS => {
            this.frame_mut().is_timed = false;
            send(this);
        }
        _ => {}
    }
}

/// See the property of this name.
pub fn mode<T: Framed>(this: &T) -> FlushMode {
    convert::flush_mode(this.core().flush_mode())
}

/// See the property of this name.
pub fn set_mode<T: Framed>(this: &mut T, mode: FlushMode) {
    let Some(mode) = convert::from_flush_mode(mode) else {
        let cause = format!("{} is not a flush mode", mode.0);
        return this.report("set_flush_mode", &cause);
    };
    this.core_mut().set_flush_mode(mode, clock::now());
}

fn waits<T: Framed>(this: &T) -> bool {
    this.core().flush_mode() == enet_multiplayer::FlushMode::OnFlush
}

fn send<T: Framed>(this: &mut T) {
    this.frame_mut().forget_packets();
    this.core_mut().flush(clock::now());
}

fn defer<T: Framed>(this: &mut T) {
    let frame = &mut this.frame_mut();
    if !frame.is_due() {
        frame.is_deferred = true;
        let mut object = this.to_gd().upcast::<Object>();
        object.call_deferred(NOTIFICATION, &[DEFERRED.to_variant()]);
    }
}

fn begin_frame<T: Framed>(this: &mut T) {
    let frame = this.frame_mut();
    frame.begun = Some(frame.frames.number());
    // What did not come in its own frame does not any more: the timer's tree is gone, or the engine's
    // queue of calls was full.
    frame.is_timed = false;
    frame.is_deferred = false;
    if frame.has_packets {
        send(this);
    } else if waits(this) && this.core().has_unsent() {
        set_timer(this);
    } else if !this.core().is_active() {
        this.frame_mut().is_told = false;
        let call = call_of(this, FRAME_BEGINS);
        if let Some(mut tree) = tree() {
            tree.disconnect(BEGIN_SIGNAL, &call);
        }
    }
}

fn set_timer<T: Framed>(this: &mut T) {
    let timer = tree().and_then(|mut tree| {
        tree.create_timer_ex(0.0)
            .process_always(true)
            .process_in_physics(false)
            .ignore_time_scale(true)
            .done()
    });
    if let Some(mut timer) = timer {
        timer.connect("timeout", &call_of(this, FRAME_ENDS));
        this.frame_mut().is_timed = true;
    }
}

/// Has the tree tell of frames, where there is a tree.
fn listen<T: Framed>(this: &mut T) {
    let Some(mut tree) = tree() else {
        return;
    };
    let call = call_of(this, FRAME_BEGINS);
    // It may still do so from before a reload.
    if !tree.is_connected(BEGIN_SIGNAL, &call) {
        tree.connect(BEGIN_SIGNAL, &call);
    }
    this.frame_mut().is_told = true;
}

fn call_of<T: Framed>(this: &T, notification: i32) -> Callable {
    let call = Callable::from_object_method(&this.to_gd(), NOTIFICATION);
    call.bindv(&varray![notification])
}

fn tree() -> Option<Gd<SceneTree>> {
    let main_loop = Engine::singleton().get_main_loop()?;
    main_loop.try_cast().ok()
}
