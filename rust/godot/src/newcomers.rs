//! Newcomers that a script judges before they occupy a peer slot: the property `join_filter`.

use enet_multiplayer::{LineLimit, Newcomer, SharedConnection};
use godot::prelude::*;

use crate::clock;
use crate::report::Reports;

/// Newcomers judged in one poll, so that a flood of requests cannot hold up a frame for long.
const MAX_JUDGED: usize = 64;

/// A script's function that judges newcomers.
pub struct JoinFilter {
    callable: Callable,
    trouble: LineLimit,
}

impl JoinFilter {
    /// No function: everybody is let in.
    pub fn none() -> Self {
        Self {
            callable: Callable::invalid(),
            trouble: LineLimit::default(),
        }
    }

    /// The function.
    pub fn callable(&self) -> Callable {
        self.callable.clone()
    }

    /// Whether there is a function.
    pub fn is_set(&self) -> bool {
        !self.callable.is_null()
    }

    /// Chooses the function. The former one has to be dropped when nothing is borrowed.
    #[must_use = "to be dropped when nothing is borrowed"]
    pub fn replace(&mut self, callable: Callable) -> Callable {
        std::mem::replace(&mut self.callable, callable)
    }
}

/// A class with such a function.
pub trait Judges: Reports {
    fn filter(&mut self) -> &mut JoinFilter;
}

/// Judges the newcomers of a host. Returns whether there were any.
///
/// Nothing is borrowed while the function runs: it may close or free the object, send and poll.
pub fn judge<T: Judges>(this: &mut T, connection: &SharedConnection, method: &str) -> bool {
    if !this.filter().is_set() {
        return false;
    }
    let mut is_any = false;
    for _ in 0..MAX_JUDGED {
        let newcomer = connection.borrow_mut().next_newcomer(clock::now());
        let Some(newcomer) = newcomer else { break };
        is_any = true;
        let is_let_in = ask(this, &newcomer, method);
        connection
            .borrow_mut()
            .judge(clock::now(), newcomer, is_let_in);
    }
    if is_any {
        // The newcomers are waiting. Without a host there is nothing to send.
        let _ = connection.borrow_mut().flush(clock::now());
    }
    is_any
}

fn ask<T: Judges>(this: &mut T, newcomer: &Newcomer, method: &str) -> bool {
    let callable = this.filter().callable();
    let is_valid = callable.is_valid();
    let mut answer = Variant::nil();
    this.lend(|_| {
        if is_valid {
            answer = callable.callv(&varray![&described(newcomer)]);
        }
        // The function may have replaced itself.
        drop(callable);
    });
    if let Ok(is_let_in) = answer.try_to::<bool>() {
        return is_let_in;
    }
    if let Some(left_out) = this.filter().trouble.pass(clock::now()) {
        let address = newcomer.request.address;
        let cause = match is_valid {
            true => format!(
                "join_filter must return a bool, and returned {answer} for {address}, which is refused{left_out}"
            ),
            false => {
                format!("join_filter can no longer be called, so {address} is refused{left_out}")
            }
        };
        this.report(method, &cause);
    }
    false
}

fn described(newcomer: &Newcomer) -> VarDictionary {
    let request = &newcomer.request;
    vdict! {
        "address" => &GString::from(&request.address.ip().to_string()),
        "port" => request.address.port(),
        "data" => i64::from(request.data),
        "proven" => request.is_proven,
    }
}
