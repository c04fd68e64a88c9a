//! Other threads than the main one get an error, and an answer that says no.
//!
//! The bindings belong to the main thread. On another one they panic wherever they call the engine, and
//! where an object is made or freed nothing catches that, which ends the process; where nothing calls the
//! engine, two threads would change the same object. The bindings' own feature for threads makes each
//! call three to twenty times as dear, on the main thread too. So every way from the engine into an
//! object is guarded, before the bindings see the call: see `border.rs`.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use godot::sys::GDExtensionClassInstancePtr;

use crate::report::print_error;

mod border;
mod notices;
mod refusal;

pub use border::guarded;

/// A method of a class, for the error.
struct Place {
    class: String,
    method: String,
    /// Whether it needs saying once only: who polls does so again and again.
    is_repeated: bool,
    is_told: AtomicBool,
}

impl Place {
    fn of_creation(class: String) -> Self {
        Self {
            is_repeated: false,
            ..Self::of_method(class, "new".to_owned())
        }
    }

    fn of_method(class: String, method: String) -> Self {
        Self {
            class,
            method,
            is_repeated: true,
            is_told: AtomicBool::new(false),
        }
    }

    /// Whether this is another thread than the main one, which is told so.
    #[inline]
    fn refuses(&self) -> bool {
        if is_main() {
            if PARKED.load(Ordering::Relaxed) > 0 {
                free_parked();
            }
            return false;
        }
        self.tell();
        true
    }

    #[cold]
    fn tell(&self) {
        let once = match self.is_repeated {
            true => ". This is said once for each method",
            false => "",
        };
        if !self.is_told.swap(self.is_repeated, Ordering::Relaxed) {
            let cause = format!(
                "this is another thread than the main one, to which the objects of this extension \
                 belong. Make and use them there, and let other threads take and leave packets in an \
                 array, under a Mutex{once}"
            );
            print_error(&self.class, &self.method, &cause);
        }
    }
}

/// An object that was freed on another thread. What is in it may only go on the main one.
struct Parked {
    free: unsafe fn(usize, GDExtensionClassInstancePtr),
    class: usize,
    instance: GDExtensionClassInstancePtr,
}

// SAFETY: the pointer is not followed before it is on the main thread again, and then by nobody else: the
// engine has let go of it.
unsafe impl Send for Parked {}

static PARKED_OBJECTS: Mutex<Vec<Parked>> = Mutex::new(Vec::new());
/// How many there are.
static PARKED: AtomicUsize = AtomicUsize::new(0);

fn park(object: Parked) {
    let mut objects = PARKED_OBJECTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    objects.push(object);
    PARKED.store(objects.len(), Ordering::Relaxed);
}

/// Frees what other threads let go of. The main thread comes by with its next call, or at the end.
#[cold]
pub fn free_parked() {
    let objects = {
        let mut objects = PARKED_OBJECTS
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        PARKED.store(0, Ordering::Relaxed);
        std::mem::take(&mut *objects)
    };
    for object in objects {
        // SAFETY: these are the arguments of the engine's own call, which it makes once.
        unsafe { (object.free)(object.class, object.instance) }
    }
}

/// Whether this is the main thread. The bindings know, but take longer.
#[inline]
fn is_main() -> bool {
    thread_local! {
        static IS_MAIN: Cell<Option<bool>> = const { Cell::new(None) };
    }
    IS_MAIN.get().unwrap_or_else(|| {
        let is_main = godot::init::is_main_thread();
        IS_MAIN.set(Some(is_main));
        is_main
    })
}
