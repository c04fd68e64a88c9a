//! How the extension prints errors and warnings: each names the class and the method, then the cause.

use std::fmt::Display;
use std::panic::Location;

use godot::global::{PrintLevel, PrintRecord, PrintSource, print_custom};
use godot::obj::WithBaseField;
use godot::prelude::*;

use crate::release::release;

/// Prints an error. Only for a caller without an object or with none borrowed.
#[track_caller]
pub fn print_error(class: &str, method: &str, cause: &dyn Display) {
    print(PrintLevel::Error, class, method, cause, Location::caller());
}

/// Prints a warning. Only for a caller without an object or with none borrowed.
#[track_caller]
pub fn print_warning(class: &str, method: &str, cause: &dyn Display) {
    print(PrintLevel::Warn, class, method, cause, Location::caller());
}

/// Prints a line whose place is, as in the engine's own lines, the script's method and a source file. The macros of
/// the bindings would name a Rust function.
fn print(
    level: PrintLevel,
    class: &str,
    method: &str,
    cause: &dyn Display,
    place: &'static Location<'static>,
) {
    print_custom(PrintRecord {
        level,
        message: &format!("{class}.{method}: {cause}."),
        rationale: None,
        source: Some(PrintSource {
            function: method,
            file: &format!("enet_rs/{}", place.file()),
            line: place.line(),
        }),
        editor_notify: false,
    });
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
        self.lend(|_| print(PrintLevel::Error, Self::NAME, method, cause, place));
    }

    /// Prints a warning, with the same precautions as [`Reports::report`].
    #[track_caller]
    fn warn(&mut self, method: &str, cause: &dyn Display) {
        let place = Location::caller();
        self.lend(|_| print(PrintLevel::Warn, Self::NAME, method, cause, place));
    }

    /// The same for methods that borrow the object immutably. A script that listens to errors cannot change
    /// the object then.
    #[track_caller]
    fn report_looking(&self, method: &str, cause: &dyn Display) {
        let this = self.to_gd();
        print_error(Self::NAME, method, cause);
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
    fn report_unborrowed(method: &str, cause: &dyn Display) {
        print_error(Self::NAME, method, cause);
    }

    /// Prints the error of a call that failed where nothing is borrowed.
    #[track_caller]
    fn report_failure_unborrowed<E: Display>(method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            print_error(Self::NAME, method, &error);
        }
    }
}
