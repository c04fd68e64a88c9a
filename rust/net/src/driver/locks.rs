//! Mutexes that know their place in the lock order, and assert it in debug builds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Places in the lock order. A thread that holds a lock may lock those of higher rank only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Socket = 1,
    State = 2,
}

#[cfg(debug_assertions)]
thread_local! {
    /// The ranks that this thread holds, a bit for each.
    static HELD: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
}

/// Notes for as long as it lives that the thread holds a rank.
#[derive(Debug)]
pub struct Held {
    #[cfg(debug_assertions)]
    rank: Rank,
}

impl Held {
    fn new(rank: Rank) -> Self {
        #[cfg(debug_assertions)]
        {
            let held = HELD.get();
            assert!(held >> rank as u8 == 0, "{rank:?} is locked out of order");
            HELD.set(held | 1 << rank as u8);
        }
        #[cfg(not(debug_assertions))]
        let _ = rank;
        Self {
            #[cfg(debug_assertions)]
            rank,
        }
    }
}

#[cfg(debug_assertions)]
impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get() & !(1 << self.rank as u8));
    }
}

/// Asserts in debug builds that this thread does not hold a lock, before it does something that takes
/// long.
pub fn assert_not_held(rank: Rank) {
    #[cfg(debug_assertions)]
    assert!(HELD.get() >> rank as u8 & 1 == 0, "{rank:?} is held");
    #[cfg(not(debug_assertions))]
    let _ = rank;
}

/// A mutex with a rank. A panic of another holder leaves it usable: the value may be in the middle of
/// a change then, which is a defect of ours, and the host goes on as well as it can.
#[derive(Debug)]
pub struct Ranked<T> {
    rank: Rank,
    mutex: Mutex<T>,
    /// Threads that wait in [`Ranked::demand`].
    waiting: AtomicUsize,
}

/// A locked [`Ranked`].
#[derive(Debug)]
pub struct Guard<'a, T> {
    // Unlocks before the rank is given up.
    inner: MutexGuard<'a, T>,
    held: Held,
}

impl<T> Ranked<T> {
    pub fn new(rank: Rank, value: T) -> Self {
        Self {
            rank,
            mutex: Mutex::new(value),
            waiting: AtomicUsize::new(0),
        }
    }

    pub fn lock(&self) -> Guard<'_, T> {
        let held = Held::new(self.rank);
        let inner = self.mutex.lock().unwrap_or_else(PoisonError::into_inner);
        Guard { inner, held }
    }

    /// Locks it if nobody holds it.
    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        let held = Held::new(self.rank);
        let inner = match self.mutex.try_lock() {
            Err(TryLockError::WouldBlock) => return None,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Ok(inner) => inner,
        };
        Some(Guard { inner, held })
    }

    /// Locks it before a thread that lets go of it and locks it again at once: see [`Ranked::give_way`].
    pub fn demand(&self) -> Guard<'_, T> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let guard = self.lock();
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        guard
    }

    /// Lets those go first who demand it. Mutexes are not fair: a loop that unlocks and locks could
    /// keep everybody else out.
    pub fn give_way(&self) {
        while self.waiting.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
    }
}

impl<'a, T> Guard<'a, T> {
    /// The standard guard, for a condition variable, and what [`Guard::rejoin`] takes back.
    pub fn split(self) -> (MutexGuard<'a, T>, Held) {
        (self.inner, self.held)
    }

    /// Puts together what [`Guard::split`] took apart.
    pub fn rejoin(inner: MutexGuard<'a, T>, held: Held) -> Self {
        Self { inner, held }
    }
}

impl<T> std::ops::Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> std::ops::DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_socket_then_state() {
        let socket = Ranked::new(Rank::Socket, ());
        let state = Ranked::new(Rank::State, ());
        let (first, second) = (socket.lock(), state.lock());
        drop((first, second));
        drop((state.lock(), ()));
        drop(socket.lock());
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "locked out of order")]
    fn the_other_order_is_a_defect() {
        let socket = Ranked::new(Rank::Socket, ());
        let state = Ranked::new(Rank::State, ());
        let _held = state.lock();
        let _ = socket.lock();
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "locked out of order")]
    fn two_hosts_are_not_locked_at_once() {
        let one = Ranked::new(Rank::State, ());
        let other = Ranked::new(Rank::State, ());
        let _held = one.lock();
        let _ = other.lock();
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "State is held")]
    fn slow_work_under_the_state_lock_is_a_defect() {
        let state = Ranked::new(Rank::State, ());
        assert_not_held(Rank::State);
        drop(state.lock());
        assert_not_held(Rank::State);
        let _held = state.lock();
        assert_not_held(Rank::State);
    }

    #[test]
    fn a_busy_lock_is_not_waited_for() {
        let socket = Ranked::new(Rank::Socket, ());
        let held = socket.lock();
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(socket.try_lock().is_none()));
        });
        drop(held);
        assert!(socket.try_lock().is_some());
    }

    #[test]
    fn a_panic_leaves_the_lock_usable() {
        let socket = Ranked::new(Rank::Socket, 7);
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _held = socket.lock();
                panic!("the test wants this");
            });
            assert!(holder.join().is_err());
        });
        assert_eq!(*socket.lock(), 7);
        assert!(socket.try_lock().is_some());
    }
}
