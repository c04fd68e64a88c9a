//! The thread that reports health.

use std::time::{Duration, Instant};

use super::{Board, Event, Pulse, Settings, lock};
use crate::http::{Call, Interrupt, call};

/// The SDK server's answer is `{}`.
const MOST_BODY: usize = 64 * 1024;
/// Lost reports are told after so many periods without one that arrives.
const PATIENCE: u32 = 5;
/// A shorter time between two reports is not kept, whatever the fleet demands.
const SHORTEST: Duration = Duration::from_millis(200);
/// An SDK server that answers slowly is not asked without a pause.
const LEAST_PAUSE: Duration = Duration::from_millis(20);
/// The fleet's period may become known while the thread sleeps.
const STEP: Duration = Duration::from_millis(500);

/// Reports health while the pulse beats, until the interrupt is raised.
pub fn run(settings: Settings, board: &Board, pulse: &Pulse, interrupt: &Interrupt) {
    let report = Call {
        method: "POST",
        path: "/health".to_owned(),
        body: "{}".to_owned(),
    };
    // What was told last: each change is told once.
    let mut told = None;
    let mut lost_since = None;
    loop {
        let began = Instant::now();
        let state = match pulse.is_alive() {
            false => State::Hung,
            true => match call(
                settings.port,
                &report,
                settings.health_period,
                MOST_BODY,
                interrupt,
            ) {
                Ok(answer) if matches!(answer.status, 200..=299) => State::Reported,
                Ok(answer) => State::Lost(format!("the SDK server answered {}", answer.status)),
                Err(error) => State::Lost(error.to_string()),
            },
        };
        if interrupt.is_raised() {
            return;
        }
        // The SDK server may start after the game, or anew.
        let is_lost = matches!(state, State::Lost(_));
        lost_since = is_lost.then(|| lost_since.unwrap_or(began));
        let is_passing =
            lost_since.is_some_and(|since| since.elapsed() < settings.health_period * PATIENCE);
        let is_new =
            told.as_ref().map(std::mem::discriminant) != Some(std::mem::discriminant(&state));
        if is_new && !is_passing {
            lock(board).push(match &state {
                State::Hung => Event::PulseLost,
                State::Reported => Event::HealthReported,
                State::Lost(cause) => Event::HealthLost(cause.clone()),
            });
            told = Some(state);
        }
        if !interrupt.sleep(LEAST_PAUSE, || false) {
            return;
        }
        while let Some(left) = period(settings, board).checked_sub(began.elapsed()) {
            if !interrupt.sleep(left.min(STEP), || false) {
                return;
            }
        }
    }
}

/// The time between two reports. Two are made in each of the fleet's periods, because one of them may be late.
fn period(settings: Settings, board: &Board) -> Duration {
    let due = lock(board).due.map(|due| (due / 2).max(SHORTEST));
    due.map_or(settings.health_period, |due| {
        due.min(settings.health_period)
    })
}

enum State {
    Reported,
    Lost(String),
    Hung,
}
