//! Tells the network threads that frames go by, whether or not the game polls: see [`enet_net::note_frames`].
//!
//! A peer that a script keeps in a variable after `multiplayer.multiplayer_peer = null` is polled by nobody. The only
//! calls that still come are those of the engine. So each object with a host has a timer of the scene tree, once a
//! second. A main thread that loads lets no frame go by, and then no timer ends.
//!
//! The timer calls the object's `notification`, which keeps no object alive and survives a reload of this library.

use std::cell::{Cell, RefCell};

use enet_proto::Time;
use godot::classes::{Engine, Object, SceneTree, SceneTreeTimer};
use godot::prelude::*;

use crate::clock;
use crate::convert::maybe;
use crate::session::HasSession;

/// The notification of the timer, beyond the engine's own.
const TICK: i32 = 0x4E65_7402;
const NOTIFICATION: &str = "notification";
const TIMEOUT: &str = "timeout";
const SECONDS: f64 = 1.0;
/// The time between two attempts to start a timer where there is no scene tree.
const RETRY: Time = Time::from_secs(1);

/// The timer of an object, while it has a host.
#[derive(Debug, Default)]
pub struct FrameTimer {
    /// Whether `timer` runs.
    is_running: Cell<bool>,
    timer: RefCell<Option<Gd<SceneTreeTimer>>>,
    next_try: Cell<Time>,
}

impl FrameTimer {
    fn start(&self, object: Gd<Object>, now: Time) {
        self.next_try.set(now + RETRY);
        let main_loop = Engine::singleton().get_main_loop();
        let Some(Ok(mut tree)) = main_loop.map(Gd::try_cast::<SceneTree>) else {
            return;
        };
        // Also in a paused tree, and at any time scale.
        let timer = (tree.create_timer_ex(SECONDS))
            .process_always(true)
            .ignore_time_scale(true)
            .done();
        let Some(mut timer) = maybe::<Gd<SceneTreeTimer>>(timer) else {
            return;
        };
        let tick = Callable::from_object_method(&object, NOTIFICATION).bind(&[TICK.to_variant()]);
        timer.connect(TIMEOUT, &tick);
        self.is_running.set(true);
        self.timer.replace(Some(timer));
    }

    /// Whether the timer ended just now. A script may call `notification` too.
    fn has_ended(&self) -> bool {
        let timer = self.timer.borrow();
        let ended = timer
            .as_ref()
            .is_some_and(|timer| timer.get_time_left() <= 0.0);
        self.is_running.get() && ended
    }
}

impl Drop for FrameTimer {
    /// The timer ends with the next frame instead of a second later: a game may make many peers in a second.
    fn drop(&mut self) {
        if let Some(timer) = self.timer.get_mut() {
            timer.set_time_left(0.0);
        }
    }
}

/// The object was polled: it has a timer from now on.
pub fn polled<T: HasSession>(this: &T) {
    let timer = &this.session().frames;
    if timer.is_running.get() {
        return;
    }
    let now = clock::now();
    if now >= timer.next_try.get() {
        timer.start(this.to_gd().upcast(), now);
    }
}

/// Handles a notification of the object. Returns whether its timer ended.
pub fn notified<T: HasSession>(this: &T, what: i32) -> bool {
    let timer = &this.session().frames;
    if what != TICK || !timer.has_ended() {
        return false;
    }
    let now = clock::now();
    enet_net::note_frames(now);
    timer.is_running.set(false);
    if this.has_host() {
        timer.start(this.to_gd().upcast(), now);
    } else {
        timer.timer.take();
    }
    true
}
