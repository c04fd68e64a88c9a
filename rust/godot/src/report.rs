//! How the extension prints errors and warnings: each names the class and the method, then the cause.

use std::fmt::Display;

use godot::obj::WithBaseField;
use godot::prelude::*;

use crate::release::release;

/// Prints an error. Only for a caller without an object or with none borrowed.
pub fn print_error(class: &str, method: &str, cause: &dyn Display) {
    godot_error!("{class}.{method}: {cause}.");
}

/// Prints a warning. Only for a caller without an object or with none borrowed.
pub fn print_warning(class: &str, method: &str, cause: &dyn Display) {
    godot_warn!("{class}.{method}: {cause}.");
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
        self.lend(|_| print_error(Self::NAME, method, cause));
    }

    /// Prints a warning, with the same precautions as [`Reports::report`].
    fn warn(&mut self, method: &str, cause: &dyn Display) {
        self.lend(|_| print_warning(Self::NAME, method, cause));
    }

    /// The same for methods that borrow the object immutably. A script that listens to errors cannot change
    /// the object then.
    fn report_looking(&self, method: &str, cause: &dyn Display) {
        let this = self.to_gd();
        print_error(Self::NAME, method, cause);
        release(this);
    }

    /// Prints the error of a call that failed.
    fn report_failure<E: Display>(&mut self, method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            self.report(method, &error);
        }
    }

    /// Prints an error where nothing is borrowed.
    fn report_unborrowed(method: &str, cause: &dyn Display) {
        print_error(Self::NAME, method, cause);
    }

    /// Prints the error of a call that failed where nothing is borrowed.
    fn report_failure_unborrowed<E: Display>(method: &str, done: Result<(), E>) {
        if let Err(error) = done {
            print_error(Self::NAME, method, &error);
        }
    }
}
