//! State shared by the three classes: a connection of `enet_multiplayer`, and the script objects of its
//! peers.
//!
//! References between objects of the classes form no cycle. No method keeps another object borrowed while
//! it works: methods borrow the shared connection, and only for a moment.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use enet_multiplayer::{Connection, SharedConnection, system_seed};
use enet_proto::{Backlog, PeerId};
use godot::prelude::*;

use crate::lent::Lent;

/// A class whose objects stand for peers.
pub trait PeerObject: GodotClass {
    /// The object for a peer of a connection.
    fn of_peer(connection: &SharedConnection, peer: PeerId, lent: &Rc<Lent>) -> Gd<Self>;

    /// The packets that wait in an object.
    fn unread_of(object: &Gd<Self>) -> Backlog;
}

/// A connection and the objects of its peers. Clones share both.
pub struct Handle<P: PeerObject> {
    connection: SharedConnection,
    peers: Rc<Peers<P>>,
    /// Packets that the peers' objects handed to the engine.
    lent: Rc<Lent>,
}

struct Peers<P: PeerObject> {
    /// Script objects by number of the host and peer. An object is made at the first request and kept
    /// while the peer exists, so that a peer is always the same object.
    objects: RefCell<HashMap<(u32, PeerId), Gd<P>>>,
    /// The connection's count of departures when `departed` last went through the objects.
    looked_at: Cell<u64>,
}

impl<P: PeerObject> Clone for Handle<P> {
    fn clone(&self) -> Self {
        Self {
            connection: Rc::clone(&self.connection),
            peers: Rc::clone(&self.peers),
            lent: Rc::clone(&self.lent),
        }
    }
}

impl<P: PeerObject> Default for Peers<P> {
    fn default() -> Self {
        Self {
            objects: RefCell::default(),
            looked_at: Cell::default(),
        }
    }
}

impl<P: PeerObject> Handle<P> {
    /// A handle for an existing connection.
    pub fn new(connection: SharedConnection) -> Self {
        Self {
            connection,
            peers: Rc::default(),
            lent: Rc::default(),
        }
    }

    /// A handle for a new connection, which is inactive.
    pub fn unconnected() -> Self {
        let network = Rc::new(enet_net::Udp);
        let connection = Connection::with_seed(network, system_seed());
        Self::new(Rc::new(RefCell::new(connection)))
    }

    /// Whether this handle stands for `connection`.
    pub fn is_of(&self, connection: &SharedConnection) -> bool {
        Rc::ptr_eq(&self.connection, connection)
    }

    /// The shared connection. Never keep it borrowed during a call into the engine.
    pub fn connection(&self) -> &SharedConnection {
        &self.connection
    }

    /// The script object of a peer.
    pub fn object(&self, peer: PeerId) -> Gd<P> {
        let key = (self.connection.borrow().host_number(), peer);
        if let Some(object) = self.peers.objects.borrow().get(&key) {
            return object.clone();
        }
        let object = P::of_peer(&self.connection, peer, &self.lent);
        let mut objects = self.peers.objects.borrow_mut();
        objects.entry(key).or_insert(object).clone()
    }

    /// The packets that wait in the objects of peers.
    pub fn unread(&self) -> Backlog {
        let mut unread = Backlog::default();
        for object in self.peers.objects.borrow().values() {
            unread.add(P::unread_of(object));
        }
        unread
    }

    /// Whether [`Handle::departed`] and [`Handle::forget_read`] would do nothing.
    pub fn is_tidy(&self) -> bool {
        let departures = self.connection.borrow().departures();
        self.peers.looked_at.get() == departures && !self.lent.is_due()
    }

    /// Frees the bytes of packets that the engine has read.
    pub fn forget_read(&self) {
        self.lent.take_back();
        self.lent.drop_returned();
    }

    /// Removes and returns the objects of peers that left, except those for which `is_kept` is true.
    /// Dropping the objects can run scripts' notifications, so nothing may be borrowed then.
    #[must_use = "to be dropped when nothing is borrowed"]
    pub fn departed(&self, is_kept: impl Fn(PeerId) -> bool) -> Vec<Gd<P>> {
        let mut departed = Vec::new();
        let departures = self.connection.borrow().departures();
        if self.peers.looked_at.replace(departures) == departures {
            return departed;
        }
        {
            let connection = self.connection.borrow();
            let mut objects = self.peers.objects.borrow_mut();
            let current = connection.host_number();
            objects.retain(|&(number, peer), object| {
                if number == current && connection.contains(peer) {
                    return true;
                }
                let is_kept = is_kept(peer);
                if is_kept {
                    // The next call has to go through the objects again.
                    self.peers.looked_at.set(departures.wrapping_sub(1));
                } else {
                    departed.push(object.clone());
                }
                is_kept
            });
        }
        departed
    }
}
