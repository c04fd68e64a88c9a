//! The emulated networks of a session's hosts.

use std::rc::Rc;
use std::time::Duration;

use super::Multiplayer;
use crate::{Inactive, PeerError, SharedSimulation};
use enet_net::Clock;

impl Multiplayer {
    /// Has the present hosts, and those made from now on, emulate a network: see
    /// [`crate::Connection::set_simulation`].
    pub fn set_simulation(&mut self, simulation: Option<Rc<SharedSimulation>>, clock: Clock) {
        for host in self.hosts.values() {
            host.borrow_mut().set_simulation(simulation.clone(), clock);
        }
        self.settings.simulation = Some((simulation, clock));
    }

    /// Whether the caller chose a simulation, or none, which the hosts of a mesh take over.
    pub fn has_simulation(&self) -> bool {
        self.settings.simulation.is_some()
    }

    /// Gives one peer a network of its own: see [`crate::Connection::set_peer_simulation`].
    pub fn set_peer_simulation(
        &mut self,
        id: i32,
        simulation: Option<Rc<SharedSimulation>>,
        clock: Clock,
    ) -> Result<(), PeerError> {
        if !self.is_active() {
            return Err(PeerError::Inactive);
        }
        let unknown = PeerError::UnknownPeer(id);
        let (connection, peer) = self.connection_to(id).ok_or(unknown)?;
        let is_set = (connection.borrow_mut()).set_peer_simulation(peer, simulation, clock);
        if is_set { Ok(()) } else { Err(unknown) }
    }

    /// Stalls all traffic for a time: see [`crate::Connection::simulate_spike`].
    pub fn simulate_spike(&mut self, time: Duration, clock: Clock) -> Result<(), Inactive> {
        if !self.is_active() {
            return Err(Inactive);
        }
        for host in self.hosts.values() {
            // A script may have destroyed the host.
            let _ = host.borrow_mut().simulate_spike(time, clock);
        }
        Ok(())
    }

    /// Loses all traffic for a time: see [`crate::Connection::simulate_cut`].
    pub fn simulate_cut(&mut self, time: Duration, clock: Clock) -> Result<(), Inactive> {
        if !self.is_active() {
            return Err(Inactive);
        }
        for host in self.hosts.values() {
            // A script may have destroyed the host.
            let _ = host.borrow_mut().simulate_cut(time, clock);
        }
        Ok(())
    }

    /// Datagrams that the emulated networks of the hosts lost.
    pub fn simulated_drops(&self) -> u64 {
        let hosts = self.hosts.values();
        hosts
            .filter_map(|host| host.borrow().simulated_drops().ok())
            .sum()
    }
}
