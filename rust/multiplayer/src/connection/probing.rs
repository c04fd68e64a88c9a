//! Whether anybody listens at the address of an attempt to connect. The attempt goes on in any case: the server may be
//! about to start.

use enet_net::Probe;
use enet_proto::{PeerId, Time};

use super::Connection;

/// A server that has not answered for so long may not be there.
const SILENCE: Time = Time::from_millis(400);

/// The question about one attempt.
pub(super) struct Probing {
    peer: PeerId,
    due: Time,
    probe: Option<Box<dyn Probe>>,
}

impl Probing {
    /// The question about an attempt that begins.
    pub fn new(peer: PeerId, now: Time) -> Self {
        Self {
            peer,
            due: now + SILENCE,
            probe: None,
        }
    }
}

impl Connection {
    /// Asks once, if an attempt was not answered at first.
    pub(super) fn probe_when_due(&mut self, now: Time) {
        if self.probing.is_some() {
            self.probe(now);
        }
    }

    #[cold]
    fn probe(&mut self, now: Time) {
        let Some(probing) = &self.probing else {
            return;
        };
        let peer = probing.peer;
        let waits =
            (self.members.get(peer)).is_some_and(|member| member.is_active && !member.is_up);
        // A socket of an attempt that succeeded is not kept.
        if waits && (probing.probe.is_some() || now < probing.due) {
            return;
        }
        let resolving = self.resolving_port(peer).is_some();
        let address = self.host.as_ref().and_then(|host| host.address(peer));
        self.probing = match (waits, address) {
            (true, None) if resolving => return,
            (true, Some(address)) => self.network.probe(address).map(|probe| Probing {
                probe: Some(probe),
                peer,
                due: now,
            }),
            _ => None,
        };
    }

    /// Whether nobody listens at the address of a failed attempt.
    pub(super) fn is_port_closed(&mut self, peer: PeerId) -> bool {
        let probing = self.probing.take_if(|probing| probing.peer == peer);
        let probe = probing.and_then(|probing| probing.probe);
        probe.is_some_and(|mut probe| probe.is_refused())
    }
}
