//! Errors that calls on dead objects repeat, limited for each object, method and text.

use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use enet_multiplayer::{RepeatLimit, Repeated};
use godot::obj::InstanceId;

use crate::clock;

/// Errors that are remembered. The oldest gives way to a new one.
const REMEMBERED: usize = 64;

/// A thread-local value with a destructor would keep the library loaded, and a reload in the editor from working.
static ERRORS: Mutex<VecDeque<(u64, RepeatLimit)>> = Mutex::new(VecDeque::new());

/// What to append to an error that is due to be printed; `None` if it is left out.
pub fn pass(object: InstanceId, method: &str, text: &str) -> Option<Repeated> {
    let mut hasher = DefaultHasher::new();
    (object.to_i64(), method, text).hash(&mut hasher);
    let key = hasher.finish();
    let mut errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, limit)) = errors.iter_mut().find(|(known, _)| *known == key) {
        return limit.pass(clock::now());
    }
    errors.truncate(REMEMBERED - 1);
    let mut limit = RepeatLimit::default();
    let repeated = limit.pass(clock::now());
    errors.push_front((key, limit));
    repeated
}
