//! ENetConnectionRs as a MultiplayerPeer: a server once it is bound, a client once it connects with an
//! id of its own.

use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use super::ENetConnectionRs;
use crate::clock;
use crate::report::Reports;
use crate::session::{HasSession, Session};
use crate::virtuals::{self, session_virtuals};

session_virtuals!(ENetConnectionRs, {
    // The engine would find the method of this name first and give a Callable, where a typed script
    // relies on the property's bool.
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
            let _lent = self.base_mut();
            drop(departed);
        }
    }

    fn close_host(&mut self) {
        self.session.core.close(clock::now());
        // A host without a session, and there is nothing to close if it had one.
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
        // The host may live on in a mesh, and if not it goes silently, unless a game polled it.
        if self.session.core.is_polling() {
            self.session.core.close(clock::now());
        } else {
            self.session.core.leave();
        }
    }
}
