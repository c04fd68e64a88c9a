//! The arguments of the methods that simulate spikes and cuts, and the object that a class shows as its simulation.

use std::time::Duration;

use godot::prelude::*;

use crate::classes::simulation::ENetSimulationRs;

/// The longest spike and the longest cut.
const MAX_SPIKE_MILLIS: f64 = 60_000.0;
const MAX_CUT_SECONDS: f64 = 3600.0;

/// The simulation of an object.
#[derive(Default)]
pub struct Chosen {
    pub object: Option<Gd<ENetSimulationRs>>,
    /// Whether a script chose it, or `null`: the command line then has no say.
    pub by_script: bool,
}

/// The time of a spike.
pub fn spike(milliseconds: f64) -> Result<Duration, String> {
    match (0.0..=MAX_SPIKE_MILLIS).contains(&milliseconds) {
        true => Ok(Duration::from_secs_f64(milliseconds / 1000.0)),
        false => Err(format!(
            "a spike has 0 to {MAX_SPIKE_MILLIS} milliseconds, not {milliseconds}"
        )),
    }
}

/// The time of a cut.
pub fn cut(seconds: f64) -> Result<Duration, String> {
    match (0.0..=MAX_CUT_SECONDS).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(format!(
            "a cut has 0 to {MAX_CUT_SECONDS} seconds, not {seconds}"
        )),
    }
}
