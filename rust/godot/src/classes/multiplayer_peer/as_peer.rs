//! ENetMultiplayerPeerRs as a MultiplayerPeer.

use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use super::{ENetMultiplayerPeerRs, Hosted};
use crate::clock;
use crate::release::release;
use crate::report::Reports;
use crate::session::{HasSession, Session};
use crate::virtuals::{self, session_virtuals};

session_virtuals!(ENetMultiplayerPeerRs, {});

impl Reports for ENetMultiplayerPeerRs {
    const NAME: &'static str = "ENetMultiplayerPeerRs";
}

impl HasSession for ENetMultiplayerPeerRs {
    const TELLS_OUTCOMES: bool = true;
    const REFUSES_BY_SESSION: bool = true;

    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn tidy(&mut self) {
        let session = &self.session.core;
        let is_current = |(&key, hosted): (&i32, &Hosted)| {
            let current = session.host_at(key);
            current.is_some_and(|it| hosted.handle.is_of(it)) && hosted.handle.is_tidy()
        };
        // Nearly always.
        if self.hosts.borrow().iter().all(is_current) {
            return;
        }
        let mut gone = Vec::new();
        let mut departed = Vec::new();
        self.hosts.borrow_mut().retain(|&key, hosted| {
            let current = session.host_at(key);
            if current.is_some_and(|connection| hosted.handle.is_of(connection)) {
                departed.extend(hosted.handle.departed(|peer| session.has_peer(peer)));
                hosted.handle.forget_read();
                return true;
            }
            gone.push((hosted.handle.clone(), hosted.object.take()));
            false
        });
        if !gone.is_empty() || !departed.is_empty() {
            // Dropping the objects can run scripts' notifications.
            let object = self.to_gd();
            {
                let _lent = self.base_mut();
                drop((gone, departed));
            }
            release(object);
        }
    }

    fn close_host(&mut self) {
        self.session.core.close(clock::now());
    }

    fn set_refusing(&mut self, refuses: bool) {
        self.session.core.set_refuse_new_connections(refuses);
    }

    fn is_refusing(&self) -> bool {
        self.session.core.refuses_new_connections()
    }
}

impl Drop for ENetMultiplayerPeerRs {
    fn drop(&mut self) {
        // The session would close itself, but with the time of its last call.
        self.session.core.close(clock::now());
    }
}
