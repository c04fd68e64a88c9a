//! The guard against calls on other threads than the main one: such a call prints an error and fails.
//!
//! The bindings belong to the main thread. On another thread, they panic wherever they call the engine. While
//! an object is made or freed, nothing catches the panic, and the process ends. A method that does not call
//! the engine would let two threads change the same object. The bindings' own feature for threads makes each
//! call take three to twenty times as long, on the main thread too. So `border.rs` guards every entry from the
//! engine into an object, before the bindings see the call.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use godot::sys::GDExtensionClassInstancePtr;

use crate::report::print_error;

mod border;
mod engine;
mod notices;
mod refusal;

pub use border::guarded;

/// A method of a class, as the error names it.
struct Place {
    class: String,
    method: String,
    /// Whether scripts call the method again and again, like `poll`, so that the error is printed once only.
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

    /// Whether this thread is not the main one, in which case the error is printed.
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
            true => ". This error is printed once for each method",
            false => "",
        };
        if !self.is_told.swap(self.is_repeated, Ordering::Relaxed) {
            let made_by_a_loader = match self.is_repeated {
                true => "",
                false => {
                    ". A script that ResourceLoader.load_threaded_request loads runs its static variables' \
                     initial values on another thread: give such a variable its object later, for example in \
                     _ready. A scene or resource that holds such an object cannot be loaded that way either: load() \
                     the object in _ready"
                }
            };
            let cause = format!(
                "called on another thread than the main thread, to which all objects of this extension \
                 belong. Create and use them on the main thread, and exchange packets with other threads \
                 through an array with a Mutex{made_by_a_loader}{once}"
            );
            print_error(&self.class, &self.method, &cause);
        }
    }
}

/// An object that was freed on another thread. Its contents may be dropped on the main thread only.
struct Parked {
    free: unsafe fn(usize, GDExtensionClassInstancePtr),
    class: usize,
    instance: GDExtensionClassInstancePtr,
}

// SAFETY: only the main thread follows the pointer, and the engine no longer uses it.
unsafe impl Send for Parked {}

static PARKED_OBJECTS: Mutex<Vec<Parked>> = Mutex::new(Vec::new());
/// Number of parked objects.
static PARKED: AtomicUsize = AtomicUsize::new(0);

fn park(object: Parked) {
    let mut objects = PARKED_OBJECTS
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    objects.push(object);
    PARKED.store(objects.len(), Ordering::Relaxed);
}

/// Frees the objects that other threads parked. The main thread does so with its next call, or when the
/// library is closed.
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

/// Whether this is the main thread. The answer is kept, as asking the bindings takes longer.
#[inline]
pub fn is_main() -> bool {
    thread_local! {
        static IS_MAIN: Cell<Option<bool>> = const { Cell::new(None) };
    }
    IS_MAIN.get().unwrap_or_else(|| {
        let is_main = godot::init::is_main_thread();
        IS_MAIN.set(Some(is_main));
        is_main
    })
}
