//! Statistics of ENetConnectionRs.

use godot::prelude::*;

use super::{ENetConnectionRs, INACTIVE};
use crate::report::Reports;
use crate::{clock, statistics};

#[godot_api(secondary)]
impl ENetConnectionRs {
    /// Returns figures of the network since the host was created: see [method ENetMultiplayerPeerRs.get_statistics] for the
    /// keys. The gaps between polls are those between calls of [method service] or [method MultiplayerPeer.poll]. Returns
    /// an empty Dictionary and prints an error if there is no host.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        let now = clock::now();
        let asked = &self.session.asked;
        let session = &self.session.core;
        let figures = match session.is_active() {
            true => session.figures_since(now, asked.renew(now)),
            false => {
                let connection = self.handle.connection().borrow();
                connection.figures(now, asked.renew(now))
            }
        };
        match figures {
            Ok(mut figures) => {
                figures.host.waiting.unread.add(self.handle.unread());
                statistics::of_host(&figures.host)
            }
            Err(_) => {
                self.report_looking("get_statistics", &INACTIVE);
                VarDictionary::new()
            }
        }
    }
}
