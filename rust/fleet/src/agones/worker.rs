//! The thread that carries out requests.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Board, Event, Request, Settings, lock};
use crate::http::{Answer, CallError, Interrupt, call};

/// An answer is not waited for longer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The time before the first new try of a request; doubled with each one, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Nothing wakes the thread but a request and the end.
const FOR_EVER: Duration = Duration::from_secs(3600);
/// Of an answer that is an error, so much is told.
const MOST_TEXT: usize = 300;

/// Carries out requests until the interrupt is raised.
pub fn run(settings: Settings, board: &Board, interrupt: &Interrupt) {
    loop {
        let next = lock(board).requests.front().cloned();
        let Some(request) = next else {
            let is_due = || !lock(board).requests.is_empty();
            if !interrupt.sleep(FOR_EVER, is_due) {
                return;
            }
            continue;
        };
        let Some(event) = carry_out(settings, request, interrupt) else {
            return;
        };
        let mut shared = lock(board);
        shared.requests.pop_front();
        shared.push(event);
    }
}

/// Tries until it works, or cannot work, or has taken too long. `None` if the thread has to end.
fn carry_out(settings: Settings, request: Request, interrupt: &Interrupt) -> Option<Event> {
    let wire = request.to_call();
    let deadline = Instant::now() + settings.patience;
    let mut pause = PAUSE;
    loop {
        let failure = match judge(&request, call(settings.port, &wire, TIMEOUT, interrupt)) {
            Ok(value) => return Some(Event::Done(request, value)),
            Err(failure) => failure,
        };
        if interrupt.is_raised() {
            return None;
        }
        if failure.is_final || Instant::now() + pause > deadline {
            return Some(Event::Failed(request, failure.cause));
        }
        if !interrupt.sleep(pause, || false) {
            return None;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// A try that failed.
struct Failure {
    cause: String,
    /// Whether another try is pointless or dangerous.
    is_final: bool,
}

fn judge(request: &Request, result: Result<Answer, CallError>) -> Result<Value, Failure> {
    match result {
        Ok(Answer {
            status: 200..=299,
            body,
        }) if body.is_empty() => Ok(Value::Null),
        Ok(Answer {
            status: 200..=299,
            body,
        }) => serde_json::from_slice(&body).map_err(|error| Failure {
            cause: format!("the SDK server's answer is not JSON: {error}"),
            is_final: true,
        }),
        Ok(Answer { status, body }) => Err(Failure {
            cause: format!("the SDK server answered {status}: {}", text(&body)),
            is_final: status < 500 || !request.is_repeatable(),
        }),
        Err(error) => Err(Failure {
            // Of a request that was not sent, another try does no harm.
            is_final: !matches!(error, CallError::Connect { .. }) && !request.is_repeatable(),
            cause: error.to_string(),
        }),
    }
}

/// What an answer says of an error: its `message`, or its text.
fn text(body: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let message = json.as_ref().and_then(|json| json.get("message")?.as_str());
    let whole = String::from_utf8_lossy(body);
    message
        .unwrap_or(whole.trim())
        .chars()
        .take(MOST_TEXT)
        .collect()
}
