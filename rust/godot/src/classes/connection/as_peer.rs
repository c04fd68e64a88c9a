//! ENetConnectionRs as a MultiplayerPeer: a bound host is a server, and a host that connects with an id
//! as its data is a client.

use enet_multiplayer::SharedConnection;
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use super::ENetConnectionRs;
use crate::clock;
use crate::release::release;
use crate::report::Reports;
use crate::session::{HasSession, Session};
use crate::virtuals::{self, session_virtuals};

session_virtuals!(ENetConnectionRs, {
    // Without this, the engine finds the method of this name first and returns a Callable, where a
    // typed script relies on the property's bool.
    fn on_get(&self, property: StringName) -> Option<Variant> {
        (property == "refuse_new_connections").then(|| self.is_refusing().to_variant())
    }
});

impl Reports for ENetConnectionRs {
    const NAME: &'static str = "ENetConnectionRs";
}

impl HasSession for ENetConnectionRs {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn tidy(&mut self) {
        let session = &self.session.core;
        let departed = self.handle.departed(|peer| session.has_peer(peer));
        self.handle.forget_read();
        if !departed.is_empty() {
            let object = self.to_gd();
            {
                let _lent = self.base_mut();
                drop(departed);
            }
            release(object);
        }
    }

    fn has_host(&self) -> bool {
        self.handle.connection().borrow().is_active()
    }

    fn own_host(&self) -> Option<SharedConnection> {
        let connection = self.handle.connection();
        let is_own = self.session.core.is_active() || !connection.borrow().has_session();
        (is_own && self.has_host()).then(|| connection.clone())
    }

    fn close_host(&mut self) {
        self.session.core.close(clock::now());
        // Closes a host that has no session. If the session closed it, this fails, and nothing is left to do.
        let _ = (self.handle.connection().borrow_mut()).close(clock::now());
    }

    fn set_refusing(&mut self, refuses: bool) {
        self.session.core.set_refuse_new_connections(refuses);
        (self.handle.connection().borrow_mut()).set_refusing(refuses);
    }

    fn is_refusing(&self) -> bool {
        self.handle.connection().borrow().is_refusing()
    }
}

impl Drop for ENetConnectionRs {
    fn drop(&mut self) {
        // The host of a polling session is closed with a message to the remotes. Any other host lives on if
        // a mesh has it, and ends silently if not.
        if self.session.core.is_polling() {
            self.session.core.close(clock::now());
        } else {
            self.session.core.leave();
        }
    }
}
