//! Newcomers that a script judges before they occupy a peer slot: the property `join_filter`.

use enet_multiplayer::{LineLimit, Newcomer, SharedConnection, address};
use enet_proto::{Refusal, Verdict};
use godot::prelude::*;

use crate::clock;
use crate::report::Reports;

/// Newcomers judged in one poll, so that a flood of requests cannot hold up a frame for long.
const MAX_JUDGED: usize = 64;

/// A script's function that judges newcomers.
pub struct JoinFilter {
    callable: Callable,
    /// Whether there is a function. Each poll needs to know, and the engine answers slowly.
    is_set: bool,
    trouble: LineLimit,
    /// Whether the function runs. One that polls must not be called again for each newcomer that waits.
    is_running: bool,
}

impl JoinFilter {
    /// No function: everybody is let in.
    pub fn none() -> Self {
        Self {
            callable: Callable::invalid(),
            is_set: false,
            trouble: LineLimit::default(),
            is_running: false,
        }
    }

    /// The function.
    pub fn callable(&self) -> Callable {
        self.callable.clone()
    }

    /// Whether there is a function, and it can be asked now.
    pub fn is_ready(&self) -> bool {
        self.is_set && !self.is_running
    }

    /// Chooses the function. The former one has to be dropped when nothing is borrowed.
    #[must_use = "to be dropped when nothing is borrowed"]
    pub fn replace(&mut self, callable: Callable) -> Callable {
        self.is_set = !callable.is_null();
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
    if !this.filter().is_ready() {
        return false;
    }
    let mut is_any = false;
    for _ in 0..MAX_JUDGED {
        let newcomer = connection.borrow_mut().next_newcomer(clock::now());
        let Some(newcomer) = newcomer else { break };
        is_any = true;
        let verdict = ask(this, &newcomer, method);
        connection
            .borrow_mut()
            .judge(clock::now(), newcomer, verdict);
    }
    if is_any {
        // The newcomers are waiting. Without a host there is nothing to send.
        let _ = connection.borrow_mut().flush(clock::now());
    }
    is_any
}

fn ask<T: Judges>(this: &mut T, newcomer: &Newcomer, method: &str) -> Verdict {
    let now = clock::now();
    let filter = this.filter();
    let callable = filter.callable();
    let is_trouble_due = filter.trouble.is_due(now);
    filter.is_running = true;
    let mut judged = Err(String::new());
    this.lend(|_| {
        judged = match callable.is_valid() {
            // The text and the end of the answer can run a script.
            true => verdict(
                &callable.callv(&varray![&described(newcomer)]),
                is_trouble_due,
            ),
            false => Err("join_filter can no longer be called".to_owned()),
        };
        // The function may have replaced itself.
        drop(callable);
    });
    this.filter().is_running = false;
    let trouble = match judged {
        Ok(verdict) => return verdict,
        Err(trouble) => trouble,
    };
    if let Some(left_out) = this.filter().trouble.pass(now) {
        let address = address::endpoint(newcomer.request.address);
        this.report(
            method,
            &format!("{trouble}; {address} is refused{left_out}"),
        );
    }
    Verdict::Refuse(Refusal::NotWelcome.code())
}

/// The verdict that a function returned, or what is wrong with it. Making the text is left to the lines that are
/// printed.
fn verdict(answer: &Variant, is_text_due: bool) -> Result<Verdict, String> {
    if let Ok(is_let_in) = answer.try_to::<bool>() {
        return Ok(match is_let_in {
            true => Verdict::Accept,
            false => Verdict::Refuse(Refusal::NotWelcome.code()),
        });
    }
    let reason = answer.try_to::<i64>().ok().map(u32::try_from);
    match reason {
        // 0 and 1 could be meant as a bool.
        Some(Ok(reason @ 2..)) => Ok(Verdict::Refuse(reason)),
        _ if !is_text_due => Err(String::new()),
        _ => Err(format!(
            "join_filter must return a bool, or a reason of 2 to 4294967295, and returned {answer}"
        )),
    }
}

fn described(newcomer: &Newcomer) -> VarDictionary {
    let request = &newcomer.request;
    vdict! {
        "address" => &GString::from(&address::text(request.address.ip())),
        "port" => request.address.port(),
        "data" => i64::from(request.data),
        "proven" => request.is_proven,
    }
}
