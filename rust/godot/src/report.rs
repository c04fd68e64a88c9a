//! How the extension prints errors and warnings: each names the class and the method, then the cause.

use std::fmt::Display;

use godot::obj::{InstanceId, WithBaseField};
use godot::prelude::*;

use crate::release::release;
use crate::repeats;

/// Prints an error. Only for a caller without an object or with none borrowed.
pub fn print_error(class: &str, method: &str, cause: &dyn Display) {
    godot_error!("{class}.{method}: {cause}.");
}

/// Prints a warning. Only for a caller without an object or with none borrowed.
pub fn print_warning(class: &str, method: &str, cause: &dyn Display) {
    godot_warn!("{class}.{method}: {cause}.");
}

/// Calls `print` with the cause, unless it is one of a dead object that repeats itself.
fn print_limited(
    object: InstanceId,
    method: &str,
    cause: &dyn Display,
    print: impl FnOnce(&dyn Display),
) {
    let text = cause.to_string();
    if !is_of_dead_object(&text) {
        return print(&text);
    }
    if let Some(repeated) = repeats::pass(object, method, &text) {
        print(&format_args!("{text}{repeated}"));
    }
}

/// Whether an error says that its object has ended. A game that goes on using the object would print the error in
/// each frame.
fn is_of_dead_object(text: &str) -> bool {
    text.ends_with(" is not active")
}

/// A class that prints errors and warnings.
pub trait Reports: WithBaseField + Inherits<RefCounted> + Inherits<Object> {
    /// The class's name, for messages.
    const NAME: &'static str;

    /// Lends the borrow of this object to `act`, during which scripts may do anything to the object, and keeps the
    /// object until then.
    fn lend(&mut self, act: impl FnOnce(&mut Gd<Object>)) {
        let this = self.to_gd();
        let mut object = this.clone().upcast();
        {
            let _lent = self.base_mut();
            act(&mut object);
        }
        drop(object);
        release(this);
    }

    /// Prints an error. A script that listens to errors can call this object, so the borrow is released
    /// meanwhile. The script can also drop the last reference to the object, so `this` holds another.
    fn report(&mut self, method: &str, cause: &dyn Display) {
        print_limited(self.to_gd().instance_id(), method, cause, |cause| {
            self.lend(|_| print_error(Self::NAME, method, cause));
        });
    }

    /// Prints a warning, with the same precautions as [`Reports::report`].
    fn warn(&mut self, method: &str, cause: &dyn Display) {
        self.lend(|_| print_warning(Self::NAME, method, cause));
    }

    /// The same for methods that borrow the object immutably. A script that listens to errors cannot change
    /// the object then.
    fn report_looking(&self, method: &str, cause: &dyn Display) {
        let this = self.to_gd();
        print_limited(this.instance_id(), method, cause, |cause| {
            print_error(Self::NAME, method, cause);
        });
        release(this);
    }

    /// Prints the error of a call that failed.
    fn report_failure<E: Display>(&mut self, method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            self.report(method, &error);
        }
    }

    /// Prints an error where nothing is borrowed.
    fn report_unborrowed(this: &Gd<Self>, method: &str, cause: &dyn Display) {
        print_limited(this.instance_id(), method, cause, |cause| {
            print_error(Self::NAME, method, cause);
        });
    }

    /// Prints the error of a call that failed where nothing is borrowed.
    fn report_failure_unborrowed<E: Display>(this: &Gd<Self>, method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            Self::report_unborrowed(this, method, &error);
        }
    }
}
