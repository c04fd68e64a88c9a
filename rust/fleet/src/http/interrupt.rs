//! Ends threads that wait for a connection or for time to pass.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shared by threads and whoever ends them. Once it is raised it stays so.
#[derive(Default)]
pub struct Interrupt {
    is_raised: AtomicBool,
    /// The connections on which the thread waits, the innermost last.
    waiting: Mutex<Vec<TcpStream>>,
    bell: Condvar,
}

impl Interrupt {
    /// One that was not raised, to be shared.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Whether the thread has to end.
    pub fn is_raised(&self) -> bool {
        self.is_raised.load(Ordering::Acquire)
    }

    /// Ends the waits of the thread, and all later ones.
    pub fn raise(&self) {
        self.is_raised.store(true, Ordering::Release);
        for stream in self.lock().drain(..) {
            // It fails if the connection has ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.bell.notify_all();
    }

    /// Ends a [`Interrupt::sleep`] early.
    pub fn ring(&self) {
        // The lock keeps a ring from getting lost between the check and the wait of a sleeper.
        drop(self.lock());
        self.bell.notify_all();
    }

    /// Waits until the time has passed, somebody rings, or `is_due` says so; sometimes it returns early without a cause.
    /// Returns whether the thread may go on.
    pub fn sleep(&self, time: Duration, is_due: impl Fn() -> bool) -> bool {
        let guard = self.lock();
        if !self.is_raised() && !is_due() {
            drop(self.bell.wait_timeout(guard, time));
        }
        !self.is_raised()
    }

    /// Runs `work` on a connection, which ends if the interrupt is raised meanwhile. The work may do the same with another
    /// connection.
    pub fn during<R>(&self, stream: &TcpStream, work: impl FnOnce() -> R) -> std::io::Result<R> {
        let clone = stream.try_clone()?;
        self.lock().push(clone);
        if self.is_raised() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let result = work();
        self.lock().pop();
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt")
            .field("is_raised", &self.is_raised())
            .finish_non_exhaustive()
    }
}
