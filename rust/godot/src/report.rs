//! How the extension prints errors and warnings: each names the class and the method, then the cause.

use std::fmt::Display;
use std::panic::Location;

use godot::global::{PrintLevel, PrintRecord, PrintSource, print_custom};
use godot::obj::{InstanceId, WithBaseField};
use godot::prelude::*;

use crate::debugger;
use crate::release::release;
use crate::repeats;

/// Prints an error. Only for a caller without an object or with none borrowed.
#[track_caller]
pub fn print_error(class: &str, method: &str, cause: &dyn Display) {
    let place = Location::caller();
    print(PrintLevel::Error, None, class, method, cause, place);
}

/// Prints a warning. Only for a caller without an object or with none borrowed.
#[track_caller]
pub fn print_warning(class: &str, method: &str, cause: &dyn Display) {
    let place = Location::caller();
    print(PrintLevel::Warn, None, class, method, cause, place);
}

/// Prints a line whose place is, as in the engine's own lines, the script's method and a source file. The macros of
/// the bindings would name a Rust function.
fn print(
    level: PrintLevel,
    object: Option<InstanceId>,
    class: &str,
    method: &str,
    cause: &dyn Display,
    place: &'static Location<'static>,
) {
    let message = format!("{class}.{method}: {cause}.");
    debugger::printed(level, object, &message);
    print_custom(PrintRecord {
        level,
        message: &message,
        rationale: None,
        source: Some(PrintSource {
            function: method,
            file: &format!("enet_rs/{}", place.file()),
            line: place.line(),
        }),
        editor_notify: false,
    });
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
    #[track_caller]
    fn report(&mut self, method: &str, cause: &dyn Display) {
        let place = Location::caller();
        print_limited(self.to_gd().instance_id(), method, cause, |cause| {
            self.lend(|object| {
                let object = Some(object.instance_id());
                print(PrintLevel::Error, object, Self::NAME, method, cause, place);
            });
        });
    }

    /// Prints a warning, with the same precautions as [`Reports::report`].
    #[track_caller]
    fn warn(&mut self, method: &str, cause: &dyn Display) {
        let place = Location::caller();
        self.lend(|object| {
            let object = Some(object.instance_id());
            print(PrintLevel::Warn, object, Self::NAME, method, cause, place);
        });
    }

    /// The same for methods that borrow the object immutably. A script that listens to errors cannot change
    /// the object then.
    #[track_caller]
    fn report_looking(&self, method: &str, cause: &dyn Display) {
        let this = self.to_gd();
        Self::report_unborrowed(&this, method, cause);
        release(this);
    }

    /// Prints the error of a call that failed.
    #[track_caller]
    fn report_failure<E: Display>(&mut self, method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            self.report(method, &error);
        }
    }

    /// Prints an error where nothing is borrowed.
    #[track_caller]
    fn report_unborrowed(this: &Gd<Self>, method: &str, cause: &dyn Display) {
        let place = Location::caller();
        let object = this.instance_id();
        print_limited(object, method, cause, |cause| {
            print(
                PrintLevel::Error,
                Some(object),
                Self::NAME,
                method,
                cause,
                place,
            );
        });
    }

    /// Prints the error of a call that failed where nothing is borrowed.
    #[track_caller]
    fn report_failure_unborrowed<E: Display>(this: &Gd<Self>, method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            Self::report_unborrowed(this, method, &error);
        }
    }
}
