//! The thread that reports health.

use super::{Board, Event, Pulse, Settings, lock};
use crate::http::{Call, Interrupt, call};

/// Reports health while the pulse beats, until the interrupt is raised.
pub fn run(settings: Settings, board: &Board, pulse: &Pulse, interrupt: &Interrupt) {
    let report = Call {
        method: "POST",
        path: "/health".to_owned(),
        body: "{}".to_owned(),
    };
    // What was told last: each change is told once.
    let mut told = None;
    loop {
        let state = match pulse.is_alive() {
            false => State::Hung,
            true => match call(settings.port, &report, settings.health_period, interrupt) {
                Ok(answer) if answer.status < 300 => State::Reported,
                Ok(answer) => State::Lost(format!("the SDK server answered {}", answer.status)),
                Err(error) => State::Lost(error.to_string()),
            },
        };
        if interrupt.is_raised() {
            return;
        }
        if told.as_ref().map(std::mem::discriminant) != Some(std::mem::discriminant(&state)) {
            lock(board).push(match &state {
                State::Hung => Event::PulseLost,
                State::Reported => Event::HealthReported,
                State::Lost(cause) => Event::HealthLost(cause.clone()),
            });
            told = Some(state);
        }
        if !interrupt.sleep(settings.health_period, || false) {
            return;
        }
    }
}

enum State {
    Reported,
    Lost(String),
    Hung,
}
