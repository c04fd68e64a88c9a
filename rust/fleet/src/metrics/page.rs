//! The figures that scrapes get, between the thread that has them and the one that sends them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Writes figures as a text. It owns a copy of them, so that the thread of the scrapes does the work.
type Render = dyn Fn() -> String + Send + Sync;

/// The newest figures. See the [module's documentation](super).
#[derive(Default)]
pub struct Page {
    is_wanted: AtomicBool,
    newest: Mutex<Option<Edition>>,
}

/// Figures of one moment.
#[derive(Clone)]
pub struct Edition {
    render: Arc<Render>,
    written: Instant,
    is_settled: bool,
    /// Which one it is: 1 for the first.
    pub number: u64,
}

impl Edition {
    /// The text.
    pub fn text(&self) -> String {
        (self.render)()
    }

    /// The time since the figures could have changed. Settled ones are never old.
    pub fn age(&self) -> Duration {
        match self.is_settled {
            true => Duration::ZERO,
            false => self.written.elapsed(),
        }
    }

    /// Whether the figures do not change until new ones are published.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }
}

impl Page {
    /// Whether a scrape waits for new figures.
    #[inline]
    pub fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    /// Asks for new figures.
    pub fn want(&self) {
        self.is_wanted.store(true, Ordering::Relaxed);
    }

    /// Gives new figures to the scrapes that wait, and to later ones.
    pub fn publish(&self, render: impl Fn() -> String + Send + Sync + 'static) {
        self.set(Arc::new(render), false);
    }

    /// The same for figures that do not change until others are published: nobody waits for newer ones.
    pub fn settle(&self, render: impl Fn() -> String + Send + Sync + 'static) {
        self.set(Arc::new(render), true);
    }

    /// The newest figures.
    pub fn newest(&self) -> Option<Edition> {
        self.lock().clone()
    }

    fn set(&self, render: Arc<Render>, is_settled: bool) {
        let written = Instant::now();
        let mut newest = self.lock();
        let number = newest.as_ref().map_or(0, |newest| newest.number) + 1;
        let former = newest.replace(Edition {
            render,
            written,
            is_settled,
            number,
        });
        self.is_wanted.store(false, Ordering::Relaxed);
        drop(newest);
        drop(former);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Edition>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page")
            .field("is_wanted", &self.is_wanted())
            .finish_non_exhaustive()
    }
}
