//! Coalescing of outgoing packets: a session flushes before a frame's processing or at its end.
//!
//! The engine runs a frame in this order: physics steps, each with the deferred calls made in it; the
//! polls of the multiplayer APIs; the tree's signal `process_frame`; deferred calls; the nodes' processing;
//! deferred calls; the tree's timers; deferred calls. There are three ways to a flush:
//!
//! - Packets put before the signal, in physics steps and in handlers, leave with the signal, so that the
//!   answer to a packet need not wait for the processing.
//! - Packets put later leave with a deferred call.
//! - Acknowledgements wait for such packets. If none are put, a timer of zero seconds sends the
//!   acknowledgements after the processing.
//!
//! A script that polls in a loop of its own lets no frame pass, so its polls flush.
//!
//! All three ways call the object's own `notification`. Such a call keeps no object alive and survives a
//! reload of this library, while a Callable to one of the library's functions would not.

use enet_multiplayer::{Multiplayer, Status};
use godot::classes::{Engine, SceneTree};
use godot::prelude::*;

use crate::clock::{self, Frames};
use crate::convert;
use crate::report::Reports;
use crate::vocabulary::FlushMode;

/// Notifications beyond the engine's own: of the deferred call, of the signal and of the timer.
const DEFERRED: i32 = 0x4E65_7401;
const FRAME_BEGINS: i32 = DEFERRED + 1;
const FRAME_ENDS: i32 = DEFERRED + 2;

const NOTIFICATION: &str = "notification";
const BEGIN_SIGNAL: &str = "process_frame";

/// The pending calls that will make a session flush.
#[derive(Debug, Default)]
pub struct FrameEnd {
    /// Whether packets wait, as opposed to acknowledgements alone.
    has_packets: bool,
    is_deferred: bool,
    is_timed: bool,
    /// Whether the object is connected to the tree's signal.
    is_told: bool,
    /// The last frame in which the signal came.
    begun: Option<u64>,
    frames: Frames,
}

impl FrameEnd {
    fn is_due(&self) -> bool {
        self.is_deferred || self.is_timed
    }

    /// Notes that the waiting packets were sent by another way.
    pub fn forget_packets(&mut self) {
        self.has_packets = false;
    }

    /// Whether the engine runs frames, as opposed to a script's own loop.
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

/// Whether the packets and acknowledgements of the coming poll may wait for the end of the frame.
pub fn poll_may_wait<T: Framed>(this: &mut T) -> bool {
    if !waits(this) {
        return false;
    }
    if !this.frame().is_told {
        listen(this);
    }
    let frame = this.frame();
    // A call still pending since the last poll means that no frame passed between the two polls.
    this.core().status() == Status::Connected && !frame.is_due() && frame.is_running()
}

/// To be called after a packet was put: schedules a flush.
pub fn packet_put<T: Framed>(this: &mut T) {
    if !waits(this) {
        return;
    }
    this.frame_mut().has_packets = true;
    defer(this);
}

/// To be called after a poll: schedules a flush if there is anything to send.
pub fn poll_done<T: Framed>(this: &mut T) {
    if waits(this) && this.core().has_unsent() {
        defer(this);
    }
}

/// Handles a notification of the object.
pub fn notified<T: Framed>(this: &mut T, what: i32) {
    match what {
        DEFERRED => {
            let frame = &mut this.frame_mut();
            frame.is_deferred = false;
            // In a physics step, the signal that follows will flush.
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
    // A call that did not come in its own frame will not come: the timer's tree is gone, or the engine's
    // queue of deferred calls was full.
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

/// Connects the object to the signal of the scene tree, if there is a tree.
fn listen<T: Framed>(this: &mut T) {
    let Some(mut tree) = tree() else {
        return;
    };
    let call = call_of(this, FRAME_BEGINS);
    // A connection from before a reload of the library still exists.
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
