//! Ends threads that wait for a connection or for time to pass.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Ends a wait that is none for a connection's bytes.
type Wake = Box<dyn Fn() + Send + Sync>;

/// Shared by threads and whoever ends them. Once it is raised it stays so.
#[derive(Default)]
pub struct Interrupt {
    is_raised: AtomicBool,
    /// The connection on which a thread waits.
    waiting: Mutex<Option<TcpStream>>,
    bell: Condvar,
    wake: Option<Wake>,
}

impl Interrupt {
    /// One that was not raised, to be shared.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// One that calls `wake` too when it is raised.
    pub fn with_wake(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            wake: Some(Box::new(wake)),
            ..Self::default()
        })
    }

    /// Whether the thread has to end.
    pub fn is_raised(&self) -> bool {
        self.is_raised.load(Ordering::Acquire)
    }

    /// Ends the waits of the thread, and all later ones.
    pub fn raise(&self) {
        self.is_raised.store(true, Ordering::Release);
        if let Some(stream) = self.lock().take() {
            // It fails if the connection has ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.bell.notify_all();
        if let Some(wake) = &self.wake {
            wake();
        }
    }

    /// Ends a [`Interrupt::sleep`] early.
    pub fn ring(&self) {
        // The lock keeps a ring from getting lost between the check and the wait of a sleeper.
        drop(self.lock());
        self.bell.notify_all();
    }

    /// Waits until the time has passed, somebody rings, or `is_due` says so. Returns whether the thread may go on.
    pub fn sleep(&self, time: Duration, is_due: impl Fn() -> bool) -> bool {
        let guard = self.lock();
        if !self.is_raised() && !is_due() {
            drop(self.bell.wait_timeout(guard, time));
        }
        !self.is_raised()
    }

    /// Runs `work` on a connection, which ends if the interrupt is raised meanwhile.
    pub fn during<R>(&self, stream: &TcpStream, work: impl FnOnce() -> R) -> std::io::Result<R> {
        let clone = stream.try_clone()?;
        *self.lock() = Some(clone);
        if self.is_raised() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let result = work();
        self.lock().take();
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Option<TcpStream>> {
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
