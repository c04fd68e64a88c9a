//! The thread that carries out requests.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Board, Event, Request, Settings, lock};
use crate::http::{Answer, CallError, Interrupt, call};

/// An answer is not waited for longer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// So long a request is tried again that the SDK server answers with an error. It does so while it starts, and also for good:
/// most of its errors have the same status.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer. A list has 1000 values at most.
const MOST_BODY: usize = 256 * 1024;
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

/// Carries out a request with what has to precede it. `None` if the thread has to end.
fn carry_out(settings: Settings, request: Request, interrupt: &Interrupt) -> Option<Event> {
    if let Some(first) = request.precondition()
        && let Err(cause) = attempt(settings, &first, interrupt)?
    {
        return Some(Event::Failed(request, cause));
    }
    Some(match attempt(settings, &request, interrupt)? {
        Ok(value) => Event::Done(request, value),
        Err(cause) => Event::Failed(request, cause),
    })
}

/// Tries until it works, or cannot work, or has taken too long. `None` if the thread has to end.
fn attempt(
    settings: Settings,
    request: &Request,
    interrupt: &Interrupt,
) -> Option<Result<Value, String>> {
    let wire = request.to_call();
    let began = Instant::now();
    let mut answered = None;
    let mut pause = PAUSE;
    loop {
        let result = call(settings.port, &wire, TIMEOUT, MOST_BODY, interrupt);
        let failure = match judge(request, result) {
            Ok(value) => return Some(Ok(value)),
            Err(failure) => failure,
        };
        if interrupt.is_raised() {
            return None;
        }
        let next = Instant::now() + pause;
        let deadline = match failure.next {
            Next::End => return Some(Err(failure.cause)),
            Next::Answered => *answered.get_or_insert(Instant::now()) + PATIENCE,
            Next::Unanswered => began + settings.patience,
        };
        if next > deadline {
            return Some(Err(failure.cause));
        }
        while Instant::now() < next {
            if !interrupt.sleep(next.saturating_duration_since(Instant::now()), || false) {
                return None;
            }
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// A try that failed.
struct Failure {
    cause: String,
    next: Next,
}

/// What may follow a try that failed.
enum Next {
    /// Nothing: another try is pointless or dangerous.
    End,
    /// Another try, for a short time.
    Answered,
    /// Another try, for as long as a start of the SDK server may take.
    Unanswered,
}

fn judge(request: &Request, result: Result<Answer, CallError>) -> Result<Value, Failure> {
    match result {
        Ok(Answer {
            status: 200..=299,
            body,
        }) => {
            let text = if body.is_empty() { &b"{}"[..] } else { &body };
            let mut value = serde_json::from_slice(text).map_err(|error| Failure {
                cause: format!("the SDK server's answer is not JSON: {error}"),
                next: Next::End,
            })?;
            request.complete(&mut value);
            Ok(value)
        }
        Ok(Answer { status, body }) => Err(Failure {
            cause: match text(&body) {
                text if text.is_empty() => format!("the SDK server answered {status}"),
                text => format!("the SDK server answered {status}: {text}"),
            },
            next: match status >= 500 && request.is_repeatable() {
                true => Next::Answered,
                false => Next::End,
            },
        }),
        Err(error) => Err(Failure {
            // Of a request that was not sent, another try does no harm.
            next: match matches!(error, CallError::Connect { .. }) || request.is_repeatable() {
                true => Next::Unanswered,
                false => Next::End,
            },
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
        .map(|it| if it.is_control() { ' ' } else { it })
        .take(MOST_TEXT)
        .collect()
}
