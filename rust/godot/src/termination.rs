//! SIGTERM and SIGINT as requests to close the game, for scripts that ask for it.
//!
//! Godot leaves both signals to the system, which ends the process at once. The handler only raises a flag, and the
//! tree's signal `process_frame` asks for it. A flag of crate signal-hook would do the same, but its handler cannot be
//! removed, and the library's code must not be called after it is unloaded.

use std::cell::RefCell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use godot::classes::notify::NodeNotification;
use godot::classes::{Engine, SceneTree, Window};
use godot::prelude::*;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::convert::maybe;

const SIGNALS: [Signal; 2] = [Signal::SIGTERM, Signal::SIGINT];
const FRAME: &str = "process_frame";

static IS_REQUESTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What [`stop`] undoes, on the main thread.
    static LISTENING: RefCell<Option<Listening>> = const { RefCell::new(None) };
}

struct Listening {
    look: Callable,
    former: Vec<(Signal, SigAction)>,
}

/// From now on, both signals quit the game. The error is text for the script's author.
pub fn listen() -> Result<(), String> {
    if LISTENING.with_borrow(Option::is_some) {
        return Ok(());
    }
    if Engine::singleton().is_editor_hint() {
        return Err("this is the editor, not a game".to_owned());
    }
    let mut tree = tree().ok_or("there is no SceneTree yet")?;
    let mut former = Vec::new();
    for signal in SIGNALS {
        match take(signal) {
            Ok(action) => former.push((signal, action)),
            Err(error) => {
                give_back(former);
                return Err(format!("{signal} cannot be handled: {error}"));
            }
        }
    }
    let look = Callable::from_fn("look", |_| look());
    tree.connect(FRAME, &look);
    LISTENING.set(Some(Listening { look, former }));
    Ok(())
}

/// Leaves the signals to the system again, before the library is unloaded.
pub fn stop() {
    let Some(listening) = LISTENING.take() else {
        return;
    };
    give_back(listening.former);
    if let Some(mut tree) = tree()
        && tree.is_connected(FRAME, &listening.look)
    {
        tree.disconnect(FRAME, &listening.look);
    }
}

extern "C" fn note(_signal: c_int) {
    IS_REQUESTED.store(true, Ordering::Relaxed);
}

/// The second signal ends the process as ever, if the main thread hangs.
fn take(signal: Signal) -> nix::Result<SigAction> {
    let flags = SaFlags::SA_RESTART | SaFlags::SA_RESETHAND;
    let action = SigAction::new(SigHandler::Handler(note), flags, SigSet::empty());
    // SAFETY: the handler only stores to an atomic, and `stop` removes it before its code is unloaded.
    unsafe { sigaction(signal, &action) }
}

fn give_back(former: Vec<(Signal, SigAction)>) {
    for (signal, action) in former {
        // SAFETY: the action was in effect before. The call cannot fail for a signal for which it succeeded.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

/// Does what the engine does when a window's close button is pressed.
fn look() {
    if !IS_REQUESTED.swap(false, Ordering::Relaxed) {
        return;
    }
    let Some(mut root) = tree().and_then(|tree| maybe::<Gd<Window>>(tree.get_root())) else {
        return;
    };
    root.propagate_notification(i32::from(NodeNotification::WM_CLOSE_REQUEST));
    // The tree quits at this signal, unless `auto_accept_quit` is false.
    root.emit_signal("close_requested", &[]);
}

fn tree() -> Option<Gd<SceneTree>> {
    Engine::singleton()
        .get_main_loop()?
        .try_cast::<SceneTree>()
        .ok()
}
