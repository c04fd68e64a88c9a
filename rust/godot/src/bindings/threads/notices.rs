//! The guard of notifications.
//!
//! The engine passes nothing that identifies the class with a notification, so each class has an entry of its own.

use std::sync::OnceLock;

use godot::sys;

use super::{Place, is_main};

type Entry = unsafe extern "C" fn(sys::GDExtensionClassInstancePtr, i32, sys::GDExtensionBool);

/// Notifications of an object that is about to be freed, which can happen on any thread. The classes here
/// ignore both.
const PREDELETE: i32 = 1;
const PREDELETE_CLEANUP: i32 = 3;

struct Class {
    place: Place,
    own: Entry,
}

/// The most classes that take notifications.
const MOST: usize = 8;

static CLASSES: [OnceLock<Class>; MOST] = [const { OnceLock::new() }; MOST];
const ENTRIES: [Entry; MOST] = [
    notify::<0>,
    notify::<1>,
    notify::<2>,
    notify::<3>,
    notify::<4>,
    notify::<5>,
    notify::<6>,
    notify::<7>,
];

/// The entry that the engine calls in place of a class's own.
pub fn guarded(class: &str, own: Entry) -> Entry {
    // The class's entry, if the library is initialised again, or else the first free one.
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
        // SAFETY: passes on the engine's own call.
        Some(class) if is_main() => unsafe { (class.own)(instance, what, reversed) },
        Some(class) if what != PREDELETE && what != PREDELETE_CLEANUP => class.place.tell(),
        _ => {}
    }
}
