//! What the three classes share: a connection of the core, and the objects that stand for its peers.
//!
//! An object of one class never holds one of another that leads back to it, and no method borrows
//! another object while it works: everybody borrows the core's connection, for a moment.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use enet_multiplayer::{Connection, SharedConnection};
use enet_proto::PeerId;
use godot::prelude::*;

use crate::clock;
use crate::lent::Lent;

/// A class whose objects stand for peers.
pub trait PeerObject: GodotClass {
    /// The object for a peer of a connection.
    fn of_peer(connection: &SharedConnection, peer: PeerId, lent: &Rc<Lent>) -> Gd<Self>;
}

/// A connection and the objects of its peers. Clones share both.
pub struct Handle<P: PeerObject> {
    connection: SharedConnection,
    peers: Rc<Peers<P>>,
    /// What these objects handed out.
    lent: Rc<Lent>,
}

struct Peers<P: PeerObject> {
    /// Made when first asked for, kept while the peer is there: a peer always is the same object. By
    /// number of the host, too.
    objects: RefCell<HashMap<(u32, PeerId), Gd<P>>>,
    /// The connection's count of departures when the objects were last looked through.
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
    /// Around a connection that exists.
    pub fn new(connection: SharedConnection) -> Self {
        Self {
            connection,
            peers: Rc::default(),
            lent: Rc::default(),
        }
    }

    /// Around a connection of its own, not active yet.
    pub fn unconnected() -> Self {
        let network = Rc::new(enet_net::Udp);
        let connection = Connection::new(network, clock::seed());
        Self::new(Rc::new(RefCell::new(connection)))
    }

    /// Whether it is around this connection.
    pub fn is_of(&self, connection: &SharedConnection) -> bool {
        Rc::ptr_eq(&self.connection, connection)
    }

    /// The core's connection. Never borrow it across a call into the engine.
    pub fn connection(&self) -> &SharedConnection {
        &self.connection
    }

    /// The object that stands for a peer.
    pub fn object(&self, peer: PeerId) -> Gd<P> {
        let key = (self.connection.borrow().host_number(), peer);
        if let Some(object) = self.peers.objects.borrow().get(&key) {
            return object.clone();
        }
        let object = P::of_peer(&self.connection, peer, &self.lent);
        let mut objects = self.peers.objects.borrow_mut();
        objects.entry(key).or_insert(object).clone()
    }

    /// Lets go of packets that were read.
    pub fn forget_read(&self) {
        self.lent.take_back();
        self.lent.drop_returned();
    }

    /// Takes out the objects of peers that left, but for those that `is_kept` asks for. A script's
    /// notification may run when they are dropped: nothing may be borrowed then.
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
                    // Look again next time.
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
