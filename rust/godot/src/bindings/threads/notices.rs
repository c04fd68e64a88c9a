//! The guard of notifications.
//!
//! With them the engine passes nothing that tells the class, so each class has an entry of its own.

use std::sync::OnceLock;

use godot::sys;

use super::{Place, is_main};

type Entry = unsafe extern "C" fn(sys::GDExtensionClassInstancePtr, i32, sys::GDExtensionBool);

/// What the engine tells an object that it frees, as any thread may have it do. Ours need not know.
const PREDELETE: i32 = 1;
const PREDELETE_CLEANUP: i32 = 3;

struct Class {
    place: Place,
    own: Entry,
}

static CLASSES: [OnceLock<Class>; 3] = [const { OnceLock::new() }; 3];
const ENTRIES: [Entry; 3] = [notify::<0>, notify::<1>, notify::<2>];

/// What the engine is to call in place of a class's own.
pub fn guarded(class: &str, own: Entry) -> Entry {
    // The one that it has, where the library is initialised again, or the first that is free.
    let at = CLASSES.iter().position(|known| {
        let known = known.get_or_init(|| Class {
            place: Place::of_method(class.to_owned(), "notification".to_owned()),
            own,
        });
        known.place.class == class
    });
    ENTRIES[at.expect("there are as many entries as classes")]
}

unsafe extern "C" fn notify<const CLASS: usize>(
    instance: sys::GDExtensionClassInstancePtr,
    what: i32,
    reversed: sys::GDExtensionBool,
) {
    match CLASSES[CLASS].get() {
        // SAFETY: the engine's own call.
        Some(class) if is_main() => unsafe { (class.own)(instance, what, reversed) },
        Some(class) if what != PREDELETE && what != PREDELETE_CLEANUP => class.place.tell(),
        _ => {}
    }
}
