//! The emulated network between the host and its socket, as the caller sets it for hosts that come and go.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::Connection;
use crate::{Inactive, SharedSimulation};
use enet_net::netem::{Emulator, RemoteConditions};
use enet_net::{Clock, Host};
use enet_proto::PeerId;

/// What the host emulates.
#[derive(Default)]
pub(super) struct Simulated {
    /// The clock of the calls; `None` until something is emulated.
    clock: Option<Clock>,
    all: Option<Part>,
    /// Peers with networks of their own. The entry of a peer that left goes with the next update.
    peers: BTreeMap<PeerId, Part>,
    /// The count of departures at the last update.
    departures: u64,
}

/// Settings, and what the host has of them.
struct Part {
    shared: Rc<SharedSimulation>,
    /// `None` while the host has nothing of it.
    revision: Option<u64>,
    /// The seed of the settings, and this user's.
    seed: Option<(u64, u64)>,
    /// The address of the peer, once it is known.
    address: Option<SocketAddr>,
}

impl Part {
    fn new(shared: Rc<SharedSimulation>) -> Self {
        Self {
            shared,
            revision: None,
            seed: None,
            address: None,
        }
    }

    /// Whether the settings changed since the last call.
    fn is_due(&mut self) -> bool {
        let revision = Some(self.shared.revision());
        std::mem::replace(&mut self.revision, revision) != revision
    }

    /// The seed of this user, which stays the same until that of the settings changes.
    fn seed(&mut self) -> u64 {
        let used = self.shared.get().used_seed();
        match self.seed {
            Some((known, seed)) if known == used => seed,
            _ => {
                let seed = self.shared.next_seed();
                self.seed = Some((used, seed));
                seed
            }
        }
    }

    fn of_remote(&mut self) -> Option<RemoteConditions> {
        let (address, seed) = (self.address?, self.seed());
        let settings = self.shared.get();
        Some(RemoteConditions {
            address,
            seed,
            outgoing: settings.outgoing.conditions(),
            incoming: settings.incoming.conditions(),
        })
    }
}

impl Simulated {
    /// A new host has nothing yet, and none of the former host's peers.
    pub fn renew(&mut self) {
        self.peers.clear();
        self.departures = 0;
        if let Some(all) = &mut self.all {
            all.revision = None;
        }
    }

    fn update(&mut self, host: &mut Host, departures: u64, is_listed: impl Fn(PeerId) -> bool) {
        let Some(clock) = self.clock else {
            return;
        };
        if let Some(all) = &mut self.all
            && all.is_due()
        {
            let (seed, settings) = (all.seed(), *all.shared.get());
            host.emulate(clock, |emulator| {
                emulator.set_seed(seed);
                emulator.set_outgoing(settings.outgoing.conditions());
                emulator.set_incoming(settings.incoming.conditions());
            });
        }
        if self.peers.is_empty() {
            return;
        }
        let mut is_due = false;
        if std::mem::replace(&mut self.departures, departures) != departures {
            let before = self.peers.len();
            self.peers.retain(|&peer, _| is_listed(peer));
            is_due |= self.peers.len() != before;
        }
        for (&peer, part) in &mut self.peers {
            is_due |= part.is_due();
            if part.address.is_none() {
                part.address = host.address(peer);
                is_due |= part.address.is_some();
            }
        }
        if is_due {
            self.tell_peers(host, clock);
        }
    }

    fn tell_peers(&mut self, host: &mut Host, clock: Clock) {
        let remotes: Vec<_> = (self.peers.values_mut())
            .filter_map(Part::of_remote)
            .collect();
        host.emulate(clock, |emulator| emulator.set_remotes(remotes));
    }
}

impl Connection {
    /// Has the present host, and those made from now on, emulate a network between them and their sockets; `None` for
    /// none. Later changes of the settings apply from the next service on. `clock` tells the time of the calls.
    pub fn set_simulation(&mut self, simulation: Option<Rc<SharedSimulation>>, clock: Clock) {
        let simulated = &mut self.simulated;
        let had_one = simulated.all.is_some();
        simulated.all = simulation.map(Part::new);
        if simulated.all.is_some() {
            simulated.clock = Some(clock);
        } else if had_one && let Some(host) = &mut self.host {
            host.emulate(clock, |emulator| {
                emulator.set_conditions(enet_net::netem::Conditions::default());
            });
        }
        self.update_simulation();
    }

    /// Gives one peer a network of its own, in the place of that of [`Connection::set_simulation`], until its connection
    /// ends; `None` takes it away. False if there is no such peer.
    pub fn set_peer_simulation(
        &mut self,
        peer: PeerId,
        simulation: Option<Rc<SharedSimulation>>,
        clock: Clock,
    ) -> bool {
        if !self.contains(peer) {
            return false;
        }
        let simulated = &mut self.simulated;
        match simulation {
            Some(shared) => {
                simulated.clock = Some(clock);
                simulated.peers.insert(peer, Part::new(shared));
            }
            None => {
                if simulated.peers.remove(&peer).is_some()
                    && let Some(host) = &mut self.host
                {
                    simulated.tell_peers(host, clock);
                }
            }
        }
        self.update_simulation();
        true
    }

    /// Stalls both directions for a time from now on, with or without a simulation: see [`Emulator::spike`].
    pub fn simulate_spike(&mut self, time: Duration, clock: Clock) -> Result<(), Inactive> {
        let host = self.host.as_mut().ok_or(Inactive)?;
        host.emulate(clock, |emulator: &Emulator| emulator.spike(time));
        Ok(())
    }

    /// Loses everything for a time from now on, with or without a simulation: see [`Emulator::cut`].
    pub fn simulate_cut(&mut self, time: Duration, clock: Clock) -> Result<(), Inactive> {
        let host = self.host.as_mut().ok_or(Inactive)?;
        host.emulate(clock, |emulator: &Emulator| emulator.cut(time));
        Ok(())
    }

    /// Datagrams that the emulated network of the host lost.
    pub fn simulated_drops(&self) -> Result<u64, Inactive> {
        let host = self.host.as_ref().ok_or(Inactive)?;
        Ok(host.emulated_drops())
    }

    /// Has the host emulate what changed. Where nothing was ever emulated, this is one comparison.
    pub(super) fn update_simulation(&mut self) {
        if self.simulated.clock.is_some() {
            self.update_present_simulation();
        }
    }

    #[cold]
    fn update_present_simulation(&mut self) {
        let departures = self.members.departures();
        let members = &self.members;
        if let Some(host) = &mut self.host {
            let is_listed = |peer| members.get(peer).is_some();
            self.simulated.update(host, departures, is_listed);
        }
    }
}
