//! The simulated network of ENetMultiplayerPeerRs.

use std::rc::Rc;

use enet_multiplayer::SharedSimulation;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::classes::simulation::ENetSimulationRs;
use crate::report::Reports;
use crate::{clock, command_line, simulating};

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Simulates another network for the peer `id` alone, in the place of [member simulation], until its connection ends:
    /// a server can give one client a bad network. [code]null[/code] removes it. On a client, the peer 1 is the
    /// server. Each call starts new random numbers. Prints an error if there is no such peer.
    #[func]
    fn set_peer_simulation(&mut self, id: i64, simulation: Option<Gd<ENetSimulationRs>>) {
        const METHOD: &str = "set_peer_simulation";
        let shared = simulation.as_ref().map(|object| object.bind().shared());
        match i32::try_from(id) {
            Ok(id) => {
                let core = &mut self.session.core;
                let set = core.set_peer_simulation(id, shared, clock::now);
                self.report_failure(METHOD, set);
            }
            Err(_) => {
                let cause = format!("the id {id} does not fit into 32 bits");
                self.report(METHOD, &cause);
            }
        }
        // Dropping an object can run a script's notification.
        self.lend(|_| drop(simulation));
    }

    /// Holds up everything that is sent and received for so many milliseconds from now on (0 to 60000): a lag spike.
    /// It all arrives at the end, at once. Works with and without a [member simulation]. A later call takes the place of
    /// an earlier one, and 0 ends the spike. Prints an error if the number is out of range or this peer is not active.
    #[func]
    fn simulate_spike(&mut self, milliseconds: f64) {
        const METHOD: &str = "simulate_spike";
        match simulating::spike(milliseconds) {
            Ok(time) => {
                let done = self.session.core.simulate_spike(time, clock::now);
                self.report_failure(METHOD, done);
            }
            Err(cause) => self.report(METHOD, &cause),
        }
    }

    /// Loses everything that is sent and received for so many seconds from now on (0 to 3600), as if the cable was
    /// pulled out. Works with and without a [member simulation]. A later call takes the place of an earlier one, and 0
    /// ends the cut. Connections time out after 5 to 30 seconds, see [method ENetPacketPeerRs.set_timeout]. Prints an
    /// error if the number is out of range or this peer is not active.
    #[func]
    fn simulate_cut(&mut self, seconds: f64) {
        const METHOD: &str = "simulate_cut";
        match simulating::cut(seconds) {
            Ok(time) => {
                let done = self.session.core.simulate_cut(time, clock::now);
                self.report_failure(METHOD, done);
            }
            Err(cause) => self.report(METHOD, &cause),
        }
    }
}

impl ENetMultiplayerPeerRs {
    /// Takes the simulation of the command line, if there is one and no script chose another.
    pub(super) fn simulate_by_command_line(&mut self) {
        let chosen = &self.simulation_chosen;
        if chosen.by_script || chosen.object.is_some() {
            return;
        }
        let mut simulation = None;
        self.lend(|_| simulation = command_line::simulation());
        if simulation.is_some() && !self.simulation_chosen.by_script {
            self.choose_simulation(simulation, false);
        }
    }

    pub(super) fn choose_simulation(
        &mut self,
        simulation: Option<Gd<ENetSimulationRs>>,
        by_script: bool,
    ) {
        let shared: Option<Rc<SharedSimulation>> =
            simulation.as_ref().map(|object| object.bind().shared());
        self.session.core.set_simulation(shared, clock::now);
        self.simulation_chosen.by_script = by_script;
        let former = std::mem::replace(&mut self.simulation_chosen.object, simulation.clone());
        self.tell_hosts(former, |host| host.show_simulation(simulation.clone()));
    }
}
