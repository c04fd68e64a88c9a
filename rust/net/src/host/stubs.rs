//! STUB: w-adm's calls take its place.

#![allow(missing_docs)]

use enet_proto::{Drops, IpNet, JoinRequest, Limits, PeerId, Time, Verdict};

use super::Host;

/// Most networks of a ban list.
pub const MAX_BANS: usize = 16_384;

/// The ban list is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BansFull;

impl Host {
    pub fn set_limits(&mut self, limits: Limits) {
        self.with_protocol(|protocol| protocol.set_limits(limits));
    }

    pub fn drops(&self) -> Drops {
        let state = self.driver.state();
        Drops {
            undecodable: state.undecoded,
            ..state.host.drops()
        }
    }

    pub fn peer_drops(&self, peer: PeerId) -> Option<Drops> {
        self.driver.state().host.peer_drops(peer)
    }

    pub fn ban(
        &mut self,
        _now: Time,
        _network: IpNet,
        _until: Option<Time>,
    ) -> Result<(), BansFull> {
        Ok(())
    }

    pub fn unban(&mut self, _network: IpNet) -> bool {
        false
    }

    pub fn set_judged(&mut self, _judged: bool) {}

    pub fn next_request(&mut self, _now: Time) -> Option<JoinRequest> {
        None
    }

    pub fn judge(&mut self, _now: Time, _id: u64, _verdict: Verdict) -> bool {
        false
    }
}
