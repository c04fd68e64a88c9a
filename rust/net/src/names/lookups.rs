//! Lookups of names by a bounded number of threads, which all hosts of the process share.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::with_port;
use crate::sync::lock;

/// Threads at most. A thread whose name servers do not answer is taken for ten seconds and more.
pub const MAX_THREADS: usize = 4;
/// Names that wait for a thread, at most.
pub const MAX_QUEUED: usize = 32;

/// A lookup that was begun. Dropping it abandons the answer.
#[derive(Debug, Clone)]
pub struct Lookup {
    job: Arc<Job>,
    port: u16,
}

/// Gives a [`Lookup`] its answer.
#[derive(Debug)]
pub struct Answer(Arc<Job>);

/// The lookup of one name, shared by all who ask for the name meanwhile.
#[derive(Debug)]
struct Job {
    host: String,
    /// Errors as kind and text, as each asker gets one.
    answer: Mutex<Option<Result<SocketAddr, (ErrorKind, String)>>>,
    answered: Condvar,
}

/// The threads and their work.
pub struct Lookups {
    state: Mutex<State>,
    is_idle: Condvar,
    /// Asks for the address of a name, for as long as it takes.
    find: fn(&str) -> io::Result<SocketAddr>,
}

struct State {
    running: Vec<Arc<Job>>,
    /// Jobs whose askers may have left.
    queue: VecDeque<Weak<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Lookup {
    /// A lookup that waits for an [`Answer`], for networks that have name servers of their own.
    pub fn pending(host: &str, port: u16) -> (Answer, Self) {
        let job = Arc::new(Job::new(host));
        (Answer(Arc::clone(&job)), Self { job, port })
    }

    /// The address, or why there is none, once that is known.
    pub fn answer(&self) -> Option<io::Result<SocketAddr>> {
        self.told(&lock(&self.job.answer))
    }

    /// The same, waiting for it.
    pub(super) fn wait(&self, limit: Duration) -> Option<io::Result<SocketAddr>> {
        let answer = lock(&self.job.answer);
        let waited = (self.job.answered).wait_timeout_while(answer, limit, |it| it.is_none());
        self.told(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    fn told(
        &self,
        answer: &Option<Result<SocketAddr, (ErrorKind, String)>>,
    ) -> Option<io::Result<SocketAddr>> {
        Some(match answer.as_ref()? {
            Ok(address) => Ok(with_port(*address, self.port)),
            Err((kind, text)) => Err(io::Error::new(*kind, text.clone())),
        })
    }
}

impl Answer {
    /// Gives the answer; the port does not matter.
    pub fn give(self, answer: io::Result<SocketAddr>) {
        self.0.give(answer);
    }
}

impl Job {
    fn new(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            answer: Mutex::default(),
            answered: Condvar::new(),
        }
    }

    fn give(&self, answer: io::Result<SocketAddr>) {
        let answer = answer.map_err(|error| (error.kind(), error.to_string()));
        *lock(&self.answer) = Some(answer);
        self.answered.notify_all();
    }
}

impl Lookups {
    pub const fn new(find: fn(&str) -> io::Result<SocketAddr>) -> Self {
        Self {
            state: Mutex::new(State {
                running: Vec::new(),
                queue: VecDeque::new(),
                threads: Vec::new(),
            }),
            is_idle: Condvar::new(),
            find,
        }
    }

    /// Has a thread look up a name, or joins a lookup of the name that goes on already.
    ///
    /// # Errors
    /// Too many names wait for a thread, or the system gave none.
    pub fn begin(&'static self, host: &str, port: u16) -> io::Result<Lookup> {
        let state = &mut *lock(&self.state);
        state.queue.retain(|job| job.strong_count() > 0);
        let queued = state.queue.iter().filter_map(Weak::upgrade);
        let mut jobs = state.running.iter().cloned().chain(queued);
        if let Some(job) = jobs.find(|job| job.host == host) {
            return Ok(Lookup { job, port });
        }
        let job = Arc::new(Job::new(host));
        if state.running.len() < MAX_THREADS {
            self.start(state, Arc::clone(&job))?;
        } else if state.queue.len() < MAX_QUEUED {
            state.queue.push_back(Arc::downgrade(&job));
        } else {
            let cause = "too many host names wait for an answer of the name servers";
            return Err(io::Error::new(ErrorKind::ResourceBusy, cause));
        }
        Ok(Lookup { job, port })
    }

    fn start(&'static self, state: &mut State, job: Arc<Job>) -> io::Result<()> {
        state.threads.retain(|thread| !thread.is_finished());
        let first = Arc::clone(&job);
        let thread = thread::Builder::new().name("enet lookup".to_owned());
        state.threads.push(thread.spawn(move || self.work(first))?);
        state.running.push(job);
        Ok(())
    }

    fn work(&self, first: Arc<Job>) {
        let mut next = Some(first);
        while let Some(job) = next {
            let found = std::panic::catch_unwind(|| (self.find)(&job.host));
            job.give(found.unwrap_or_else(|_| Err(io::Error::other("the lookup panicked"))));
            let state = &mut *lock(&self.state);
            state.running.retain(|other| !Arc::ptr_eq(other, &job));
            next = std::iter::from_fn(|| state.queue.pop_front()).find_map(|job| job.upgrade());
            match &next {
                Some(next) => state.running.push(Arc::clone(next)),
                None => self.is_idle.notify_all(),
            }
        }
    }

    /// See [`super::await_lookups`].
    pub fn end(&self, limit: Duration) -> bool {
        let mut state = lock(&self.state);
        state.queue.clear();
        let works = |state: &mut State| !state.running.is_empty();
        let waited = self.is_idle.wait_timeout_while(state, limit, works);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if !state.running.is_empty() {
            return false;
        }
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        for thread in threads {
            // The thread has only to return. Its panics were answered.
            let _ = thread.join();
        }
        true
    }
}
