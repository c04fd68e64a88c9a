//! Meshes: sessions with a host for each peer.

use std::rc::Rc;

use super::{Mode, Multiplayer, Signal, Status};
use crate::{CreateError, MeshError, SharedConnection};
use enet_proto::{Admission, PeerState, Time};

impl Multiplayer {
    /// Becomes a mesh without peers, which is connected at once.
    pub fn create_mesh(&mut self, unique_id: i64, now: Time) -> Result<(), CreateError> {
        let Ok(id @ 1..) = i32::try_from(unique_id) else {
            return Err(CreateError::UniqueId {
                id: unique_id,
                least: 1,
            });
        };
        self.last_time = now;
        if self.is_active() {
            return Err(CreateError::AlreadyActive);
        }
        if self.speaks_godot3() {
            return Err(CreateError::MeshOfGodot3);
        }
        if !self.suffix().is_empty() {
            return Err(CreateError::SuffixOfMesh);
        }
        self.activate(Mode::Mesh, Status::Connected, id);
        Ok(())
    }

    /// Adds a host with its one, connected peer to a mesh, or puts it in the place of the host that the
    /// mesh has for this id. The caller has to emit the returned signal.
    pub fn add_mesh_peer(&mut self, id: i32, host: SharedConnection) -> Result<Signal, MeshError> {
        if self.mode() != Mode::Mesh {
            return Err(MeshError::NotAMesh);
        }
        let is_same_host = (self.hosts.get(id)).is_some_and(|known| Rc::ptr_eq(known, &host));
        let peers = host.borrow().peers();
        let &[peer] = peers.as_slice() else {
            return Err(MeshError::PeerCount(peers.len()));
        };
        if host.borrow().state(peer) != PeerState::Connected {
            return Err(MeshError::NotConnected);
        }
        if host.borrow().has_session() && !is_same_host {
            return Err(MeshError::InUse);
        }
        if self.settings.thread_clock.is_some() {
            let started = host.borrow_mut().set_thread(self.settings.thread_clock);
            started.map_err(|error| MeshError::Thread(error.kind()))?;
        }
        (host.borrow_mut()).set_stall_timeout(self.settings.stall_timeout);
        if let Some((simulation, clock)) = &self.settings.simulation {
            (host.borrow_mut()).set_simulation(simulation.clone(), *clock);
        }
        self.guard
            .equip_mesh(&mut host.borrow_mut(), self.last_time);
        if !is_same_host && let Some(former) = self.hosts.get(id) {
            let mut former = former.borrow_mut();
            former.leave_session();
            self.release_host(&mut former);
        }
        (host.borrow_mut()).join_session(Admission::Nobody, self.settings.flush_mode);
        self.capture_host(&mut host.borrow_mut());
        self.hosts.insert(id, host);
        self.roster.insert(id, peer);
        Ok(Signal::PeerConnected(id))
    }
}
