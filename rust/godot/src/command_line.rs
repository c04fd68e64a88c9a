//! The simulation that a game's command line asks for: `-- --net-sim=4G`.

use std::cell::Cell;
use std::sync::OnceLock;

use enet_multiplayer::{SharedSimulation, SimulationSettings};
use godot::classes::Os;
use godot::prelude::*;

use crate::classes::simulation::ENetSimulationRs;
use crate::report;

const OPTION: &str = SimulationSettings::OPTION;

thread_local! {
    /// Objects made so far: each has other random numbers.
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// A new object with the settings of the command line, if it has any. The first call reads the command line, and prints
/// that the simulation is on or what is wrong. Nothing may be borrowed.
pub fn simulation() -> Option<Gd<ENetSimulationRs>> {
    static SETTINGS: OnceLock<Option<SimulationSettings>> = OnceLock::new();
    let settings = SETTINGS.get().copied().unwrap_or_else(|| {
        let read = read();
        let settings = read.as_ref().and_then(|read| read.as_ref().ok()).copied();
        // Known before anything is printed: a script that listens to errors may come here again.
        let _ = SETTINGS.set(settings);
        match read {
            Some(Ok(settings)) => {
                let text = format!("enet_rs: {OPTION} simulates a network: {settings}");
                godot::global::print(&[text.to_variant()]);
            }
            Some(Err(cause)) => {
                report::print_error("ENetSimulationRs", OPTION, &cause);
            }
            None => {}
        }
        settings
    })?;
    let number = MADE.replace(MADE.get() + 1);
    let shared = SharedSimulation::new(settings, number);
    Some(ENetSimulationRs::of(shared))
}

/// The settings in the arguments behind `--`.
fn read() -> Option<Result<SimulationSettings, String>> {
    let arguments = Os::singleton().get_cmdline_user_args();
    let texts = arguments.as_slice().iter().map(GString::to_string);
    let texts = texts.collect::<Vec<_>>();
    let settings = SimulationSettings::from_arguments(texts.iter().map(String::as_str))?;
    Some(settings.map_err(|error| format!("nothing is simulated: {error}")))
}
