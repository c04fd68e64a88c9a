//! The simulated network of ENetMultiplayerPeerRs.

use std::rc::Rc;

use enet_multiplayer::SharedSimulation;
use godot::prelude::*;

use super::ENetMultiplayerPeerRs;
use crate::arguments::ObjectArgument;
use crate::classes::simulation::ENetSimulationRs;
use crate::report::Reports;
use crate::{clock, command_line, simulating};

#[godot_api(secondary)]
impl ENetMultiplayerPeerRs {
    /// Simulates another network for the peer `id` alone, until its connection ends. A server can give one client a bad
    /// network this way. `simulation` takes the place of [member simulation] for this peer, and [code]null[/code]
    /// removes it. On a client, the peer 1 is the server. Each call starts new random numbers. Prints an error and changes
    /// nothing if there is no such peer, or if `simulation` is an object of another class.
    ///
    /// ```gdscript
    /// # Every second player has a slow line.
    /// peer.peer_connected.connect(func(id: int) -> void:
    ///     if id % 2 == 0:
    ///         peer.set_peer_simulation(id, ENetSimulationRs.preset("3G")))
    /// ```
    #[func]
    fn set_peer_simulation(&mut self, id: i64, simulation: ObjectArgument<ENetSimulationRs>) {
        const METHOD: &str = "set_peer_simulation";
        let simulation = match simulation.nullable("simulation") {
            Ok(simulation) => simulation,
            Err(cause) => return self.report(METHOD, &cause),
        };
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

    /// Simulates a lag spike: for `milliseconds` from now on (0 to 60000), nothing arrives and nothing leaves. Everything
    /// arrives at once when the spike ends. The method works with and without a [member simulation]. A later call takes the
    /// place of an earlier one, and 0 ends the spike. Prints an error if the number is out of range or this peer is not
    /// active.
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

    /// Simulates a cable that was pulled out: for `seconds` from now on (0 to 3600), everything that is sent or received is
    /// lost. Connections time out after 5 to 30 seconds, see [method ENetPacketPeerRs.set_timeout]. The method works with and
    /// without a [member simulation]. A later call takes the place of an earlier one, and 0 ends the cut. Prints an error if
    /// the number is out of range or this peer is not active.
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
