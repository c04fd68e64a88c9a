//! The text that scrapes get, between the thread that writes it and the one that sends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The newest text. See the [module's documentation](super).
#[derive(Debug, Default)]
pub struct Page {
    is_wanted: AtomicBool,
    newest: Mutex<Newest>,
    bell: Condvar,
}

#[derive(Debug, Clone, Default)]
struct Newest {
    text: String,
    written: Option<Instant>,
    /// Number of texts written so far.
    number: u64,
}

impl Page {
    /// Whether a scrape waits for a new text.
    #[inline]
    pub fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    /// Gives a new text to the scrape that waits, and to later ones.
    pub fn publish(&self, text: String) {
        let mut newest = self.lock();
        newest.text = text;
        newest.written = Some(Instant::now());
        newest.number += 1;
        self.is_wanted.store(false, Ordering::Relaxed);
        self.bell.notify_all();
    }

    /// Waits for a new text, and returns the newest with its age. There is none before the first one was written.
    pub fn fetch(&self, patience: Duration) -> Option<(String, Duration)> {
        let newest = self.lock();
        let before = newest.number;
        self.is_wanted.store(true, Ordering::Relaxed);
        let waited = self
            .bell
            .wait_timeout_while(newest, patience, |newest| newest.number == before);
        let (newest, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let age = newest.written?.elapsed();
        Some((newest.text.clone(), age))
    }

    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
