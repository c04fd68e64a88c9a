//! Threads that end with their owner, and at the latest with the library: see [`stop_all`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use crate::http::Interrupt;

static ALL: Mutex<Vec<Weak<Running>>> = Mutex::new(Vec::new());

#[derive(Debug)]
struct Running {
    interrupt: Arc<Interrupt>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    fn stop(&self) {
        self.interrupt.raise();
        if let Some(handle) = lock(&self.handle).take() {
            // A thread that panicked has said so.
            let _ = handle.join();
        }
    }
}

/// A thread. Dropping it interrupts the thread and waits for its end.
#[derive(Debug)]
pub struct Thread(Arc<Running>);

impl Thread {
    /// Starts a thread.
    pub fn spawn(
        name: &str,
        interrupt: Arc<Interrupt>,
        work: impl FnOnce(&Interrupt) + Send + 'static,
    ) -> std::io::Result<Self> {
        let inside = Arc::clone(&interrupt);
        let builder = std::thread::Builder::new().name(name.to_owned());
        let handle = builder.spawn(move || work(&inside))?;
        let running = Arc::new(Running {
            interrupt,
            handle: Mutex::new(Some(handle)),
        });
        let mut all = lock(&ALL);
        all.retain(|running| running.strong_count() > 0);
        all.push(Arc::downgrade(&running));
        Ok(Self(running))
    }

    /// Tells the thread to end, and does not wait for it.
    pub fn interrupt(&self) {
        self.0.interrupt.raise();
    }

    /// Ends waits of the thread early.
    pub fn ring(&self) {
        self.0.interrupt.ring();
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Ends all threads whose owners still live. Their code must not outlive the library.
pub fn stop_all() {
    let all = std::mem::take(&mut *lock(&ALL));
    let all: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
    // All are told before the first one is waited for.
    all.iter().for_each(|running| running.interrupt.raise());
    all.iter().for_each(|running| running.stop());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
