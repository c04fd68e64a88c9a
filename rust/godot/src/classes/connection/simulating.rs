//! The simulated network of ENetConnectionRs.

use std::rc::Rc;

use enet_multiplayer::SharedSimulation;
use godot::prelude::*;

use super::{ENetConnectionRs, INACTIVE};
use crate::arguments::ObjectArgument;
use crate::classes::simulation::ENetSimulationRs;
use crate::report::Reports;
use crate::{clock, command_line, simulating};

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Simulates another network for one peer, until its connection ends: see
    /// [method ENetMultiplayerPeerRs.set_peer_simulation]. `id` is the peer's index in [method get_peers]. Prints an
    /// error and changes nothing if there is no host or no such peer, or if `simulation` is an object of another class.
    #[func]
    fn set_peer_simulation(&mut self, id: i64, simulation: ObjectArgument<ENetSimulationRs>) {
        const METHOD: &str = "set_peer_simulation";
        let simulation = match simulation.nullable("simulation") {
            Ok(simulation) => simulation,
            Err(cause) => return self.report(METHOD, &cause),
        };
        let handle = self.handle.clone();
        let shared = simulation.as_ref().map(|object| object.bind().shared());
        if !handle.connection().borrow().is_active() {
            self.report(METHOD, &INACTIVE);
        } else {
            let peers = handle.connection().borrow().peers();
            let peer = usize::try_from(id).ok().and_then(|id| peers.get(id));
            let is_set = peer.is_some_and(|&peer| {
                let mut connection = handle.connection().borrow_mut();
                connection.set_peer_simulation(peer, shared, clock::now)
            });
            if !is_set {
                let cause = format!(
                    "get_peers() has no index {id}: it has {} peers",
                    peers.len()
                );
                self.report(METHOD, &cause);
            }
        }
        // Dropping an object can run a script's notification.
        self.lend(|_| drop(simulation));
    }

    /// Simulates a lag spike of `milliseconds` (0 to 60000), see [method ENetMultiplayerPeerRs.simulate_spike]. Prints an
    /// error if the number is out of range or there is no host.
    #[func]
    fn simulate_spike(&mut self, milliseconds: f64) {
        const METHOD: &str = "simulate_spike";
        let handle = self.handle.clone();
        match simulating::spike(milliseconds) {
            Ok(time) => {
                let done = (handle.connection().borrow_mut()).simulate_spike(time, clock::now);
                self.report_failure(METHOD, done);
            }
            Err(cause) => self.report(METHOD, &cause),
        }
    }

    /// Simulates a cable that was pulled out for `seconds` (0 to 3600), see [method ENetMultiplayerPeerRs.simulate_cut].
    /// Prints an error if the number is out of range or there is no host.
    #[func]
    fn simulate_cut(&mut self, seconds: f64) {
        const METHOD: &str = "simulate_cut";
        let handle = self.handle.clone();
        match simulating::cut(seconds) {
            Ok(time) => {
                let done = (handle.connection().borrow_mut()).simulate_cut(time, clock::now);
                self.report_failure(METHOD, done);
            }
            Err(cause) => self.report(METHOD, &cause),
        }
    }
}

impl ENetConnectionRs {
    /// Takes the simulation of the command line, if there is one and no script chose another.
    pub(super) fn simulate_by_command_line(this: &mut Gd<Self>) {
        let is_chosen = {
            let chosen = &this.bind().simulation_chosen;
            chosen.by_script || chosen.object.is_some()
        };
        if is_chosen {
            return;
        }
        if let Some(simulation) = command_line::simulation() {
            this.bind_mut().choose_simulation(Some(simulation), false);
        }
    }

    pub(super) fn choose_simulation(
        &mut self,
        simulation: Option<Gd<ENetSimulationRs>>,
        by_script: bool,
    ) {
        let shared: Option<Rc<SharedSimulation>> =
            simulation.as_ref().map(|object| object.bind().shared());
        let handle = self.handle.clone();
        (handle.connection().borrow_mut()).set_simulation(shared, clock::now);
        self.simulation_chosen.by_script = by_script;
        self.show_simulation(simulation);
    }

    /// Shows the simulation that the owner of the host has chosen for it.
    pub fn show_simulation(&mut self, simulation: Option<Gd<ENetSimulationRs>>) {
        let former = std::mem::replace(&mut self.simulation_chosen.object, simulation);
        self.lend(|_| drop(former));
    }
}
