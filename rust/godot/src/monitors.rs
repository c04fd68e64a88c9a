//! Custom monitors of the engine that show the rates of an object's session.

use std::cell::RefCell;

use enet_multiplayer::rates::{RATES, Rates};
use enet_net::HostFigures;
use enet_proto::Time;
use godot::classes::{Object, Performance};
use godot::prelude::*;

/// The monitors of one object, and their rates. Dropping it removes them.
#[derive(Default)]
pub struct Monitors {
    prefix: RefCell<Option<String>>,
    rates: RefCell<Rates>,
}

/// Why monitors were not added.
#[derive(Debug, PartialEq, Eq)]
pub enum NotAdded {
    /// The prefix cannot be one.
    Prefix(String),
    /// There are monitors with these names.
    Taken(String),
}

impl std::fmt::Display for NotAdded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Prefix(prefix) => write!(
                f,
                "the prefix must be a text without slashes, not \"{prefix}\""
            ),
            Self::Taken(prefix) => write!(
                f,
                "there are monitors with the prefix \"{prefix}\" already: each peer needs a prefix of its own"
            ),
        }
    }
}

impl Monitors {
    /// Adds monitors that call a method of `object`, with the number of the rate. Former ones of this object are removed. A
    /// Callable of an object and a method does not keep the object alive.
    pub fn add(&self, prefix: &str, object: &Gd<Object>, method: &str) -> Result<(), NotAdded> {
        if prefix.is_empty() || prefix.contains('/') {
            return Err(NotAdded::Prefix(prefix.to_owned()));
        }
        let is_mine = self.prefix.borrow().as_deref() == Some(prefix);
        let is_taken = |name: &&str| Performance::singleton().has_custom_monitor(&id(prefix, name));
        if !is_mine && RATES.iter().any(|name| is_taken(&name)) {
            return Err(NotAdded::Taken(prefix.to_owned()));
        }
        self.remove();
        let callable = Callable::from_object_method(object, method);
        let mut performance: Gd<Object> = Performance::singleton().upcast();
        for (number, name) in (0i64..).zip(RATES) {
            // By name: the method has another signature from Godot 4.6 on. The types that it adds are mixed up where
            // monitors are added at several times, so all have the default.
            performance.call(
                "add_custom_monitor",
                &[
                    id(prefix, name).to_variant(),
                    callable.to_variant(),
                    varray![number].to_variant(),
                ],
            );
        }
        *self.prefix.borrow_mut() = Some(prefix.to_owned());
        Ok(())
    }

    /// Removes the monitors, if there are any.
    pub fn remove(&self) {
        let Some(prefix) = self.prefix.take() else {
            return;
        };
        let mut performance = Performance::singleton();
        for name in RATES {
            let id = id(&prefix, name);
            // A script may have removed it.
            if performance.has_custom_monitor(&id) {
                performance.remove_custom_monitor(&id);
            }
        }
    }

    /// A rate by its number, 0 if there is none. See [`Rates::values`].
    pub fn value(
        &self,
        number: i64,
        now: Time,
        figures: impl FnOnce(Time) -> Option<HostFigures>,
    ) -> f64 {
        let mut rates = self.rates.borrow_mut();
        let values = rates.values(now, figures);
        let value = usize::try_from(number)
            .ok()
            .and_then(|number| values.get(number));
        value.copied().unwrap_or_default()
    }
}

impl Drop for Monitors {
    fn drop(&mut self) {
        self.remove();
    }
}

fn id(prefix: &str, name: &str) -> StringName {
    StringName::from(&format!("{prefix}/{name}"))
}
