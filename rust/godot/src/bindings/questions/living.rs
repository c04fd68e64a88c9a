//! The facts of the living objects, by the addresses that the engine passes with calls on them.
//!
//! An open-addressed table of fixed size, because it has no destructor: with one, a thread-local value would keep
//! the library from being unloaded, and its access would take longer. An object that finds no room is not in the
//! table.

use std::cell::Cell;
use std::ptr;
use std::rc::Rc;

use enet_multiplayer::Facts;
use godot::sys::GDExtensionClassInstancePtr;

use crate::bindings::threads::is_main;

const PLACES: usize = 256;
/// Number of places that an object can have, in a row that begins where its address tells.
const CHOICES: usize = 8;

/// An object and its facts; both are null in a free place. The place owns one reference to the facts.
struct Place {
    instance: Cell<GDExtensionClassInstancePtr>,
    facts: Cell<*const Facts>,
}

thread_local! {
    /// Empty on all threads but the main one, so that these find no object.
    static TABLE: [Place; PLACES] = const {
        [const {
            Place {
                instance: Cell::new(ptr::null_mut()),
                facts: Cell::new(ptr::null()),
            }
        }; PLACES]
    };
}

/// The first of an object's places that holds `content`.
#[inline]
fn find(
    table: &[Place; PLACES],
    instance: GDExtensionClassInstancePtr,
    content: GDExtensionClassInstancePtr,
) -> Option<&Place> {
    // The lowest bits of all addresses are equal. The product's highest bits depend on all others.
    let address = (instance.addr() >> 4) as u32;
    let first = (address.wrapping_mul(0x9E37_79B9) >> 24) as usize;
    (first..first + CHOICES)
        .map(|at| &table[at % PLACES])
        .find(|place| place.instance.get() == content)
}

/// Adds an object. Does nothing on another thread than the main one.
pub fn add(instance: GDExtensionClassInstancePtr, facts: Rc<Facts>) {
    if !is_main() {
        return;
    }
    TABLE.with(|table| {
        if let Some(free) = find(table, instance, ptr::null_mut()) {
            free.instance.set(instance);
            free.facts.set(Rc::into_raw(facts));
        }
    });
}

/// Removes an object. Returns its facts if it was in the table.
pub fn remove(instance: GDExtensionClassInstancePtr) -> Option<Rc<Facts>> {
    TABLE.with(|table| {
        let place = find(table, instance, instance)?;
        place.instance.set(ptr::null_mut());
        let facts = place.facts.replace(ptr::null());
        // SAFETY: `add` put the pointer there for this one call.
        Some(unsafe { Rc::from_raw(facts) })
    })
}

/// The facts of an object, if the table has it. No object is in the table of another thread than the main one.
///
/// # Safety
/// The reference must not be used after the object's removal.
#[inline]
pub unsafe fn facts<'a>(instance: GDExtensionClassInstancePtr) -> Option<&'a Facts> {
    // A closure that does more is not inlined.
    let table = TABLE.with(ptr::from_ref);
    // SAFETY: the table lives as long as the thread. An object's place owns a reference to its facts until the
    // object's removal.
    unsafe { Some(&*find(&*table, instance, instance)?.facts.get()) }
}
